// Loads what a user wrote, api.ts or schema.ts, anew each time it is asked for.
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ApiDefinition } from '../schema/resource-definition.ts'
import { CliError, codeOf, plainMessage } from './cli-error.ts'

export const defaultApiFile = 'api.ts'

/**
 * @param file relative to the current folder
 * @throws CliError where the file is not there, cannot be loaded, or exports no API
 */
export async function loadApi(file: string): Promise<ApiDefinition> {
  const module = await loadModule(file)
  const api = [module.default, module.api].find(isApi)
  if (api) return api
  throw new CliError(`${file} exports no API. End it with: export default defineApi({ … })`)
}

/** The exports of a file. Each call reads it anew, with the files that it imports by a relative path. */
export async function loadModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  const path = resolve(file)
  if (!existsSync(path)) throw new CliError(`There is no file ${file}.`)
  hook()
  loads += 1
  try {
    const url = pathToFileURL(path)
    url.searchParams.set(mark, String(loads))
    return (await import(url.href)) as Readonly<Record<string, unknown>>
  } catch (error) {
    throw new CliError(`${file} cannot be loaded: ${plainMessage(error)}${placeOf(error)}`, { cause: error })
  }
}

/** The first place in a file, as the stack tells it: ` (/home/me/api.ts:14)`. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const places = stack.matchAll(/(?<=^|file:\/\/|\(|\s)(\/[^\s()?]+\.[cm]?[jt]sx?)(?:\?[^\s:]*)?:(\d+)/gm)
  for (const [, path, line] of places) if (path !== import.meta.filename) return ` (${path}:${line})`
  return ''
}

function isApi(value: unknown): value is ApiDefinition {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'api'
}

const mark = 'colonnade-load'
let loads = 0
let hooked = false

/** Modules are kept by their URL, so what belongs to a load carries its number. */
function hook(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL
      const load = parent?.startsWith('file:') ? new URL(parent).searchParams.get(mark) : null
      if (load === null) return next(specifier, context)
      if (specifier === 'colonnade') return resolveOurselves(() => next(specifier, context))
      const found = next(specifier, context)
      if (!/^\.{1,2}\//.test(specifier) || !found.url.startsWith('file:')) return found
      const url = new URL(found.url)
      url.searchParams.set(mark, load)
      return { ...found, url: url.href }
    },
  })
}

/** Started by `npx` in a project that has not installed it, the file's `colonnade` is this one. */
function resolveOurselves<T>(resolveTheirs: () => T): T | { readonly url: string; readonly shortCircuit: true } {
  try {
    return resolveTheirs()
  } catch (error) {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    return { url: import.meta.resolve('colonnade'), shortCircuit: true }
  }
}
