// The API: every resource by the name that it has in URLs.
import type {
  ApiDefinition,
  ApiOptions as PlainOptions,
  ResourceDefinition,
  RoleHolder,
} from './resource-definition.ts'

type Resources = Readonly<Record<string, ResourceDefinition>>

/** Plain data, as an `ApiDefinition` is, that knows its resources. */
export interface Api<A extends Resources> extends ApiDefinition {
  readonly resources: A
}

/** The type of an API, so that an interface can name it: `export interface Api extends TypeOf<typeof api> {}` */
export type TypeOf<X> = X extends { readonly resources: infer A } ? A : never

/** The names of the roles of all resources. */
export type RoleNames<A> = {
  [N in keyof A]: A[N] extends { readonly types?: { readonly definition: { readonly roles: infer R } } }
    ? keyof R
    : string
}[keyof A] &
  string

export interface ApiOptions<A> extends Omit<PlainOptions, 'roles' | 'timingRoles'> {
  /** How a caller comes to a role: a claim with one of these values, `{ role: ['admin', 'root'] }`; being signed in; or anybody. */
  readonly roles?: { readonly [N in RoleNames<A>]?: RoleHolder }
  /** Roles that may ask, with `Prefer: timing`, for the header Server-Timing. */
  readonly timingRoles?: readonly RoleNames<A>[]
}

/**
 * An API of resources.
 *
 * @example
 * export const api = defineApi({ users, videos }, { roles: { admin: { role: 'admin' }, regular: 'authenticated', guest: 'anyone' } })
 */
export function defineApi<A extends Resources>(resources: A, options?: ApiOptions<A>): Api<A>
export function defineApi(resources: Resources, options: unknown = {}): ApiDefinition {
  return { kind: 'api', resources, options: options as PlainOptions }
}
