// Makes up the caller of an explained request, from roles and claims on the command line.
import type { Principal } from '../access/principal.ts'
import { type RoleSet, rolesHeld } from '../access/roles-held.ts'
import type { Api } from '../schema/model.ts'
import { hint } from '../schema/suggest.ts'
import { CliError } from './cli-error.ts'

export interface Caller {
  readonly principal: Principal
  readonly roles: RoleSet
}

/**
 * @param claims `id=20`, `role=admin`, `teams=[1,2]`
 * @param wanted names of roles; the claims that a role takes come with it
 * @throws CliError for a role that no resource has
 */
export function makeCaller(api: Api, wanted: readonly string[], claims: readonly string[]): Caller {
  const known = new Set([
    ...api.holders.keys(),
    ...[...api.resources.values()].flatMap(resource => [...resource.roles.keys()]),
  ])
  const given = new Map<string, unknown>()
  let authenticated = claims.length > 0
  for (const name of wanted) {
    if (!known.has(name)) throw new CliError(`There is no role "${name}".${hint(name, known)}`, { exitCode: 2 })
    const holder = api.holders.get(name)
    authenticated ||= holder !== 'anyone'
    if (typeof holder === 'object')
      for (const [claim, value] of Object.entries(holder)) given.set(claim, [value].flat()[0])
  }
  for (const claim of claims) {
    const [name, value] = readClaim(claim)
    given.set(name, value)
  }
  const id = given.get('id') ?? given.get('sub')
  const principal: Principal = { id: authenticated ? String(id ?? '') : null, claims: given }
  const names = new Set([...rolesHeld(api, principal).names, ...wanted.filter(name => api.holders.has(name))])
  return { principal, roles: { id: [...names].join(',') + (authenticated ? '+' : ''), names, authenticated } }
}

/** @throws CliError for anything but NAME=VALUE */
export function readClaim(text: string): readonly [string, unknown] {
  const at = text.indexOf('=')
  if (at < 1) throw new CliError(`--claim takes NAME=VALUE, not "${text}".`, { exitCode: 2 })
  const value = text.slice(at + 1)
  return [text.slice(0, at), readValue(value)]
}

/** Lists, true and false are JSON; numbers stay text, which no digit is lost of. */
function readValue(text: string): unknown {
  if (!/^(\[.*\]|true|false|null)$/s.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
