// Reads what a caller prefers (RFC 7240): nothing in it can be wrong, unless he says so (check-preferences.ts).
import { type HttpRequest, header } from './http-request.ts'

const none: readonly string[] = []

/**
 * Of one that is said twice the first counts (RFC 7240 2).
 * @example ['return=minimal', 'wait=5']
 */
export function preferences(http: HttpRequest): readonly string[] {
  const prefer = header(http, 'prefer')
  if (prefer === undefined) return none
  const first = new Map<string, string>()
  for (const one of prefer.split(',')) {
    const said = one
      .trim()
      .toLowerCase()
      .replace(/\s*=\s*/, '=')
      // A word and the same in quotes are one, and nothing in quotes is nothing (RFC 7240 2).
      .replace(/=(?:"([^"]*)")?$/, (_, word?: string) => (word ? `=${word}` : ''))
    const name = said.split('=')[0] ?? said
    if (!first.has(name)) first.set(name, said)
  }
  return [...first.values()]
}
