// Makes the computed fields of a resource.
import type { Operandish, Tree } from '../expressions/tree.ts'
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import { columnType } from '../types/index.ts'
import type { Report } from './bind-table.ts'
import type { Compute, ComputedField, Field } from './field.ts'
import type { ComputedDefinition } from './resource-definition.ts'

/** Computed fields; they may speak of any field that is there already. */
export function compileComputed(
  name: string,
  definition: ComputedDefinition,
  resource: string,
  fields: ReadonlyMap<string, Field>,
  aliases: ReadonlyMap<string, string>,
  report: Report,
): Field | undefined {
  const where = `${resource}.computed.${name}`
  const base = { kind: 'computed' as const, name, explicit: false }
  const bad = (problem: string) => void report(`${where}: ${problem}`)
  // A definition may speak of a column that is served under another name.
  const nameOf = (column: string) => (fields.has(column) ? column : (aliases.get(column) ?? column))
  const made = (type: string, compute: Compute, reads: readonly string[], nullable: boolean): ComputedField => ({
    ...base,
    type: columnType(type),
    sqlType: type,
    nullable,
    compute,
    reads,
  })
  if (fields.has(name)) return bad(`there is a column or relationship of that name`)
  if ('exists' in definition || 'count' in definition) {
    const by = 'exists' in definition ? 'exists' : 'count'
    const entries = Object.entries('exists' in definition ? definition.exists : definition.count)
    const [path, filter] = entries[0] ?? []
    const relationship = path === undefined ? undefined : fields.get(path)
    if (entries.length !== 1 || !relationship || !('link' in relationship || relationship.kind === 'manyToMany'))
      return bad(`"${by}" takes one relationship`)
    const tree =
      filter === true || filter === undefined
        ? { source: { pointer: where }, leaves: [], children: new Map() }
        : treeOfDefinition(filter, where)
    // A count is a number in JSON; PostgreSQL counts in int8.
    const count = { sqlType: by === 'exists' ? 'bool' : 'int8' }
    return {
      ...made(
        by === 'exists' ? 'bool' : 'int4',
        { by, relationship, filter: tree, seesAll: definition.sees === 'all' },
        definition.sees === 'all' ? [] : [relationship.name],
        false,
      ),
      ...count,
    }
  }
  if ('field' in definition) {
    const field = fields.get(nameOf(definition.field))
    if (field?.kind !== 'column') return bad(`"${definition.field}" is no column`)
    return { ...field, name, inKey: false, reads: [field.name] }
  }
  if ('where' in definition) {
    const tree = treeOfDefinition(definition.where, where)
    const names = [...new Set(namesIn(tree, fields).map(nameOf))]
    const through = names.filter(one => fields.get(one)?.kind !== 'column')
    if (through.length > 0)
      return bad(`"${through.join('", "')}" is no column of its own; for related records use exists or count`)
    return made('bool', { by: 'where', filter: tree }, names, false)
  }
  if ('sql' in definition) {
    const parts = definition.sql.split(/\{([^{}]+)\}/)
    const columns = parts.filter((_, i) => i % 2 === 1).map(nameOf)
    const missing = columns.filter(one => fields.get(one)?.kind !== 'column')
    if (missing.length > 0)
      return bad(
        `{${missing.join('}, {')}} is no column of its own (a foreign key is shown only as the record it leads to)`,
      )
    return made(definition.type, { by: 'sql', pieces: parts.filter((_, i) => i % 2 === 0), columns }, columns, true)
  }
  const from = definition.from.map(nameOf)
  const missing = from.filter(one => fields.get(one)?.kind !== 'column')
  if (missing.length > 0) return bad(`"${missing.join('", "')}" is no column`)
  return made(definition.type, { by: 'code', claims: definition.claims ?? [], values: definition.values }, from, true)
}

/** Every name of the record that a filter looks at, on either side of a comparison and however it is spelled. */
function namesIn(tree: Tree, fields: ReadonlyMap<string, Field>): readonly string[] {
  return [...tree.children].flatMap(([name, child]) => {
    if (name === 'and' || name === 'or' || name === 'not' || /^\d+$/.test(name)) return namesIn(child, fields)
    const names = fields.has(name) ? [name] : name.split(',').map(one => one.trim().split('.')[0] as string)
    return [...names, ...comparedIn(child)]
  })
}

/** Names of fields that stand as values: `{ a: { gt: field('b') } }`. */
function comparedIn(tree: Tree): readonly string[] {
  const own = tree.leaves.flatMap(({ value }) => [value].flat() as readonly Operandish[])
  const names = own.flatMap(one => (typeof one === 'object' && one !== null && 'field' in one ? [one.field] : []))
  return [...names, ...[...tree.children.values()].flatMap(comparedIn)]
}
