// Reads below which path an API is served: '' for one at the root of its host, so that every path is the base and what follows it.
import type { Report } from './bind-table.ts'

/** What a URL may hold as it is (RFC 3986 2.3), so that a path is compared as it was sent. */
const segments = /^(?:\/[\w.~-]+)+$/

/** @returns '' for '/', else the path as it is */
export function compileBasePath(given: string | undefined, report: Report): string {
  if (given === undefined) return '/api'
  if (given === '/') return ''
  if (typeof given !== 'string' || !segments.test(given) || given.split('/').some(one => /^\.{1,2}$/.test(one)))
    report(
      `basePath: "${given}" is none. It is "/" for the root of the host, or begins with a slash, ends with none and has only letters, digits, "-", "_", "." and "~" between: ${suggest(given)}`,
    )
  return given
}

/** The nearest that works: `"/api"` for `api/`, `//api` and `/api?v=1`. */
function suggest(given: unknown): string {
  const kept = String(given)
    .replace(/[?#].*$/s, '')
    .split(/[\\/]+/)
    .map(one => one.replaceAll(/[^\w.~-]+/g, '-').replace(/^-+|-+$/g, ''))
    .filter(one => one !== '' && !/^\.{1,2}$/.test(one))
  return `"/${kept.join('/')}"`
}
