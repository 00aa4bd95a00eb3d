// Says in JSON what an API publishes: of each version, for each kind of caller, what OPTIONS would tell him of every resource.
import { type AccessSet, compileAccess } from '../access/access.ts'
import { methodsFor } from '../access/methods-for.ts'
import type { RoleSet } from '../access/roles-held.ts'
import { fromByteText } from '../formats/byte-text.ts'
import { type ApiRequest, emptyQuery } from '../request/read-request.ts'
import type { CompiledVersion, CompiledVersions } from '../schema/compile-versions.ts'
import type { Api, Resource } from '../schema/model.ts'
import { describeResource } from './describe.ts'

/** JSON Schema, as far as it is looked at. */
export type Schema = Readonly<Record<string, unknown>>

export interface ResourceDescription {
  readonly methods: { readonly list: readonly string[]; readonly item: readonly string[] }
  readonly schema: Schema
  readonly write: { readonly create?: Schema; readonly update?: Schema; readonly delete?: true }
  /** Operators, by filter. */
  readonly filters: Readonly<Record<string, readonly string[]>>
  readonly sorts: readonly string[]
  readonly scopes: readonly string[]
  readonly includes: readonly string[]
  readonly actions: readonly string[]
  readonly singulars: readonly string[]
  readonly formats: readonly string[]
  readonly page: { readonly defaultSize: number; readonly maxSize: number }
}

export interface VersionDescription {
  /** By who asks: `anonymous`, `authenticated`, or the role that a claim gives; each with the roles that he holds beside it. */
  readonly callers: Readonly<Record<string, Readonly<Record<string, ResourceDescription>>>>
}

export interface ApiDescription {
  readonly kind: 'api-description'
  readonly current: string
  readonly versions: Readonly<Record<string, VersionDescription>>
}

export function describeApi(compiled: CompiledVersions): ApiDescription {
  const versions = [compiled, ...compiled.older].map(one => [one.api.version, describeVersion(one)] as const)
  return { kind: 'api-description', current: compiled.api.version, versions: Object.fromEntries(versions) }
}

function describeVersion(one: CompiledVersion): VersionDescription {
  const callers = callersOf(one.api).map(([name, roles]) => {
    const set = compileAccess(one.api, roles)
    const reachable = [...one.api.resources.values()].filter(
      resource => isServed(resource, one.api) && set.of(resource),
    )
    return [name, Object.fromEntries(reachable.map(resource => [resource.name, describe(resource, set, one)]))] as const
  })
  return { callers: Object.fromEntries(callers) }
}

/** Policies walk tables that have no path. */
function isServed(resource: Resource, { paths }: Api): boolean {
  return paths.get(resource.path) === resource
}

function callersOf({ holders }: Api): readonly (readonly [name: string, roles: RoleSet])[] {
  const heldBy = (holder: string) => [...holders].flatMap(([role, one]) => (one === holder ? [role] : []))
  const anyone = heldBy('anyone')
  const signedIn = [...anyone, ...heldBy('authenticated')]
  const claimed = [...holders].flatMap(([role, holder]) => (typeof holder === 'string' ? [] : [role]))
  const held = (names: readonly string[], authenticated: boolean): RoleSet => ({
    id: names.join(),
    names: new Set(names),
    authenticated,
  })
  return [
    ['anonymous', held(anyone, false)],
    ['authenticated', held(signedIn, true)],
    ...claimed.map(role => [`role ${role}`, held([...signedIn, role], true)] as const),
  ]
}

function describe(resource: Resource, set: AccessSet, { api, inputs }: CompiledVersion): ResourceDescription {
  const request: ApiRequest = {
    route: { kind: 'list', resource },
    method: 'OPTIONS',
    version: api.version,
    base: api.basePath,
    path: `${api.basePath}/${resource.path}`,
    search: '',
    query: emptyQuery,
    fromBody: false,
  }
  const { data } = JSON.parse(fromByteText(describeResource(request, set, inputs).body))
  const { name: _, links: __, ...rest } = data
  const methods = {
    list: methodsFor({ kind: 'list', resource }, set),
    item: methodsFor({ kind: 'item', resource, id: '' }, set),
  }
  return { methods, ...rest }
}
