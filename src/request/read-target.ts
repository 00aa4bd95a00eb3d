// Says which records a route means.
import type { Resource, Singular } from '../schema/model.ts'
import type { ReadRoute } from './read-route.ts'

export interface ReadTarget {
  readonly resource: Resource
  readonly id: string | null
  /** The record under which they stand. */
  readonly parent: { readonly resource: Resource; readonly id: string; readonly relationship: string } | null
  /** Which of them, where it is the caller's own that is meant. */
  readonly singular?: Singular | undefined
}

export function toReadTarget(route: ReadRoute): ReadTarget {
  if (route.kind === 'item') return { resource: route.resource, id: route.id, parent: null }
  if (route.kind === 'relationship')
    return {
      resource: route.target,
      id: null,
      parent: { resource: route.resource, id: route.id, relationship: route.relationship },
    }
  if (route.kind !== 'nested') return { resource: route.resource, id: null, parent: null }
  return {
    resource: route.target,
    id: route.targetId,
    parent: { resource: route.resource, id: route.id, relationship: route.relationship },
    singular: route.singular,
  }
}
