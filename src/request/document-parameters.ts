// Reads the parameters of the media type of JSON:API (1.1, section 3): extensions, which change what is meant, and profiles, which may be ignored.
import type { MediaRange } from './negotiate.ts'

/** Operations that are done together or not at all. */
export const atomicExtension = 'https://jsonapi.org/ext/atomic'

const supported: ReadonlySet<string> = new Set([atomicExtension])

/** The extensions that are named; null where one of them, or another parameter, is none that we know. */
export function documentParameters({ parameters }: MediaRange): readonly string[] | null {
  const extensions = parameters.filter(([name]) => name === 'ext').flatMap(([, value]) => value.split(' '))
  const isKnown = parameters.every(([name]) => name === 'ext' || name === 'profile')
  return isKnown && extensions.every(one => supported.has(one)) ? extensions.filter(one => one !== '') : null
}
