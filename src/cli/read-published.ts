// Reads the description of an API that was published before.
import { readFileSync } from 'node:fs'
import type { ApiDescription } from '../openapi/describe-api.ts'
import { CliError, plainMessage } from './cli-error.ts'

/** @throws CliError for a file that is not there, or is nothing that `colonnade describe` wrote */
export function readPublished(file: string): ApiDescription {
  let found: unknown
  try {
    found = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${plainMessage(error)}`, { cause: error })
  }
  if (typeof found === 'object' && found !== null && 'kind' in found && found.kind === 'api-description')
    return found as ApiDescription
  throw new CliError(`${file} describes no API. Write it with: colonnade describe > ${file}`)
}
