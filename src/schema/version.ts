// What a user's `defineVersion(…)` comes to: an older set of resources over the same tables, and how it ends.
import type { RoleNames } from './api.ts'
import type { ApiOptions, ResourceDefinition, RoleHolder, VersionDefinition } from './resource-definition.ts'

type Resources = Readonly<Record<string, ResourceDefinition>>

export interface VersionOptions<A> extends Omit<VersionDefinition, 'kind' | 'resources' | 'roles'> {
  /** In place of the roles of the API; when left out, those of them that a resource of this version has. */
  readonly roles?: { readonly [N in RoleNames<A>]?: RoleHolder }
  readonly page?: NonNullable<ApiOptions['page']>
}

/** Plain data, as a `VersionDefinition` is, that knows its resources. */
export interface Version<A extends Resources> extends VersionDefinition {
  readonly resources: A
}

/**
 * An older version of an API, which is served beside the current one.
 *
 * @example
 * export default defineApi({ videos }, {
 *   name: 'acme', version: '2', roles,
 *   versions: { 1: defineVersion({ videos: videosOfOld }, { deprecated: '2026-01-01', sunset: '2026-12-31' }) },
 * })
 */
export function defineVersion<A extends Resources>(resources: A, options?: VersionOptions<A>): Version<A>
export function defineVersion(resources: Resources, options: object = {}): VersionDefinition {
  return { kind: 'version', resources, ...options }
}
