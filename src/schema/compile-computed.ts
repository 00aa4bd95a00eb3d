// Makes the computed fields of a resource.
import type { Operandish, Tree } from '../expressions/tree.ts'
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import { columnType } from '../types/index.ts'
import type { Report } from './bind-table.ts'
import type { Compute, ComputedField, Field } from './field.ts'
import type { Resource } from './model.ts'
import { type Spell, sayClash } from './naming.ts'
import { findDefined } from './policy-reader.ts'
import type { ComputedDefinition } from './resource-definition.ts'

/** Computed fields; they may speak of any field that is there already. */
export function compileComputed(
  definedAs: string,
  definition: ComputedDefinition,
  resource: string,
  known: Pick<Resource, 'fields' | 'defined'>,
  spell: Spell,
  report: Report,
): Field | undefined {
  const { fields } = known
  const where = `${resource}.computed.${definedAs}`
  const name = spell(definedAs)
  const base = { kind: 'computed' as const, name, definedAs, explicit: false }
  const bad = (problem: string) => void report(`${where}: ${problem}`)
  const columnNamed = (one: string) => {
    const field = findDefined(known, one)
    return field?.kind === 'column' ? field : undefined
  }
  const servedAs = (one: string) => columnNamed(one)?.name ?? []
  const made = (type: string, compute: Compute, reads: readonly string[], nullable: boolean): ComputedField => ({
    ...base,
    type: columnType(type),
    sqlType: type,
    nullable,
    compute,
    reads,
  })
  const other = fields.get(name)?.definedAs
  if (other !== undefined)
    return bad(
      other === definedAs ? `there is a column or relationship of that name` : sayClash(other, definedAs, name),
    )
  if ('exists' in definition || 'count' in definition) {
    const by = 'exists' in definition ? 'exists' : 'count'
    const entries = Object.entries('exists' in definition ? definition.exists : definition.count)
    const [path, filter] = entries[0] ?? []
    const relationship = path === undefined ? undefined : findDefined(known, path)
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
    const field = columnNamed(definition.field)
    if (!field) return bad(`"${definition.field}" is no column`)
    return { ...field, name, definedAs, inKey: false, reads: [field.name] }
  }
  if ('where' in definition) {
    const tree = treeOfDefinition(definition.where, where)
    const names = namesIn(tree, known)
    const through = [...new Set(names.filter(one => !columnNamed(one)))]
    if (through.length > 0)
      return bad(`"${through.join('", "')}" is no column of its own; for related records use exists or count`)
    return made('bool', { by: 'where', filter: tree }, [...new Set(names.flatMap(servedAs))], false)
  }
  if ('sql' in definition) {
    const parts = definition.sql.split(/\{([^{}]+)\}/)
    const names = parts.filter((_, i) => i % 2 === 1)
    const missing = names.filter(one => !columnNamed(one))
    if (missing.length > 0)
      return bad(
        `{${missing.join('}, {')}} is no column of its own (a foreign key is shown only as the record it leads to)`,
      )
    const columns = names.flatMap(servedAs)
    return made(definition.type, { by: 'sql', pieces: parts.filter((_, i) => i % 2 === 0), columns }, columns, true)
  }
  const { from, claims = [], values } = definition
  const missing = from.filter(one => !columnNamed(one))
  if (missing.length > 0) return bad(`"${missing.join('", "')}" is no column`)
  return made(definition.type, { by: 'code', from, claims, values }, from.flatMap(servedAs), true)
}

/** Every name of the record that a filter looks at, on either side of a comparison and however it is spelled. */
function namesIn(tree: Tree, known: Pick<Resource, 'fields' | 'defined'>): readonly string[] {
  return [...tree.children].flatMap(([name, child]) => {
    if (name === 'and' || name === 'or' || name === 'not' || /^\d+$/.test(name)) return namesIn(child, known)
    const names = findDefined(known, name) ? [name] : name.split(',').map(one => one.trim().split('.')[0] as string)
    return [...names, ...comparedIn(child)]
  })
}

/** Names of fields that stand as values: `{ a: { gt: field('b') } }`. */
function comparedIn(tree: Tree): readonly string[] {
  const own = tree.leaves.flatMap(({ value }) => [value].flat() as readonly Operandish[])
  const names = own.flatMap(one => (typeof one === 'object' && one !== null && 'field' in one ? [one.field] : []))
  return [...names, ...[...tree.children.values()].flatMap(comparedIn)]
}
