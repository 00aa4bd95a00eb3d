// Spells the query of a request as JSON:API takes it: fields by their type, and the parameters that have names of their own there.
import type { AskedResource, Asker } from './asker.ts'

export type Query = Record<string, unknown>

const named: Readonly<Record<string, string>> = { aggregate: 'aggregate_by', group: 'group_by', scope: 'scope_by' }

/** Draws nothing, so that cases stay what they are. What is said of a type first holds for all of its records. */
export function toDocumentQuery(query: Query, resource: AskedResource, asker: Asker): Query {
  const fields: Record<string, string> = {}
  const plain = withoutFields(query, resource, asker, fields)
  return {
    ...Object.fromEntries(Object.entries(plain).map(([name, value]) => [named[name] ?? name, value])),
    ...(Object.keys(fields).length > 0 && { fields }),
  }
}

function withoutFields(
  { fields: list, include, ...rest }: Query,
  resource: AskedResource,
  asker: Asker,
  found: Record<string, string>,
): Query {
  // A path says something of another type, or of nothing that JSON:API knows.
  if (typeof list === 'string')
    found[resource.name] ??= [...new Set(list.split(',').map(name => name.split('.')[0]))].join()
  if (typeof include !== 'object' || include === null) return { ...rest, ...(include !== undefined && { include }) }
  const below = Object.entries(include).map(([name, options]) => {
    const field = resource.fields.find(one => one.kind === 'link' && one.name === name)
    const target = field?.kind === 'link' ? asker.target(field.relationship) : undefined
    if (typeof options !== 'object' || options === null || !target) return [name, options]
    const left = withoutFields(options as Query, target, asker, found)
    return [name, Object.keys(left).length === 0 ? 'true' : left]
  })
  return { ...rest, include: Object.fromEntries(below) }
}
