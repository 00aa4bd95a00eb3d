// Which types each aggregate takes, and how its result is shown.
import { expect, it } from 'vitest'
import { arrayType, columnType, columnTypes, enumType } from '../types/index.ts'
import { type AggregateName, aggregates, aggregatesFor } from './index.ts'

function shown(name: AggregateName, type: string, text: string): unknown {
  return JSON.parse(aggregates.get(name)?.resultType(columnType(type)).toJson(text) ?? 'null')
}

it('names each aggregate as the list does', () => {
  expect([...aggregates.keys()]).toEqual(['min', 'max', 'sum', 'avg', 'count'])
  for (const [name, aggregate] of aggregates) expect(aggregate.name).toBe(name)
})

it('gives each type its aggregates', () => {
  for (const name of ['int2', 'int8', 'numeric', 'float8'])
    expect(aggregatesFor(columnType(name))).toEqual(['min', 'max', 'sum', 'avg', 'count'])
  for (const name of ['text', 'date', 'timestamptz', 'interval', 'inet'])
    expect(aggregatesFor(columnType(name))).toEqual(['min', 'max', 'count'])
  for (const name of ['bool', 'uuid', 'bytea', 'json', 'point', 'money'])
    expect(aggregatesFor(columnType(name))).toEqual(['count'])
  expect(aggregatesFor(enumType(['a']))).toEqual(['min', 'max', 'count'])
  expect(aggregatesFor(arrayType(columnType('int4')))).toEqual(['count'])
  for (const type of columnTypes.values()) expect(aggregatesFor(type)).toContain('count')
})

it('shows sums and averages of exact numbers as strings', () => {
  expect(shown('sum', 'int4', '1234')).toBe('1234')
  expect(shown('sum', 'int8', '92233720368547758070')).toBe('92233720368547758070')
  expect(shown('sum', 'numeric', '10.50')).toBe('10.50')
  expect(shown('avg', 'int4', '12.5000000000000000')).toBe('12.5')
  expect(shown('avg', 'int4', '100.0000000000000000')).toBe('100')
  expect(shown('avg', 'numeric', '100')).toBe('100')
  expect(shown('avg', 'numeric', 'NaN')).toBe('NaN')
})

it('shows sums and averages of floats, and counts, as numbers', () => {
  expect(shown('sum', 'float4', '1.5')).toBe(1.5)
  expect(shown('avg', 'float8', 'NaN')).toBe('NaN')
  expect(shown('count', 'text', '3000000000')).toBe(3_000_000_000)
})

it('shows the least and the greatest value as the column does', () => {
  expect(shown('min', 'int4', '5')).toBe(5)
  expect(shown('max', 'int8', '5')).toBe('5')
  expect(shown('max', 'timestamptz', '2015-08-05 13:56:05+00')).toBe('2015-08-05T13:56:05Z')
})
