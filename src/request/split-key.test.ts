import { expect, test } from 'vitest'
import { defaultLimits as limits } from '../schema/limits.ts'
import { splitKey } from './split-key.ts'

const split = (key: string) => splitKey(key, limits, { parameter: key })
const codeOf = (key: string) => {
  try {
    return split(key)
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('a key is a base name and the segments in brackets, kept whole', () => {
  expect(split('draft')).toEqual({ base: 'draft', segments: [] })
  expect(split('page[size]')).toEqual({ base: 'page', segments: ['size'] })
  expect(split('filter[user.country_code][in][]')).toEqual({
    base: 'filter',
    segments: ['user.country_code', 'in', ''],
  })
})

test('unbalanced brackets, text after a bracket and an empty base are malformed names', () => {
  for (const key of ['a[', 'a]', 'a[b', 'a[b]c', 'a[b]c[d]', 'a[b[c]]', 'a[b]]', '[a]', '', 'a[[b]'])
    expect(codeOf(key), key).toBe('bad_parameter_name')
})

test('empty brackets stand last only', () => {
  expect(split('a[]').segments).toEqual([''])
  expect(codeOf('a[][b]')).toBe('bad_list')
  expect(codeOf('a[][]')).toBe('bad_list')
})

test('a key nests at most ten deep, brackets and dots alike, not counting closing empty brackets', () => {
  expect(split(`a${'[b]'.repeat(10)}[]`).segments).toHaveLength(11)
  expect(codeOf(`a${'[b]'.repeat(11)}`)).toBe('limit_exceeded')
  expect(codeOf(`a${'.b'.repeat(11)}`)).toBe('limit_exceeded')
  expect(codeOf(`a${'[b.c]'.repeat(5)}[d]`)).toBe('limit_exceeded')
})
