// What each operator means, what it takes, and which types take it.
import { describe, expect, it, test } from 'vitest'
import { arrayType, columnType, columnTypes, enumType } from '../types/index.ts'
import { type OperatorName, operandOf, operatorAliases, operators, operatorsFor } from './index.ts'

const meanings: Readonly<
  Record<OperatorName, readonly (readonly [stored: unknown, operand: unknown, holds: boolean])[]>
> = {
  eq: [
    [1, 1, true],
    ['a', 'A', false],
    [null, null, false],
    [null, 1, false],
    [Number.NaN, Number.NaN, true],
    [1n, 1, true],
    [0, -0, true],
    [[1, 2], [1, 2], true],
    [[1, 2], [2, 1], false],
    [{ a: 1 }, { a: 1 }, true],
    ['1', 1, false],
  ],
  ne: [
    [1, 1, false],
    [1, 2, true],
    [null, 1, true],
  ],
  lt: [
    [1, 2, true],
    [2, 2, false],
    [null, 2, false],
    ['a', 'b', true],
    [Number.NaN, 1, false],
    [1, Number.NaN, true],
    [9n, 10n, true],
    [1, 'b', false],
  ],
  lte: [
    [2, 2, true],
    [3, 2, false],
    [null, 2, false],
    [Number.NaN, Number.NaN, true],
  ],
  gt: [
    [3, 2, true],
    [2, 2, false],
    [null, 2, false],
    [Number.NaN, Number.POSITIVE_INFINITY, true],
  ],
  gte: [
    [2, 2, true],
    [1, 2, false],
    [null, 2, false],
    ['b', 'a', true],
  ],
  in: [
    [1, [1, 3], true],
    [2, [1, 3], false],
    [1, [], false],
    [null, [null], false],
    [null, [1], false],
  ],
  nin: [
    [1, [1, 3], false],
    [2, [1, 3], true],
    [1, [], true],
    [null, [1], true],
  ],
  contains: [
    ['50% off', '50%', true],
    ['500 off', '50%', false],
    ['abc', 'B', false],
    ['abc', '', true],
    [null, '', false],
    ['a_c', '_', true],
    ['abc', '_', false],
  ],
  starts_with: [
    ['tennis court', 'tennis', true],
    ['table tennis', 'tennis', false],
    ['%a', '%', true],
    ['a', '%', false],
    [null, '', false],
  ],
  ends_with: [
    ['x@y.org', '@y.org', true],
    ['x@y.org.uk', '@y.org', false],
    ['a\\', '\\', true],
    [null, '', false],
  ],
  ilike: [
    ['Tennis', 'TENN', true],
    ['Tennis', '%', false],
    [null, '', false],
  ],
  null: [
    [null, true, true],
    [null, false, false],
    [0, true, false],
    [0, false, true],
    ['', true, false],
  ],
  search: [
    ['A rat, a cat', 'CAT rat', true],
    ['a cat', 'cat dog', false],
    ['concatenate', 'cat', false],
    [null, 'a', false],
    ['a', '', false],
  ],
  has: [
    [[1, 2], 2, true],
    [[1, null], null, false],
    [{ a: null }, 'a', true],
    [{ a: 1 }, 'toString', false],
    ['a', 'a', true],
    [5, '5', false],
    [null, 'a', false],
  ],
  any: [
    [[1, 2], [2, 3], true],
    [[1], [], false],
    [{ a: 1 }, ['b', 'a'], true],
    [null, [1], false],
  ],
  all: [
    [[1, 2, 3], [3, 1], true],
    [[1], [1, 2], false],
    [[1], [], true],
    [{ a: 1, b: 2 }, ['a', 'b'], true],
    [null, [], false],
  ],
}

describe.each(Object.entries(meanings) as [OperatorName, (typeof meanings)[OperatorName]][])('%s', (name, rows) => {
  test.each(rows)('of %o and %o is %s', (stored, operand, holds) =>
    expect(operators.get(name)?.evaluate(stored, operand)).toBe(holds),
  )
})

it('names each operator as the list does, and gives aliases to those alone', () => {
  for (const [name, operator] of operators) expect(operator.name).toBe(name)
  expect([...operators.keys()].sort()).toEqual(Object.keys(meanings).sort())
  for (const [alias, name] of operatorAliases)
    expect([operators.has(alias as OperatorName), operators.has(name)]).toEqual([false, true])
})

it('negates only what takes the same operand on the same types', () => {
  for (const operator of operators.values()) {
    const other = operator.negates && operators.get(operator.negates)
    if (operator.negates)
      expect([other?.operand, other?.families, other?.negates]).toEqual([
        operator.operand,
        operator.families,
        undefined,
      ])
  }
})

it('gives each type its operators', () => {
  const equal = ['eq', 'ne', 'in', 'nin', 'null']
  const ordered = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'null']
  expect(operatorsFor(columnType('bool'))).toEqual(equal)
  expect(operatorsFor(columnType('int4'))).toEqual(ordered)
  expect(operatorsFor(enumType(['a']))).toEqual(ordered)
  expect(operatorsFor(columnType('text'))).toEqual([
    ...ordered.slice(0, -1),
    'contains',
    'starts_with',
    'ends_with',
    'ilike',
    'null',
    'search',
  ])
  expect(operatorsFor(arrayType(columnType('int4')))).toEqual(['eq', 'ne', 'null', 'has', 'any', 'all'])
  expect(operatorsFor(columnType('jsonb'))).toEqual([...equal, 'has', 'any', 'all'])
  expect(operatorsFor(columnType('tsvector'))).toEqual(['null', 'search'])
  for (const name of ['json', 'point', 'int4range', 'money']) expect(operatorsFor(columnType(name))).toEqual(['null'])
})

it('leaves nobody without the operator null', () => {
  for (const type of columnTypes.values()) expect(operatorsFor(type)).toContain('null')
})

it.each([
  ['eq', columnType('int4'), 'one', 'int4'],
  ['in', columnType('uuid'), 'list', 'uuid'],
  ['null', columnType('point'), 'boolean', 'bool'],
  ['eq', arrayType(columnType('int4')), 'list', 'int4[]'],
  ['ne', arrayType(columnType('int4')), 'list', 'int4[]'],
  ['has', arrayType(columnType('int4')), 'one', 'int4'],
  ['all', arrayType(columnType('int4')), 'list', 'int4'],
  ['eq', columnType('jsonb'), 'one', 'jsonb'],
  ['has', columnType('jsonb'), 'one', 'text'],
  ['any', columnType('jsonb'), 'list', 'text'],
  ['search', columnType('tsvector'), 'one', 'text'],
  ['search', columnType('name'), 'one', 'text'],
  ['contains', columnType('name'), 'one', 'text'],
  ['eq', columnType('name'), 'one', 'name'],
] as const)('%s on %o takes %s of %s', (name, type, shape, operandType) => {
  const operand = operandOf(operators.get(name) ?? expect.fail(), type)
  expect([operand.shape, operand.type.name]).toEqual([shape, operandType])
})
