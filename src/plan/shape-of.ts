// Names the shape of a permitted read: two reads with one name have one plan, whatever their values.

import type { Guard } from '../access/access.ts'
import { describeCondition } from '../access/describe-condition.ts'
import type { KeyMatch, Page, PermittedRead, RangeBound, Selection, SortKey } from '../access/permitted.ts'
import { always } from '../expressions/condition.ts'

/** The whole shape as text, never a hash of it: two shapes that collide would share a statement. */
export function shapeOf(read: PermittedRead): string {
  const { access, set } = read
  let shape = `${set.roles.id}\n${read.kind} ${access.resource.name} ${selectionShape(read.selection)}`
  if (read.filter !== always) shape += `\nwhere ${describeCondition(read.filter)}`
  if (read.page) shape += `\nby ${sort(read.sort)} ${page(read.page)}`
  if (read.match) shape += `\nid ${matchShape(read.match)}`
  if (read.parent)
    shape += `\nunder ${read.parent.access.resource.name} ${matchShape(read.parent.match)} ${JSON.stringify(read.parent.relationship.name)}`
  if (read.total) shape += `\ntotal ${read.total}`
  if (read.aggregates.length > 0)
    shape += `\naggregate ${JSON.stringify(read.aggregates.map(({ field, functions }) => [field.name, ...functions]))}`
  if (read.group.length > 0) shape += `\ngroup ${JSON.stringify(read.group.map(field => field.name))}`
  if (read.validator) shape += `\nvalidator ${JSON.stringify(read.validator.name)}`
  return shape
}

export function selectionShape({ form, fields }: Selection): string {
  let text = form === 'plain' ? '(' : `${form}(`
  for (const { field, guard, include, hidden } of fields) {
    text += `${hidden ? '~' : ''}${name(field.name)}${guardShape(guard)}`
    if (include) {
      text += `:${include.index}/${include.limit}${selectionShape(include.selection)}`
      if (include.filter !== always) text += `?${describeCondition(include.filter)}`
      if (include.sort.length > 0) text += `^${sort(include.sort)}`
    }
    text += ','
  }
  return `${text})`
}

// A guard's own name may be long, but where a role depends on the record it is what tells two plans apart.
export function guardShape(guard: Guard): string {
  return typeof guard === 'string' ? '' : `{${guard.id}}`
}

function sort(keys: readonly SortKey[]): string {
  let text = ''
  for (const { path, field, descending } of keys)
    text += `${descending ? '-' : '+'}${path.map(one => `${name(one.name)}.`).join('')}${name(field.name)} `
  return text
}

function page(one: Page): string {
  if (one.kind === 'offset') return `skip ${one.skip} take ${one.size}`
  const range = one.range ? `${bound(one.range.from)}..${bound(one.range.to)} ${bound(one.range.start)}` : ''
  return `take ${one.size}${range}${one.after ? ` after ${one.after.join()}` : ''}${one.before ? ` before ${one.before.join()}` : ''}`
}

function bound(one: RangeBound | null): string {
  return one ? ` ${one.exclusive ? ']' : ''}${one.slots.join()}` : ' '
}

export function matchShape({ key, natural, own }: KeyMatch): string {
  if (own) return describeCondition(own)
  return `${key ? key.join() : '-'}/${natural ? natural.slot : '-'}`
}

// Names may hold any character; what could be taken for our own punctuation is quoted.
export function name(text: string): string {
  return /^\w+$/.test(text) ? text : JSON.stringify(text)
}
