// Random computed fields: counted, looked for, conditions, SQL that raises on some values, other names, TypeScript.

import type { Condition } from './condition.ts'
import { makeCondition } from './make-condition.ts'
import type { ComputedModel } from './policy.ts'
import type { Random } from './random.ts'
import { leadsToOne, type World, type WorldTable } from './world.ts'

export function makeComputed(table: WorldTable, world: World, random: Random): readonly ComputedModel[] {
  const made: ComputedModel[] = []
  const many = table.relationships.filter(one => one.kind !== 'toOne')
  const own = new Set(table.key.length > 0 ? table.key : [])
  const plain = table.plain.filter(one => !own.has(one.name))
  const text = plain.filter(one => one.type === 'text')
  const numbers = plain.filter(one => one.type === 'int4')
  for (const [by, name] of [
    ['count', 'total_of'],
    ['exists', 'has_some'],
  ] as const) {
    if (!many.some(one => !leadsToOne(one)) || !random.chance(0.5)) continue
    const relationship = random.pick(by === 'count' ? many.filter(one => !leadsToOne(one)) : many)
    const target = world.tables.get(relationship.target) as WorldTable
    const seesAll = random.chance(0.2)
    made.push({
      name,
      by,
      relationship: relationship.name,
      filter: random.chance(0.5) ? makeCondition(target, world, random, { depth: 1 }) : null,
      seesAll,
      parts: seesAll ? [] : [relationship.name],
    })
  }
  if (plain.length > 1 && random.chance(0.6)) {
    const filter = makeCondition(table, world, random, { ownOnly: true, depth: 1 })
    made.push({ name: 'holds', by: 'where', filter, parts: [...new Set(columnsIn(filter))] })
  }
  const [number] = random.shuffle(numbers)
  const [word] = random.shuffle(text)
  if (number && random.chance(0.4))
    made.push({
      name: 'share',
      by: 'sql',
      type: 'int4',
      sql: `10 / {${number.name}}`,
      parts: [number.name],
      raises: { column: number.name, on: ['0'], instead: '1' },
    })
  if (word && random.chance(0.4))
    made.push({
      name: 'label',
      by: 'sql',
      type: 'text',
      sql: `coalesce({${word.name}}, '?') || '/'`,
      parts: [word.name],
      raises: null,
    })
  if (word && random.chance(0.4)) made.push({ name: 'greeting', by: 'code', claims: ['name'], parts: [word.name] })
  if (plain.length > 0 && random.chance(0.3))
    made.push({ name: 'alias', by: 'field', parts: [random.pick(plain).name] })
  return made
}

/** Every column that a condition over the record alone looks at, on either side. */
function columnsIn(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.flatMap(columnsIn)
    case 'not':
      return columnsIn(condition.of)
    case 'leaf':
      return [condition.column.name, ...(condition.operand.kind === 'field' ? [condition.operand.column.name] : [])]
    case 'related':
      throw new Error('a condition over the record alone looks at no other')
  }
}
