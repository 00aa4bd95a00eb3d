import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outlineQuery } from '../../test/support/outline-query.ts'
import { ApiError } from '../errors/api-error.ts'
import { defaultLimits as limits } from '../schema/limits.ts'
import { parseJsonBody } from './parse-json.ts'
import { readQueryBody } from './read-query-body.ts'
import { readQueryString } from './read-query-string.ts'

const readText = (text: string) => readQueryBody(parseJsonBody(new TextEncoder().encode(text)), limits)
const read = (body: unknown) => outlineQuery(readText(JSON.stringify(body)))
const refusalOf = (text: string): ApiError => {
  try {
    readText(text)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error(`${text} was accepted`)
}

describe('means', () => {
  test('the example of the contract', () => {
    const body = {
      fields: ['title', 'user.username'],
      include: { comments: { limit: 5, sort: '-created_at', filter: { text: { contains: 'x' } } } },
      filter: {
        or: [{ draft: true }, { published: true }],
        user: { country_code: 'SE' },
        id: { in: [1, 3] },
        user_id: null,
      },
      sort: ['-published_at', 'title'],
      page: { size: 5, after: 'C' },
      aggregate: { views_count: ['sum', 'avg'] },
      group: ['state'],
      scope: { created_between: [1988, 2018] },
    }
    expect(read(body)).toEqual({
      fields: ['title,user.username'],
      include: [{ comments: { limit: 5, sort: ['-created_at'], filter: { text: { contains: 'x' } } } }],
      filter: [
        {
          or: { 0: { draft: true }, 1: { published: true } },
          user: { country_code: 'SE' },
          id: { in: [1, 3] },
          user_id: null,
        },
      ],
      sort: ['-published_at', 'title'],
      page: { size: 5, after: 'C' },
      aggregate: [['views_count', 'sum', 'avg']],
      group: ['state'],
      scopes: [['created_between', [1988, 2018]]],
    })
  })

  test('the hash of conditions, as it stands', () => {
    const body = {
      created_at: { geq: '2016-01-24' },
      user_id: 17,
      views_count: { geq: 1000 },
      published: true,
      tags: ['foo', 'bar'],
      description: { like: { starts_with: 'tennis' } },
      limit: 30,
      sort: { property: 'published_at', order: 'desc' },
    }
    expect(read(body)).toEqual({
      flat: {
        created_at: { geq: '2016-01-24' },
        user_id: 17,
        views_count: { geq: 1000 },
        published: true,
        tags: ['foo', 'bar'],
        description: { like: { starts_with: 'tennis' } },
      },
      page: { size: 30 },
      sort: ['-published_at'],
    })
  })

  test.each<[unknown, unknown]>([
    [{}, {}],
    [{ filter: {}, page: {}, fields: {}, sort: {}, aggregate: {}, scope: {} }, {}],
    [{ fields: { videos: ['title'], user: 'name' } }, { fields: [{ videos: ['title'] }, { user: ['name'] }] }],
    [{ fields: { title: true, links: false } }, { fields: [{ title: true }, { links: false }] }],
    [{ fields: { videos: [] } }, { fields: [{ videos: [] }] }],
    [{ fields: { user: { username: true } } }, { fields: [{ 'user][username': true }] }],
    [{ include: 'user' }, { include: ['user'] }],
    [{ include: ['user', 'comments.user'] }, { include: ['user', 'comments.user'] }],
    [{ include: [] }, { include: [] }],
    [{ include: { user: true, comments: {}, tags: false } }, { include: ['user', 'comments', '!tags'] }],
    [
      { include: { comments: { include: { user: { fields: ['name'] } } } } },
      { include: [{ comments: { include: [{ user: { fields: ['name'] } }] } }] },
    ],
    [{ sort: '-title' }, { sort: ['-title'] }],
    [{ sort: { published_at: 'desc', title: 'asc' } }, { sort: ['-published_at', 'title'] }],
    [{ sort: [{ property: 'id', order: 'desc' }, { title: 'asc' }] }, { sort: ['-id', 'title'] }],
    [{ page: 3, per_page: 5 }, { page: { number: 3, size: 5 } }],
    [{ page: { size: '5' } }, { page: { size: 5 } }],
    [{ aggregate: { views_count: { sum: true, avg: false } } }, { aggregate: [['views_count', 'sum']] }],
    [{ scope: 'published' }, { scopes: [['published', true]] }],
    [
      { scope: { created_between: { from: 1988, to: 2018 } } },
      { scopes: [['created_between', { from: 1988, to: 2018 }]] },
    ],
    [{ title: 'a,b' }, { flat: { title: 'a,b' } }],
    [{ id: { in: '1,3' } }, { flat: { id: { in: '1,3' } } }],
    [{ id: [] }, { flat: { id: [] } }],
    [{ or: [] }, { flat: { or: [] } }],
    [{ user_id: { 0: 'a', 1: 'b' } }, { flat: { user_id: ['a', 'b'] } }],
    [
      { not: { and: [{ a: 1 }, { or: [{ b: null }] }] } },
      { flat: { not: { and: { 0: { a: 1 }, 1: { or: { 0: { b: null } } } } } } },
    ],
  ])('%j', (body, expected) => {
    expect(read(body)).toEqual(expected)
  })
})

describe('refuses', () => {
  test.each<[string, string, string]>([
    ['[]', 'malformed_body', ''],
    ['null', 'malformed_body', ''],
    ['"x"', 'malformed_body', ''],
    ['{"filter":[{"draft":true}]}', 'bad_list', '/filter'],
    ['{"filter":[1]}', 'invalid_value', '/filter'],
    ['{"filter":null}', 'invalid_value', '/filter'],
    ['{"filter":{"id":[1,{"a":1}]}}', 'bad_list', '/filter/id'],
    ['{"filter":{"id":[[1]]}}', 'bad_list', '/filter/id'],
    ['{"filter":{"a/b":{}}}', 'invalid_value', '/filter/a~1b'],
    ['{"filter":{"or":[{"a":1},{}]}}', 'invalid_value', '/filter/or/1'],
    ['{"filter":{"or":[1]}}', 'bad_list', '/filter/or'],
    ['{"filter":{"or":{"a":1}}}', 'bad_list', '/filter/or/a'],
    ['{"filter":{"and":[]}}', 'bad_list', '/filter/and'],
    ['{"filter":{"not":[{"a":1}]}}', 'bad_list', '/filter/not/0/a'],
    ['{"fields":"a.","x":1}', 'invalid_value', '/fields'],
    ['{"fields":[]}', 'invalid_value', '/fields'],
    ['{"fields":[1]}', 'invalid_value', '/fields'],
    ['{"fields":{"videos":[1]}}', 'invalid_value', '/fields/videos'],
    ['{"fields":null}', 'invalid_value', '/fields'],
    ['{"include":{"comments":["text"]}}', 'invalid_value', '/include/comments'],
    ['{"include":[{"comments":{"limit":5}}]}', 'bad_list', '/include/0/comments/limit'],
    ['{"include":[null]}', 'invalid_value', '/include'],
    ['{"sort":[]}', 'invalid_value', '/sort'],
    ['{"sort":{"a":1}}', 'invalid_value', '/sort/a'],
    ['{"page":{"after":null}}', 'invalid_value', '/page/after'],
    ['{"page":{"size":1.5}}', 'invalid_value', '/page/size'],
    ['{"page":5,"page[size]":5}', 'bad_parameter_name', '/page[size]'],
    ['{"":1}', 'bad_parameter_name', '/'],
    ['{"filter":{"id":9007199254740993}}', 'invalid_value', '/filter/id'],
    [
      '{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{"j":{"k":{"l":1}}}}}}}}}}}}',
      'limit_exceeded',
      '/a/b/c/d/e/f/g/h/i/j/k/l',
    ],
    ['{"aggregate":{"x":[1]}}', 'invalid_value', '/aggregate/x'],
    ['{"group":[true]}', 'invalid_value', '/group'],
    ['{"scope":{"x":{"from":[1]}}}', 'invalid_value', '/scope/x/from'],
  ])('%s with %s at %s', (text, code, pointer) => {
    const error = refusalOf(text)
    expect({ code: error.code, source: error.source }).toEqual({ code, source: { pointer } })
  })

  test('names longer than any table has, and more than the limits allow, without reading on', () => {
    expect(refusalOf(`{"${'a'.repeat(1001)}":1}`).code).toBe('bad_parameter_name')
    expect(refusalOf(JSON.stringify({ id: Array.from({ length: 1001 }, () => 1) })).meta).toEqual({
      limit: 'listItems',
      max: 1000,
    })
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`f${index}`, index]))
    expect(refusalOf(JSON.stringify({ filter: many })).meta).toEqual({ limit: 'filterNodes', max: 100 })
  })
})

