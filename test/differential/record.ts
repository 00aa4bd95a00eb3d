// Shows one row as a principal sees it, with what is included.
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
import { show } from './values.ts'
import type { View } from './view.ts'
import type { Row } from './world.ts'

/** By the path of the relationship: lists that were cut, and where. */
export type Cuts = Map<string, number>

const maxIncluded = 100

export interface Showing {
  readonly view: View
  readonly on: 'list' | 'item'
  /** Of the relationship that led here: `comments.`, or nothing. */
  readonly prefix: string
  readonly cuts: Cuts
}

export function showRecord(
  resource: string,
  row: Row,
  selection: Selection,
  showing: Showing,
): Readonly<Record<string, unknown>> {
  const { view, on } = showing
  const { fields: facts } = resourceOf(resource)
  const record: Record<string, unknown> = {}
  for (const field of facts.values()) {
    if ((field.kind === 'column' || field.kind === 'toOne') && field.inKey)
      record[field.name] = showField(resource, row, field, showing)
  }
  const asked = selection.fields?.filter(name => view.permitted(resource).has(name))
  const names = asked
    ? asked.filter(name => view.readable(resource, row, name))
    : [...facts.keys()].filter(name => view.isDefault(resource, row, name, on))
  for (const name of names) record[name] = showField(resource, row, fieldOf(resource, name), showing)
  for (const include of selection.includes) {
    const mayWalk =
      view.permitted(resource).has(include.relationship) &&
      view.walkable(fieldOf(resource, include.relationship) as RelationshipFact)
    if (mayWalk && view.readable(resource, row, include.relationship))
      record[include.relationship] = showIncluded(resource, row, include, showing)
  }
  return record
}

/** A relationship that is asked for as a field shows the keys of its records. */
function showField(resource: string, row: Row, field: FieldFact, showing: Showing): unknown {
  const { view } = showing
  if (field.kind === 'links') return linksOf(view, resource, row)
  if (isRelationship(field) && isToMany(field)) {
    return showIncluded(
      resource,
      row,
      { relationship: field.name, selection: { fields: [], includes: [] }, filter: null, sort: [], limit: null },
      showing,
    )
  }
  const value = view.shown(resource, row, field.name)
  if (field.kind === 'toOne') return value === null ? null : { id: value }
  const fact = typeOf(resource, field)
  return fact ? show(fact, value) : value
}

function showIncluded(resource: string, row: Row, include: Include, showing: Showing): unknown {
  const { view, prefix, cuts } = showing
  const field = fieldOf(resource, include.relationship) as RelationshipFact
  const path = `${prefix}${field.name}`
  const below: Showing = { ...showing, on: 'list', prefix: `${path}.` }
  const found = view
    .linked(resource, row, field.name)
    .filter(one => include.filter === null || view.truth(field.target, one, include.filter) === true)
  if (!isToMany(field)) return found[0] ? showRecord(field.target, found[0], include.selection, below) : null
  const limit = include.limit ?? maxIncluded
  if (found.length > limit && view.fault !== 'cuts are not said') cuts.set(path, limit)
  return sortRows(view, field.target, found, include.sort)
    .slice(0, limit)
    .map(one => showRecord(field.target, one, include.selection, below))
}

function linksOf(view: View, resource: string, row: Row): Readonly<Record<string, string>> {
  const { key, fields } = resourceOf(resource)
  const self = `/api/${dashed(resource)}/${key.map(name => row[name]).join(',')}`
  const related = [...fields.values()].filter(
    field => isRelationship(field) && view.permitted(resource).has(field.name) && view.walkable(field),
  )
  return { self, ...Object.fromEntries(related.map(({ name }) => [name, `${self}/${dashed(name)}`])) }
}

export function dashed(name: string): string {
  return name.replaceAll('_', '-')
}
