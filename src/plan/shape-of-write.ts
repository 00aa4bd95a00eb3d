// Names the shape of a permitted write: two writes with one name have one plan, whatever their values.

import type { Parent } from '../access/permitted.ts'
import type { Assignment, GivenLink, Operand, PermittedWrite } from '../access/permitted-write.ts'
import { guardShape, matchShape, name, selectionShape } from './shape-of.ts'

/** The whole shape as text, never a hash of it. */
export function shapeOfWrite({
  set,
  access,
  kind,
  match,
  parent,
  assignments,
  links,
  rights,
  answer,
  creation,
  mustBeAbsent,
}: PermittedWrite): string {
  let shape = `${set.roles.id}\n${kind} ${name(access.resource.name)} ${assignments.map(assignmentShape).join()}`
  if (match) shape += `\nid ${matchShape(match)}`
  if (parent) shape += `\nunder ${parentShape(parent)}`
  if (links.length > 0) shape += `\nto ${links.map(linkShape).join()}`
  if (rights.length > 0)
    shape += `\nmay ${JSON.stringify(rights.map(({ guard, before, on }) => [typeof guard === 'string' ? guard : guardShape(guard), before, on]))}`
  if (answer) shape += `\nas ${selectionShape(answer)}`
  if (mustBeAbsent) shape += '\nabsent'
  if (creation)
    shape += `\nor ${creation.conflict.map(one => name(one.name)).join()} ${creation.assignments.map(assignmentShape).join()}`
  return shape
}

function linkShape({ field, slots, parent }: GivenLink): string {
  return parent ? `${name(field.name)}<${parentShape(parent)}` : `${name(field.name)}@${slots.join('.')}`
}

function parentShape({ access, match, relationship }: Parent): string {
  return `${name(access.resource.name)} ${matchShape(match)} ${name(relationship.name)}`
}

function assignmentShape({ column, value }: Assignment): string {
  return `${name(column.name)}=${operandShape(value)}`
}

function operandShape(value: Operand): string {
  switch (value.kind) {
    case 'slot':
      return `${value.slot}`
    case 'increment':
      return `+${value.slot}`
    case 'claim':
      return JSON.stringify(value.claim)
    case 'lookUp':
      return `${linkShape(value.link)}:${value.index}`
    case 'default':
      return `default${JSON.stringify(value.guards.map(guardShape))}`
    default:
      return value.kind
  }
}