// One description, written both ways. Segments and keys are the same words; lists are `[]` in a URL.
const name = fc.constantFrom('title', 'user', 'state', 'a.b', 'x,y', 'comments', '__proto', 'constructor')
const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter(one => !one.includes('\0') && one.isWellFormed())
// A scope's arguments are split at commas in a URL, so that only a plain word means the same in both.
const word = fc.stringMatching(/^[a-z]{2,6}$/)
const leaf = fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 }))
const { condition } = fc.letrec<{ condition: Record<string, unknown> }>(tie => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc.dictionary(name, leaf, { minKeys: 1, maxKeys: 2 }),
    fc.dictionary(name, tie('condition'), { minKeys: 1, maxKeys: 2 }),
    fc.record({ or: fc.array(tie('condition'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: tie('condition') }),
  ),
}))
const names = fc.uniqueArray(fc.constantFrom('a', 'b.c', 'd'), { minLength: 1 })
const options = fc.record(
  { fields: names, sort: fc.constantFrom('-a', 'b.c'), limit: fc.constantFrom('1', '5'), filter: condition },
  { requiredKeys: [] },
)
const description = fc.record(
  {
    filter: condition,
    title: leaf,
    or: fc.array(condition, { minLength: 1, maxLength: 2 }),
    fields: fc.oneof(names, fc.record({ videos: names, title: fc.constantFrom('true', 'F') })),
    include: fc.oneof(
      names,
      fc.dictionary(
        fc.constantFrom('a', 'b.c'),
        fc.oneof(
          fc.constant('true'),
          options.filter(one => Object.keys(one).length > 0),
        ),
        { minKeys: 1 },
      ),
    ),
    sort: fc.oneof(
      names,
      fc.record({ a: fc.constantFrom('asc', 'desc') }),
      fc.record({ property: fc.constant('a'), order: fc.constantFrom('asc', 'desc') }),
      fc.constant([{ property: 'a' }, { b: 'desc' }]),
    ),
    page: fc.oneof(
      fc.constantFrom('3'),
      fc.record({ size: fc.constant('5'), total: fc.constantFrom('exact', 'estimated') }),
    ),
    aggregate: fc.record({ views: fc.oneof(names, fc.record({ sum: fc.constantFrom('true', 'false') })) }),
    group: names,
    scope: fc.oneof(
      names,
      fc.record({
        x: fc.oneof(word, fc.constant('true'), fc.array(text, { minLength: 1 }), fc.record({ from: text })),
      }),
    ),
  },
  { requiredKeys: [] },
)

