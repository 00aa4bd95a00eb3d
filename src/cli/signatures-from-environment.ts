// Reads from a file that the environment names how signed requests are checked.
import { readFileSync } from 'node:fs'
import { readyKeys } from '../identity/signatures/signature-keys.ts'
import type { SignatureKey, SignatureOptions } from '../identity/signatures/signature-options.ts'
import { CliError, plainMessage } from './cli-error.ts'

type FileOptions = Omit<SignatureOptions, 'nonces' | 'keys'> & { readonly keys: readonly SignatureKey[] }

const members = ['keys', 'components', 'windowSeconds', 'clockToleranceSeconds', 'origin']

/**
 * `COLONNADE_SIGNATURES`: the path of a JSON file with `keys` and what else `SignatureOptions` has.
 * @returns undefined where it is not set: then signatures mean nothing
 */
export function signaturesFromEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): SignatureOptions | undefined {
  const file = environment.COLONNADE_SIGNATURES
  if (!file) return undefined
  try {
    const options = JSON.parse(readFileSync(file, 'utf8')) as FileOptions
    const unknown = Object.keys(options).find(name => !members.includes(name))
    if (unknown !== undefined) throw new Error(`"${unknown}" is none of ${members.join(', ')}`)
    if (!Array.isArray(options.keys)) throw new Error('"keys" is no list')
    readyKeys(options.keys)
    return options
  } catch (error) {
    throw new CliError(`COLONNADE_SIGNATURES names no file of keys: ${plainMessage(error)}`, { cause: error })
  }
}
