// Gives each parameter of a plan its value: from the request, or from the claims of the principal.
import type { SlotValue } from '../access/permitted.ts'
import type { Principal } from '../access/principal.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { Parameter } from './sql.ts'

export type BoundValue = SlotValue | null

export function bindParameters(
  parameters: readonly Parameter[],
  values: readonly SlotValue[],
  principal: Principal,
): BoundValue[] {
  return parameters.map(one => {
    if (one.kind === 'slot') return values[one.slot] ?? null
    return one.kind === 'claim' ? bindClaim(one, principal) : sayCaller(principal, one.roles)
  })
}

/** As a request keeps who gave it. */
function sayCaller({ id, client, token, claims }: Principal, roles: readonly string[]): string {
  return JSON.stringify({ id, client: client ?? null, token, roles, claims: Object.fromEntries(claims) })
}

/** A claim that is absent, null or no value of the column's type is null, and so is a list that holds such a one. */
export function bindClaim(
  { claim, type, list }: Extract<Parameter, { kind: 'claim' }>,
  principal: Principal,
): BoundValue {
  const value = claim === 'id' ? principal.id : principal.claims.get(claim)
  if (!list) return toText(value, type)
  const items = (Array.isArray(value) ? value : [value]).map(one => toText(one, type))
  return items.every(one => one !== null) ? items : null
}

function toText(value: unknown, type: ColumnType): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null
  return type.parse(value) ?? null
}
