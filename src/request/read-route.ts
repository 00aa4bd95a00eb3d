// Finds out what a path names: a resource, a record, records under a record. Looks at no data.
import { ApiError } from '../errors/api-error.ts'
import { isRelationship } from '../schema/field-value.ts'
import type { Action, Api, Resource, Singular } from '../schema/model.ts'
import { foldPath, toPath } from '../schema/spell-path.ts'
import { decodeComponent } from './decode-component.ts'

export type Route =
  | { readonly kind: 'index' }
  | { readonly kind: 'list'; readonly resource: Resource }
  | { readonly kind: 'query'; readonly resource: Resource }
  | { readonly kind: 'item'; readonly resource: Resource; readonly id: string }
  /** `/videos/1/comments`; with an id `/videos/1/comments/7`. */
  | {
      readonly kind: 'nested'
      readonly resource: Resource
      readonly id: string
      readonly relationship: string
      readonly target: Resource
      readonly targetId: string | null
      /** `/videos/1/like`: the caller's own of the records under it. */
      readonly singular?: Singular
    }
  | ActionRoute
  | RelationshipRoute
  | ContentRoute
  | { readonly kind: 'operations' }

/** `/traffic-reports/1/content`: the file of a report. */
export interface ContentRoute {
  readonly kind: 'content'
  readonly resource: Resource
  readonly id: string
}

/** `/videos/1/relationships/comments`: which records they are, and nothing of them. */
export interface RelationshipRoute {
  readonly kind: 'relationship'
  readonly resource: Resource
  readonly id: string
  readonly relationship: string
  readonly target: Resource
}

/** `/actions/activate/accounts`; with an id `/accounts/1/actions/activate`. */
export interface ActionRoute {
  readonly kind: 'action'
  readonly resource: Resource
  readonly action: Action
  readonly id: string | null
}

/** Routes of records that can be read. */
export type ReadRoute = Exclude<Route, { readonly kind: 'index' | 'action' | 'operations' | 'content' }>

export interface RouteFound {
  readonly route: Route
  readonly version: string
  /** `/api`, or '' at the root of the host, with the version where the caller gave one. */
  readonly base: string
  /** The path as it is linked: canonical, with the version where the caller gave one. */
  readonly path: string
}

/**
 * @param path without the query
 * @throws ApiError 404 for a path that names nothing, 400 for one that is badly encoded
 */
export function readRoute(path: string, api: Api): RouteFound {
  if (path !== api.basePath && !path.startsWith(`${api.basePath}/`)) throw unknownPath()
  const segments = path === indexPath(api.basePath) ? [] : path.slice(api.basePath.length + 1).split('/')
  const versioned = segments[0] !== undefined && /^v\d+$/.test(segments[0])
  const version = versioned ? (segments[0] as string).slice(1) : api.version
  if (version !== api.version) throw unknownPath()
  const rest = versioned ? segments.slice(1) : segments
  if (rest.length > 0 && rest.includes('')) throw unknownPath()
  const base = versioned ? `${api.basePath}/v${version}` : api.basePath
  const names = rest.map(segment => decodeComponent(segment, { parameter: 'path' }))
  const [first, id, relationship, targetId] = names
  if (first === undefined) return { route: { kind: 'index' }, version, base, path: indexPath(base) }
  if (first === 'operations' && names.length === 1)
    return { route: { kind: 'operations' }, version, base, path: `${base}/operations` }
  const isBulk = first === 'actions'
  const plural = (isBulk ? relationship : first) ?? ''
  const resource = api.paths.get(plural) ?? api.paths.get(foldPath(plural))
  if (!resource || names.length > (isBulk ? 3 : 4)) throw unknownPath()
  if (isBulk) {
    const action = findAction(resource, id)
    if (!action) throw unknownPath()
    const path = `${base}/actions/${toPath(action.name)}/${encodeURIComponent(resource.path)}`
    return { route: { kind: 'action', resource, action, id: null }, version, base, path }
  }
  const at = `${base}/${encodeURIComponent(resource.path)}`
  if (id === undefined) return { route: { kind: 'list', resource }, version, base, path: at }
  const item = `${at}/${rest[1]}`
  if (relationship === undefined)
    return {
      route: id === 'query' ? { kind: 'query', resource } : { kind: 'item', resource, id },
      version,
      base,
      path: item,
    }
  const action = relationship === 'actions' ? findAction(resource, targetId) : undefined
  if (action)
    return {
      route: { kind: 'action', resource, action, id },
      version,
      base,
      path: `${item}/actions/${toPath(action.name)}`,
    }
  if (relationship === 'relationships' && targetId !== undefined && !findRelationship(resource, relationship)) {
    const linked = findRelationship(resource, targetId)
    const target = linked && linked.target !== null ? api.resources.get(linked.target) : undefined
    if (!linked || !target) throw unknownPath()
    return {
      route: { kind: 'relationship', resource, id, relationship: linked.name, target },
      version,
      base,
      path: `${item}/relationships/${encodeURIComponent(toPath(linked.definedAs))}`,
    }
  }
  if (relationship === 'content' && targetId === undefined && resource.request?.report)
    return { route: { kind: 'content', resource, id }, version, base, path: `${item}/content` }
  const field = findRelationship(resource, relationship)
  const target = field && field.target !== null ? api.resources.get(field.target) : undefined
  const singular = field ? undefined : findByPath(resource.singulars, relationship)
  const one = singular && api.resources.get(singular.target)
  if (singular && one && targetId === undefined)
    return {
      route: { kind: 'nested', resource, id, relationship: singular.of, target: one, targetId: null, singular },
      version,
      base,
      path: `${item}/${toPath(singular.name)}`,
    }
  if (!field || !target) throw unknownPath()
  const nested = `${item}/${encodeURIComponent(toPath(field.definedAs))}`
  return {
    route: { kind: 'nested', resource, id, relationship: field.name, target, targetId: targetId ?? null },
    version,
    base,
    path: targetId === undefined ? nested : `${nested}/${rest[3]}`,
  }
}

/** Of what is at the root of its host; a URL has no empty path (RFC 9110 4.2.3). */
export function indexPath(base: string): string {
  return base === '' ? '/' : base
}

function findRelationship({ fields }: Resource, segment: string) {
  return [...fields.values()]
    .filter(isRelationship)
    .find(one => one.name === segment || toPath(one.definedAs) === foldPath(segment))
}

function findAction({ actions }: Resource, segment: string | undefined): Action | undefined {
  return segment === undefined ? undefined : findByPath(actions, segment)
}

function findByPath<T extends { readonly name: string }>(
  known: ReadonlyMap<string, T>,
  segment: string,
): T | undefined {
  return known.get(segment) ?? [...known.values()].find(({ name }) => toPath(name) === foldPath(segment))
}

function unknownPath(): ApiError {
  // The same words as for a record that may not be seen: a path tells nothing.
  return new ApiError('not_found', 'There is nothing here, or nothing that you may see.')
}
