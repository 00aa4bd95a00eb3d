// Reads the file of settings, where there is one: `colonnade.config.ts`, or the same as JSON.
import { existsSync, readFileSync } from 'node:fs'
import { CliError, plainMessage } from './cli-error.ts'
import { loadModule } from './load-api.ts'

export interface ConfigFile {
  /** As it was found. */
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
}

const usual = ['colonnade.config.ts', 'colonnade.config.js', 'colonnade.config.json']

/**
 * @param file in place of the usual ones
 * @throws CliError for a file that is not there or holds no object
 */
export async function readConfigFile(file: string | undefined): Promise<ConfigFile | undefined> {
  const name = file ?? usual.find(one => existsSync(one))
  if (name === undefined) return undefined
  if (!existsSync(name)) throw new CliError(`There is no file ${name}.`, { exitCode: 2 })
  const values = name.endsWith('.json') ? readJson(name) : (await loadModule(name)).default
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new CliError(`${name} holds no settings: it is an object, such as { port: 3000 }.`, { exitCode: 2 })
  return { name, values: values as Readonly<Record<string, unknown>> }
}

function readJson(name: string): unknown {
  try {
    return JSON.parse(readFileSync(name, 'utf8'))
  } catch (error) {
    throw new CliError(`${name} is no JSON: ${plainMessage(error)}`, { exitCode: 2, cause: error })
  }
}