function toPairs(key: string, value: unknown): string[] {
  if (typeof value === 'string') return [`${encodeURIComponent(key)}=${encodeURIComponent(value)}`]
  if (!Array.isArray(value))
    return Object.entries(value as object).flatMap(([segment, inner]) => toPairs(`${key}[${segment}]`, inner))
  return value.flatMap((item, index) => toPairs(typeof item === 'string' ? `${key}[]` : `${key}[${index}]`, item))
}

test('a query string and the body that says the same give the same query', () => {
  fc.assert(
    fc.property(description, body => {
      const search = Object.entries(body)
        .flatMap(([base, value]) => toPairs(base, value))
        .join('&')
      const outcome = (of: () => unknown) => {
        try {
          return of()
        } catch (error) {
          return (error as ApiError).code
        }
      }
      const fromUrl = outcome(() => outlineQuery(readQueryString(search, limits)))
      expect(
        outcome(() => read(body)),
        search,
      ).toEqual(fromUrl)
    }),
    { numRuns: 1000 },
  )
})

test('most of these descriptions are accepted, so that the comparison compares', () => {
  const accepted = fc.sample(description, 300).filter(body => {
    try {
      return read(body)
    } catch {
      return false
    }
  })
  expect(accepted.length).toBeGreaterThan(150)
})

test('throws nothing but an ApiError with a pointer for mutated bodies', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '{}',
    '[]',
    'null',
    '1',
    '"or"',
    '"include":',
    '\\',
    '\\ud800',
    '\0',
    '"__proto__":1,',
    '[{"a":1}]',
  )
  fc.assert(
    fc.property(
      description,
      fc.array(fc.tuple(fc.nat(), fc.nat(6), piece), { minLength: 1, maxLength: 3 }),
      (body, mutations) => {
        let mutated = JSON.stringify(body)
        for (const [at, length, put] of mutations) {
          const start = at % (mutated.length + 1)
          mutated = mutated.slice(0, start) + put + mutated.slice(start + length)
        }
        try {
          readText(mutated)
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError)
          expect((error as ApiError).source).toHaveProperty('pointer')
        }
      },
    ),
    { numRuns: 3000 },
  )
})

test('throws nothing but an ApiError for any JSON under the reserved names', () => {
  const base = fc.constantFrom(
    'fields',
    'include',
    'filter',
    'sort',
    'page',
    'limit',
    'aggregate',
    'group',
    'scope',
    'or',
    'not',
    'v',
    'max_affected',
    'a',
  )
  fc.assert(
    fc.property(fc.dictionary(base, fc.jsonValue({ maxDepth: 4 })), body => {
      try {
        readQueryBody(body, limits)
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError)
      }
    }),
    { numRuns: 3000 },
  )
})
