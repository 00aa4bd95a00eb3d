// What each column type takes from a JSON body, as which text, and what it refuses.
import { describe, expect, it } from 'vitest'
import { arrayType, type ColumnType, columnType, columnTypes, enumType, fromJson, inputOf } from './index.ts'

const type = columnType
const list = (name: string) => arrayType(type(name))

const taken: readonly (readonly [ColumnType, value: unknown, text: string])[] = [
  [type('bool'), true, 'true'],
  [type('int2'), -32768, '-32768'],
  [type('int4'), -0, '0'],
  [type('int8'), '9223372036854775807', '9223372036854775807'],
  [type('int8'), 9007199254740991, '9007199254740991'],
  [type('numeric'), '12.50', '12.50'],
  [type('numeric'), 1e-7, '0.0000001'],
  [type('numeric'), 'NaN', 'NaN'],
  [type('numeric'), `${'0'.repeat(2000)}1.5${'0'.repeat(20_000)}`, '1.5'],
  [type('float4'), 0.1, '0.10000000149011612'],
  [type('float8'), 'Infinity', 'Infinity'],
  [type('text'), '', ''],
  [type('varchar'), '𝄞', '𝄞'],
  [type('uuid'), '0190163D-8694-739B-AEA5-966C26F8AD91', '0190163d-8694-739b-aea5-966c26f8ad91'],
  [type('timestamptz'), '2015-08-05T15:56:05+02:00', '2015-08-05 13:56:05+00'],
  [type('timestamp'), '2015-08-05', '2015-08-05 00:00:00'],
  [type('bytea'), '\\x0AFF', '\\x0aff'],
  [type('point'), { x: 1.5, y: 'NaN' }, '(1.5,NaN)'],
  [type('jsonb'), 'text', '"text"'],
  [type('json'), { a: [1, null, { b: '\u2028' }] }, '{"a":[1,null,{"b":"\u2028"}]}'],
  [type('int4range'), '[1,5)', '["1","5")'],
  [type('int4range'), 'empty', 'empty'],
  [type('int4range'), '(,]', '(,]'],
  [type('daterange'), '[2016-01-24,infinity)', '["2016-01-24","infinity")'],
  [type('tstzrange'), '["2015-08-05 13:56:05.5+00",)', '["2015-08-05 13:56:05.5+00",)'],
  [type('nummultirange'), '{[1,2),"x"}'.replace(',"x"', ',(3,)'), '{["1","2"),("3",)}'],
  [type('int4multirange'), '{}', '{}'],
  [enumType(['draft', 'live']), 'draft', 'draft'],
  [list('text'), ['a"\\', null, 'NULL', ''], '{"a\\"\\\\",NULL,"NULL",""}'],
  [list('int4'), [], '{}'],
  [
    list('int4'),
    [
      [1, 2],
      [3, null],
    ],
    '{{"1","2"},{"3",NULL}}',
  ],
  [list('point'), [{ x: 1, y: 2 }], '{"(1,2)"}'],
  [list('jsonb'), [[1], { a: 1 }], '{"[1]","{\\"a\\":1}"}'],
  [type('unknown'), 'anything', 'anything'],
]

const deep = (levels: number): unknown => {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

const refused: readonly (readonly [ColumnType, value: unknown])[] = [
  ...['true', 1, 0, 't'].map(value => [type('bool'), value] as const),
  ...['5', 1.5, 2147483648, true, Number.NaN].map(value => [type('int4'), value] as const),
  ...['9223372036854775808', 9007199254740992, 1.5, '1e3', '', true].map(value => [type('int8'), value] as const),
  ...['1e3', 'x', 2 ** 53, true, [1]].map(value => [type('numeric'), value] as const),
  ...['1.5', 1e39, Number.NaN, 'nan'].map(value => [type('float4'), value] as const),
  ...[5, true, 'a\0b', '\ud800', ['a'], {}].map(value => [type('text'), value] as const),
  ...[20160124, '2016-02-30', ''].map(value => [type('date'), value] as const),
  ...['(1,2)', [1, 2], { x: 1 }, { x: 1, y: 2, z: 3 }, { x: '1', y: 2 }].map(value => [type('point'), value] as const),
  ...[{ 'a\0': 1 }, ['\udfff'], 2 ** 60, deep(101), { a: undefined }].map(value => [type('jsonb'), value] as const),
  ...['[5,1)', '[1,2147483647]', '[a,b)', '1,2', '[1,2', '[1,,2)', '(2147483647,)'].map(
    value => [type('int4range'), value] as const,
  ),
  ...['{', '{[1,2),}', '{[1,2)[3,4)}', '{x}', '[1,2)', '{,}'].map(value => [type('int4multirange'), value] as const),
  [enumType(['draft']), 'Draft'],
  ...['a', { 0: 'a' }, [1], [['a'], 'b'], [['a'], ['b', 'c']], [[]], ['a\0'], [['a'], null], deep(7)].map(
    value => [list('text'), value] as const,
  ),
  [list('int4'), [[[1]], [[2], [3]]]],
]

describe('fromJson', () => {
  it.each(taken)('takes $0.name $1', (of, value, text) => expect(fromJson(of, value)).toBe(text))
  it.each(refused)('refuses $0.name $1', (of, value) => expect(fromJson(of, value)).toBeUndefined())

  it('refuses null and what is not there, whatever the type', () => {
    for (const one of [...columnTypes.values(), list('text'), list('jsonb')]) {
      expect(fromJson(one, null), one.name).toBeUndefined()
      expect(fromJson(one, undefined), one.name).toBeUndefined()
    }
  })

  it('neither overflows the stack nor takes long over a megabyte of brackets', () => {
    const value = deep(500_000)
    for (const one of [...columnTypes.values(), list('text'), list('jsonb')])
      expect(fromJson(one, value), one.name).toBeUndefined()
  })

  it('says of every type what a body may hold', () => {
    for (const one of columnTypes.values()) expect(inputOf(one).accepts, one.name).toMatch(/^[a-z"]/i)
  })
})
