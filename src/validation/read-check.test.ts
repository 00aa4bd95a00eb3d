// What is read of check constraints, spelled as PostgreSQL spells them.
import { describe, expect, it } from 'vitest'
import type { ColumnInfo } from '../schema/database-schema.ts'
import { readCheck } from './read-check.ts'
import { readRegex } from './read-regex.ts'

const column = (name: string, type: string, more: Partial<ColumnInfo> = {}): ColumnInfo => ({
  name,
  type,
  typeSchema: 'pg_catalog',
  typeKind: 'base',
  isArray: false,
  enum: null,
  domain: null,
  nullable: true,
  hasDefault: false,
  generated: 'never',
  maxLength: null,
  precision: null,
  scale: null,
  deterministicCollation: true,
  comment: null,
  ...more,
})
const title = column('title', 'varchar')
const name = column('name', 'text')
const rating = column('rating', 'int4')
const price = column('price', 'numeric')
const score = column('score', 'float8')
const code = column('code', 'text', { domain: { schema: 'public', name: 'code' } })
const mood = column('mood', 'mood', { typeSchema: 'public', typeKind: 'enum', enum: ['sad', 'ok'] })

describe('a check constraint', () => {
  it.each<[string, ColumnInfo, object]>([
    ['(length((title)::text) <= 100)', title, { maxLength: 100 }],
    ["((length((title)::text) < 100) AND ((title)::text <> ''::text))", title, { maxLength: 99, minLength: 1 }],
    ['((char_length(name) >= 1) AND (char_length(name) <= 5))', name, { minLength: 1, maxLength: 5 }],
    ['(0 < length(name))', name, { minLength: 1 }],
    ['(character_length(name) = 2)', name, { minLength: 2, maxLength: 2 }],
    ["((rating >= '-5'::integer) AND (rating <= 10))", rating, { minimum: '-5', maximum: '10' }],
    ['((rating)::numeric > 0.5)', rating, { exclusiveMinimum: '0.5' }],
    ['(rating = ANY (ARRAY[1, 2, 3]))', rating, { values: ['1', '2', '3'] }],
    ['((rating IS NULL) OR (rating > 3))', rating, { exclusiveMinimum: '3' }],
    ['((price > (0)::numeric) AND (price <= 10.5))', price, { exclusiveMinimum: '0', maximum: '10.5' }],
    ['(score >= (0.1)::double precision)', score, { minimum: '0.1' }],
    [
      "((title)::text = ANY ((ARRAY['a'::character varying, 'b''c'::character varying])::text[]))",
      title,
      { values: ['a', "b'c"] },
    ],
    ["(name = 'a'::text)", name, { values: ['a'] }],
    ["(name ~ '^[a-z\\.]+$'::text)", name, { patterns: ['^[a-z\\.]+$'] }],
    ["(name ~ E'^\\\\.+$'::text)", name, { patterns: ['^\\.+$'] }],
    ['(name IS NOT NULL)', name, { notNull: true }],
    ['(length(VALUE) < 5)', code, { maxLength: 4 }],
    ["(mood = ANY (ARRAY['sad'::mood, 'ok'::mood]))", mood, { values: ['sad', 'ok'] }],
    ['("Odd n" = \'a\'::text)', column('Odd n', 'text'), { values: ['a'] }],
    ['((length(name) < 5) AND (length(other) < 3) AND (lower(name) = name))', name, { maxLength: 4 }],
  ])('reads %s', (expression, of, limits) => expect(readCheck(expression, of)).toEqual(limits))

  it.each<[string, ColumnInfo]>([
    ['(length(other) <= 100)', name],
    ['(lower(name) = name)', name],
    ['((length(name) < 5) OR (rating > 3))', name],
    ['((rating IS NULL) OR (rating IS NOT NULL))', rating],
    ['(NOT (rating > 3))', rating],
    ['((rating + 1) > 3)', rating],
    ['(rating >= (1.4)::integer)', rating],
    ['((score)::real > (0)::double precision)', score],
    ['((price)::double precision > (0)::double precision)', price],
    ['(price > (1.25)::numeric(2,1))', price],
    ["(name = ('abc'::character varying(2))::text)", name],
    ["(name = 'a'::text)", column('name', 'text', { deterministicCollation: false })],
    ["(name = 'a'::citext)", column('name', 'citext', { typeSchema: 'public' })],
    ['(length(name) <= 5)', column('name', 'bpchar')],
    ['((name COLLATE "C") ~ \'^a$\'::text)', name],
    ["(name ~* '^a$'::text)", name],
    ["(name OPERATOR(public.~) '^a$'::text)", name],
    ['(public.length(name) < 5)', name],
    ['(length(VALUE) < 5)', name],
    ['(rating = ANY (ARRAY[1, NULL::integer]))', rating],
    ['(rating > 3', rating],
    [`${'('.repeat(200)}rating > 3${')'.repeat(200)}`, rating],
    ['', rating],
    ["(name ~ E'^\\x41$'::text)", name],
    ['(tags <> 5)', column('tags', 'int4', { isArray: true })],
  ])('leaves %s to the database', (expression, of) => expect(readCheck(expression, of)).toBeNull())
})

describe('a regular expression', () => {
  it.each([
    ['^[a-z][a-z0-9_]*$', '^[a-z][a-z0-9_]*$'],
    ['^a.c$', '^a[\\s\\S]c$'],
    ['^[A-Z]{2}-[0-9]{1,5}$', '^[A-Z]{2}\\x2d[0-9]{1,5}$'],
    ['^[^@]+@[a-z]+$', '^[^@]+@[a-z]+$'],
    ['abc', 'abc'],
    ['^[a-z-]+$', '^[a-z\\x2d]+$'],
    ['a\\.b', 'a\\.b'],
  ])('%s is %s', (source, read) => expect(readRegex(source)).toBe(read))

  it.each([
    ...['^(ab)+$', 'a|b', '^\\d+$', '^\\w$', '[[:alpha:]]', '(?i)a', '***=a', 'a**', 'a+?', '^a{1,300}$', '^a{3,1}$'],
    ...[
      '^[]a]$',
      '^[a',
      'a\\',
      '\\ya',
      '^é$',
      '[a-é]',
      '[9-0]',
      '[A-z]',
      '\\1',
      'a{',
      '^*',
      'a^b',
      'a$b',
      '[a&&b',
      ''.padEnd(501, 'a'),
    ],
    // What a long text would make slow.
    ...['a+', '^a*a*$', '^[^@]+@[^@]+[.][^@]+$', '^.*a$', '^a?a?a?aaa$', '^x*y*x*$'],
  ])('leaves %s to the database', source => expect(readRegex(source)).toBeUndefined())

  it('reads a megabyte in one pass, matching or not', () => {
    for (const source of ['^[a-z]+@[a-z]+$', '^[^@]+@[a-z.]+$', '^[a-z][a-z0-9_]*$', 'aaab']) {
      const regex = new RegExp(readRegex(source) ?? '', 'u')
      for (const text of ['a'.repeat(1e6), `${'a'.repeat(5e5)}@${'a'.repeat(5e5)}!`])
        expect(typeof regex.test(text)).toBe('boolean')
    }
  })
})
