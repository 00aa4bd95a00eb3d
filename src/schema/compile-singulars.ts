// Reads the singulars that a resource declares: of the records under one of its own, the one that is the caller's.
import { always, type Condition } from '../expressions/condition.ts'
import { type FilterReader, readFilter } from '../expressions/read-filter.ts'
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import type { Report } from './bind-table.ts'
import { columnOf, readValues } from './compile-writes.ts'
import type { ToManyField, ToOneField } from './field.ts'
import type { Resource, Singular } from './model.ts'
import { findDefined } from './policy-reader.ts'
import type { SingularDefinition } from './resource-definition.ts'
import { foldPath, toPath } from './spell-path.ts'
import { hint } from './suggest.ts'

const parts = ['of', 'by']

export function compileSingulars(
  resource: Resource,
  singulars: Readonly<Record<string, SingularDefinition>>,
  resources: ReadonlyMap<string, Resource>,
  reader: FilterReader,
  report: Report,
): ReadonlyMap<string, Singular> {
  const compiled = new Map<string, Singular>()
  for (const [name, definition] of Object.entries(singulars)) {
    const where = `${resource.definedAs}.singulars.${name}`
    checkName(name, resource, where, report)
    for (const part of Object.keys(definition))
      if (!parts.includes(part)) report(`${where}: a singular has no "${part}".${hint(part, parts)}`)
    const field = findDefined(resource, definition.of ?? '')
    const target = field?.kind === 'toMany' && field.target !== null ? resources.get(field.target) : undefined
    const holder = field?.kind === 'toMany' ? target?.fields.get(field.holder) : undefined
    if (field?.kind !== 'toMany' || field.single || !target || holder?.kind !== 'toOne') {
      const names = [...resource.fields.values()].filter(one => one.kind === 'toMany').map(one => one.definedAs)
      report(`${where}.of: "${definition.of}" is no relationship to many records.${hint(definition.of ?? '', names)}`)
      continue
    }
    const singular = compileSingular(name, definition, field, holder, target, { reader, where, report })
    if (singular) compiled.set(name, singular)
  }
  return compiled
}

/** Its name stands in a path, where a relationship may stand too. */
function checkName(name: string, { fields }: Resource, where: string, report: Report): void {
  if (!/^[A-Za-z][\w-]*$/.test(name) || foldPath(name) === 'actions')
    report(`${where}: a singular is named by letters, digits, underscores and dashes, for it stands in paths`)
  for (const field of fields.values())
    if (toPath(field.definedAs) === toPath(name)) report(`${where}: "${field.definedAs}" is a field already`)
}

interface Place {
  readonly reader: FilterReader
  readonly where: string
  readonly report: Report
}

function compileSingular(
  name: string,
  { of, by: given }: SingularDefinition,
  field: ToManyField,
  holder: ToOneField,
  target: Resource,
  { reader, where, report }: Place,
): Singular | null {
  const by = readValues(given ?? {}, target, `${where}.by`, report)
  if (Object.keys(given ?? {}).length === 0) report(`${where}.by: it says nobody's`)
  for (const [one, value] of by)
    if (value.kind === 'now' || (value.kind === 'constant' && value.text === null))
      report(`${where}.by.${one}: a record is found by a claim, or by a value`)
  if (by.has(holder.name)) report(`${where}.by: "${holder.definedAs}" is given by the path`)
  if (target.key.length === 0) report(`${where}.of: ${target.name} has no key`)
  const columns = [
    ...holder.link.own,
    ...[...by.keys()].flatMap(one => columnOf(target.fields.get(one) as ToOneField) ?? []),
  ].map(column => column.name)
  const uniques = [target.table.primaryKey ?? [], ...target.table.uniques.map(one => one.columns)]
  // Else two requests at once would make two of them.
  if (!uniques.some(one => one.length > 0 && one.every(column => columns.includes(column))))
    report(`${where}: ${columns.join(', ')} of ${target.name} are not unique in the database, so there could be two`)
  const condition = readBy(given ?? {}, target, reader, where, report)
  return condition && { name, of: field.name ?? of, target: target.name, holder: holder.name, condition, by }
}

function readBy(
  by: Readonly<Record<string, unknown>>,
  target: Resource,
  reader: FilterReader,
  where: string,
  report: Report,
): Condition | null {
  try {
    return Object.keys(by).length === 0 ? always : readFilter(treeOfDefinition(by, `${where}.by`), target, reader)
  } catch (error) {
    report(`${where}.by: ${(error as Error).message}`)
    return null
  }
}
