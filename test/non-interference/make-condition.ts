// Random conditions for policies: over raw columns, hidden or not, claims, other records, and now.
import { type Condition, type LeafOperator, leafName, type Operand } from './condition.ts'
import type { Random } from './random.ts'
import { pickValue, spell, uuids } from './values.ts'
import { type Column, leadsToOne, type Type, type World, type WorldTable } from './world.ts'

export interface ConditionOptions {
  /** Columns of the record alone, none that is a foreign key. */
  readonly ownOnly?: boolean
  readonly depth?: number
  /** Wherever it can be, with another column of the record. */
  readonly compared?: boolean
}

const comparable: ReadonlySet<Type> = new Set([
  'int4',
  'int8',
  'text',
  'numeric',
  'timestamptz',
  'bool',
  'mood',
  'uuid',
])
const claims: Readonly<Partial<Record<Type, readonly string[]>>> = {
  int4: ['id', 'team', 'level', 'junk'],
  int8: ['id', 'level'],
  text: ['name', 'word', 'junk'],
  mood: ['mood'],
  bool: ['flag'],
  numeric: ['level'],
  uuid: ['word'],
}

export function makeCondition(
  table: WorldTable,
  world: World,
  random: Random,
  options: ConditionOptions = {},
): Condition {
  const depth = options.depth ?? 2
  const again = () => makeCondition(table, world, random, { ...options, depth: depth - 1 })
  const kind = random.weigh([
    [6, 'leaf'],
    [depth > 0 && !options.ownOnly ? 3 : 0, 'related'],
    [depth > 0 ? 1 : 0, 'and'],
    [depth > 0 ? 1 : 0, 'or'],
    [depth > 0 ? 1.5 : 0, 'not'],
  ] as const)
  if (kind === 'leaf') return makeLeaf(table, random, options.ownOnly === true, options.compared === true)
  if (kind === 'not') return { kind, of: again() }
  if (kind !== 'related') return { kind, of: [again(), again()] }
  const relationship = random.pick(table.relationships.length > 0 ? table.relationships : [null])
  if (!relationship) return makeLeaf(table, random, false, false)
  const target = world.tables.get(relationship.target) as WorldTable
  const quantifier = leadsToOne(relationship)
    ? 'one'
    : random.weigh([
        [4, 'some'],
        [1, 'every'],
        [1, 'none'],
      ] as const)
  return { kind: 'related', relationship, quantifier, of: makeCondition(target, world, random, { depth: depth - 1 }) }
}

function makeLeaf(table: WorldTable, random: Random, ownOnly: boolean, compared: boolean): Condition {
  const foreign = new Set(table.relationships.flatMap(one => (one.kind === 'toOne' ? one.own : [])))
  const served = new Set([
    ...table.plain.map(one => one.name),
    ...(ownOnly
      ? []
      : table.relationships.flatMap(one => (one.kind === 'toOne' && one.own.length === 1 ? one.own : []))),
  ])
  const columns = table.columns.filter(
    one => served.has(one.name) && (!ownOnly || !foreign.has(one.name)) && comparable.has(one.type),
  )
  const keys = columns.filter(one => one.type === 'int4' && (foreign.has(one.name) || one.name === 'id'))
  const column = random.pick(keys.length > 0 && random.chance(0.4) ? keys : columns)
  const isForeign = foreign.has(column.name)
  const operator = random.pick(operatorsOf(column.type))
  const others = columns.filter(one => one.type === column.type && one.name !== column.name)
  if (compared && others.length > 0 && !['in', 'nin', 'null'].includes(operator))
    return {
      kind: 'leaf',
      name: column.name,
      column,
      operator,
      operand: { kind: 'field', column: random.pick(others) },
    }
  return {
    kind: 'leaf',
    name: isForeign ? leafName(table, column) : column.name,
    column,
    operator,
    operand: makeOperand(column, operator, columns, random),
  }
}

function operatorsOf(type: Type): readonly LeafOperator[] {
  if (type === 'bool') return ['eq', 'eq', 'ne', 'null']
  if (type === 'uuid') return ['eq', 'ne', 'in']
  if (type === 'text') return ['eq', 'ne', 'in', 'nin', 'null', 'contains', 'starts_with', 'ends_with', 'ilike', 'gte']
  return ['eq', 'eq', 'ne', 'lt', 'gte', 'in', 'nin', 'null']
}

function makeOperand(column: Column, operator: LeafOperator, columns: readonly Column[], random: Random): Operand {
  if (operator === 'null') return { kind: 'constant', value: random.chance(0.5) ? 'true' : 'false' }
  const names = claims[column.type]
  if (names && random.chance(0.5))
    return {
      kind: 'claim',
      claim: operator === 'in' || operator === 'nin' ? random.pick(['teams', ...names]) : random.pick(names),
    }
  const constant = () => spell(column.type, constantOf(column, random))
  if (operator === 'in' || operator === 'nin')
    return { kind: 'list', values: Array.from({ length: random.int(4) }, constant) }
  if (column.type === 'timestamptz' && random.chance(0.6)) return { kind: 'now' }
  const others = columns.filter(
    one => one.type === column.type && one.name !== column.name && !one.name.endsWith('_id'),
  )
  if (others.length > 0 && random.chance(0.25)) return { kind: 'field', column: random.pick(others) }
  return { kind: 'constant', value: constant() }
}

function constantOf(column: Column, random: Random): string {
  if (column.name === 'id' || column.name.endsWith('_id'))
    return column.type === 'uuid' ? random.pick(uuids) : String(1 + random.int(12))
  for (;;) {
    const value = pickValue(column.type, random)
    // A definition spells no NaN, and no text that would be a scale of its own.
    if (value !== 'NaN') return value
  }
}
