// Checks what is to be summed up, and by what it is grouped.
import { type AggregateName, aggregates, aggregatesFor } from '../aggregates/index.ts'
import { ApiError } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import type { AggregateEntry, NameEntry } from '../request/query.ts'
import type { Field } from '../schema/field.ts'
import { fieldValue } from '../schema/field-value.ts'
import type { Access, AccessSet } from './access.ts'
import { isFilterable, permittedField, unknownField } from './names.ts'
import type { AggregateColumn } from './permitted.ts'

export function allowAggregates(
  entries: readonly AggregateEntry[],
  access: Access,
  set: AccessSet,
): readonly AggregateColumn[] {
  const columns = new Map<Field, Set<AggregateName>>()
  for (const entry of entries) {
    const field = valueField(entry.path, 'aggregate', entry, access, set)
    const type = fieldValue(field)?.type
    const possible = type ? aggregatesFor(type) : []
    for (const name of entry.functions) {
      if (!isAggregate(name) || !possible.includes(name)) {
        throw new ApiError(
          'unknown_operator',
          `"${field.name}" has no aggregate ${quote(name)}. It takes: ${possible.join(', ')}.`,
          { source: entry.source },
        )
      }
      columns.set(field, (columns.get(field) ?? new Set()).add(name))
    }
  }
  return [...columns].map(([field, functions]) => ({ field, functions: [...functions] }))
}

export function allowGroup(
  entries: readonly NameEntry[],
  hasAggregates: boolean,
  access: Access,
  set: AccessSet,
): readonly Field[] {
  const first = entries[0]
  if (first && !hasAggregates)
    throw new ApiError('group_needs_aggregate', 'A group needs an aggregate, such as aggregate[id]=count.', {
      source: first.source,
    })
  return [...new Set(entries.map(entry => valueField(entry.path, 'group', entry, access, set)))]
}

function valueField(path: readonly string[], place: string, entry: NameEntry, access: Access, set: AccessSet): Field {
  const name = path.join('.')
  const field = permittedField(set, access, name)
  const usable =
    field &&
    fieldValue(field) &&
    (place === 'aggregate' || isComparable(field)) &&
    (field.kind !== 'computed' || isFilterable({ ...access.resource, filterable: null }, field))
  if (!field || !usable) throw unknownField(set, access, name, place, entry.source)
  return field
}

/** Grouping needs equality. */
function isComparable(field: Field): boolean {
  const family = fieldValue(field)?.type.family
  return family !== undefined && family !== 'none'
}

function isAggregate(name: string): name is AggregateName {
  return (aggregates as ReadonlyMap<string, unknown>).has(name)
}
