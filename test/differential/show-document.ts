// Shows rows naively as the resource objects of a document: each record once, with the linkage of every way that leads to it.
import {
  type FieldFact,
  fieldOf,
  isRelationship,
  isToMany,
  type RelationshipFact,
  resourceOf,
  typeOf,
} from './facts.ts'
import { sortRows } from './order.ts'
import type { Include, Selection } from './question.ts'
import { dashed } from './record.ts'
import { show } from './values.ts'
import type { View } from './view.ts'
import type { Row } from './world.ts'

export interface ShownRelationship {
  readonly links: boolean
  /** Identifiers as `type id`; absent where only links are shown. */
  data?: string | null | readonly string[]
  /** Whether the list was cut; undefined where several lists were united. */
  isCut?: boolean | undefined
}

export interface ShownObject {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly relationships: Record<string, ShownRelationship>
  readonly self: string | null
}

/** By `type id`. */
export type Shown = Map<string, ShownObject>

const maxIncluded = 100

export class DocumentView {
  readonly records: Shown = new Map()
  readonly #view: View

  constructor(view: View) {
    this.#view = view
  }

  /** @returns the identifier of the record */
  add(resource: string, row: Row, selection: Selection, on: 'list' | 'item'): string {
    const view = this.#view
    const { key, fields } = resourceOf(resource)
    const id = key.map(name => row[name]).join()
    const identifier = `${resource} ${id}`
    const names = selection.fields
      ? selection.fields.filter(name => view.permitted(resource).has(name) && view.readable(resource, row, name))
      : [...fields.keys()].filter(
          name => view.isDefault(resource, row, name, on) || this.#isOffered(resource, row, name),
        )
    const shown: ShownObject = this.records.get(identifier) ?? {
      attributes: Object.fromEntries(
        names.flatMap(name => {
          const field = fieldOf(resource, name)
          return isAttribute(field, key) ? [[name, this.#value(resource, row, field)]] : []
        }),
      ),
      relationships: {},
      self: names.includes('links') ? `/api/${dashed(resource)}/${id}` : null,
    }
    this.records.set(identifier, shown)
    for (const name of names) {
      const field = fieldOf(resource, name)
      if (!isRelationship(field) || selection.includes.some(one => one.relationship === name)) continue
      const links = view.walkable(field)
      if (field.kind !== 'toOne' && !links) continue
      const key = field.kind === 'toOne' ? view.shown(resource, row, name) : undefined
      const isKnown = view.rolesOn(field.target).length > 0
      this.#unite(shown, name, {
        links,
        ...(key !== undefined && { data: key === null || !isKnown ? null : `${field.target} ${key}` }),
      })
    }
    for (const include of selection.includes) this.#include(resource, row, include, selection, shown)
    return identifier
  }

  /** Where nothing is asked for, lists are told of by links. */
  #isOffered(resource: string, row: Row, name: string): boolean {
    const field = fieldOf(resource, name)
    return (
      isRelationship(field) &&
      isToMany(field) &&
      this.#view.walkable(field) &&
      this.#view.permitted(resource).has(name) &&
      this.#view.readable(resource, row, name)
    )
  }

  #value(resource: string, row: Row, field: FieldFact): unknown {
    const value = this.#view.shown(resource, row, field.name)
    const fact = typeOf(resource, field)
    return fact ? show(fact, value) : value
  }

  #include(resource: string, row: Row, include: Include, { fields }: Selection, shown: ShownObject): void {
    const view = this.#view
    const { relationship, filter, sort, selection } = include
    const field = fieldOf(resource, relationship) as RelationshipFact
    if (!view.readable(resource, row, relationship)) return
    const found = view
      .linked(resource, row, relationship)
      .filter(one => filter === null || view.truth(field.target, one, filter) === true)
    const limit = isToMany(field) ? (include.limit ?? maxIncluded) : 1
    const ids = (isToMany(field) ? sortRows(view, field.target, found, sort) : found)
      .slice(0, limit)
      .map(one => this.add(field.target, one, selection, 'list'))
    if (fields && !fields.includes(relationship)) return
    this.#unite(shown, relationship, {
      links: true,
      ...(isToMany(field) ? { data: ids, isCut: found.length > limit } : { data: ids[0] ?? null }),
    })
  }

  #unite({ relationships }: ShownObject, name: string, found: ShownRelationship): void {
    const known = relationships[name]
    if (known?.data === undefined) relationships[name] = { ...known, ...found }
    else if (Array.isArray(known.data) && Array.isArray(found.data)) {
      known.data = [...new Set([...known.data, ...found.data])].sort()
      known.isCut = undefined
    }
  }
}

function isAttribute(field: FieldFact, key: readonly string[]): boolean {
  if (isRelationship(field) || field.kind === 'links') return false
  return !(field.name === 'id' && key.length === 1 && key[0] === 'id')
}
