// Makes a principal of claims whose truth was proven.
import type { Principal } from '../access/principal.ts'

export type Claims = Readonly<Record<string, unknown>>

/** Claims that make nobody. */
export class BadClaimsError extends Error {}

/**
 * @param id of the principal; undefined where nobody is named
 * @throws BadClaimsError where nobody is named, or a number is not exact
 */
export function toPrincipal(claims: Claims, id: unknown): Principal {
  for (const value of Object.values(claims)) checkNumber(value)
  if (typeof id !== 'string' && typeof id !== 'number')
    throw new BadClaimsError('The token names nobody: it has no "sub".')
  checkNumber(id)
  return { id: String(id), claims: new Map(Object.entries(claims)) }
}

/** JSON.parse reads 9007199254740993 as …992, which is somebody else. */
export function checkNumber(value: unknown): void {
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw new BadClaimsError('A number in the token is too large to be exact; write it as text.')
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) checkNumber(inner)
}
