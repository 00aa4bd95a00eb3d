// Refuses what a caller prefers and cannot be given, where he says that it matters: `Prefer: handling=strict` (RFC 7240, section 4.4).
import { ApiError } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import { hint } from '../schema/suggest.ts'
import type { HttpRequest } from './http-request.ts'
import { preferences } from './preferences.ts'

/** The preferences that mean something here, and what may be said in each. */
const known: ReadonlyMap<string, RegExp> = new Map([
  ['handling', /^=(strict|lenient)$/],
  ['return', /^=(minimal|representation)$/],
  ['respond-async', /^$/],
  ['wait', /^=\d+$/],
  ['max-affected', /^=\d{1,15}$/],
  ['timing', /^$/],
])

export function isStrict(http: HttpRequest): boolean {
  return preferences(http).includes('handling=strict')
}

/** @throws ApiError 400 `invalid_preference` for one that is unknown or misspelt */
export function checkPreferences(http: HttpRequest): void {
  for (const said of preferences(http)) {
    const name = /^[^=]*/.exec(said)?.[0] ?? said
    const form = known.get(name)
    if (!form) throw invalid(`Unknown preference ${quote(name)}.${hint(name, known.keys())}`)
    if (!form.test(said.slice(name.length))) throw invalid(`The preference ${quote(said)} is not one of its values.`)
  }
}

function invalid(detail: string): ApiError {
  return new ApiError('invalid_preference', detail, { source: { header: 'Prefer' } })
}
