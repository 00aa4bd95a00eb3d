// Names the shape of a permitted write: two writes with one name have one plan, whatever their values.

import type { Parent } from '../access/permitted.ts'
import type { Assignment, GivenLink, PermittedWrite } from '../access/permitted-write.ts'
import { guardShape, matchShape, selectionShape } from './shape-of.ts'

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
  return JSON.stringify([
    set.roles.id,
    kind,
    access.resource.name,
    match && matchShape(match),
    parent && parentShape(parent),
    assignments.map(assignmentShape),
    links.map(linkShape),
    rights.map(
      ({ guard, before, on }) =>
        `${typeof guard === 'string' ? guard : guardShape(guard)}${before ? '<' : ''}${on ?? ''}`,
    ),
    answer && selectionShape(answer),
    mustBeAbsent,
    creation && [creation.conflict.map(one => one.name), creation.assignments.map(assignmentShape)],
  ])
}

function linkShape({ field, slots, parent }: GivenLink): readonly unknown[] {
  return parent ? [field.name, parentShape(parent)] : [field.name, ...slots]
}

function parentShape({ access, match, relationship }: Parent): readonly unknown[] {
  return [access.resource.name, matchShape(match), relationship.name]
}

function assignmentShape({ column, value }: Assignment): readonly unknown[] {
  if (value.kind === 'lookUp') return [column.name, value.index, linkShape(value.link)]
  if (value.kind === 'default') return [column.name, 'default', ...value.guards.map(guardShape)]
  return [column.name, ...Object.values(value)]
}
