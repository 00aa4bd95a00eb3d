import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outlineQuery } from '../../test/support/outline-query.ts'
import { ApiError } from '../errors/api-error.ts'
import { defaultLimits as limits } from '../schema/limits.ts'
import { readQueryString } from './read-query-string.ts'

const read = (search: string) => outlineQuery(readQueryString(search, limits))
const refusal = (search: string): ApiError => {
  try {
    readQueryString(search, limits)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error(`${search} was accepted`)
}

describe('means', () => {
  test.each<[string, unknown]>([
    ['', {}],
    ['&&', {}],
    // fields
    ['fields=title,description', { fields: ['title,description'] }],
    ['fields[title]=true&fields[links]=true', { fields: [{ title: true }, { links: true }] }],
    ['fields[title]=F', { fields: [{ title: false }] }],
    ['fields[title]', { fields: [{ title: true }] }],
    ['fields=[title,links]', { fields: ['title,links'] }],
    ['fields=+[+title+,+links+]+', { fields: ['title,links'] }],
    ['fields[]=title&fields=links&fields[0]=state', { fields: ['title,links,state'] }],
    ['fields=title&fields=state', { fields: ['title,state'] }],
    ['fields[videos]=title,state', { fields: [{ videos: ['title', 'state'] }] }],
    ['fields[videos]=title&fields[videos][]=state', { fields: [{ videos: ['title', 'state'] }] }],
    ['fields[videos]=', { fields: [{ videos: [] }] }],
    ['fields[title]=yes', { fields: [{ title: ['yes'] }] }],
    ['fields[videos]=true', { fields: [{ videos: true }] }],
    ['include=videos&fields[videos]=title', { fields: [{ videos: ['title'] }], include: ['videos'] }],
    [
      'fields[title]&includes=[user]&fields[user][username]=true',
      { fields: [{ title: true }, { 'user][username': true }], include: ['user'] },
    ],
    ['fields=title,user.username', { fields: ['title,user.username'] }],
    ['fields[sales.orders]=id', { fields: [{ 'sales.orders': ['id'] }] }],
    // include
    ['include=user,comments.user', { include: ['user', 'comments.user'] }],
    ['include=', { include: [] }],
    ['include', { include: [] }],
    ['include=[]', { include: [] }],
    ['include[]=user&includes=comments', { include: ['user', 'comments'] }],
    ['include=user&include[user]=true&include[user]', { include: ['user'] }],
    ['include[user]=false', { include: ['!user'] }],
    [
      'include[comments][limit]=5&include[comments][sort]=-created_at',
      { include: [{ comments: { limit: 5, sort: ['-created_at'] } }] },
    ],
    [
      'include[comments][filter][text][contains]=x',
      { include: [{ comments: { filter: { text: { contains: 'x' } } } }] },
    ],
    [
      'include[comments.user][fields]=name&include[comments.user][fields][team][name]',
      { include: [{ 'comments.user': { fields: ['name', { 'team][name': true }] } }] },
    ],
    [
      'include[comments][include]=user&include[comments][include][video][limit]=1',
      { include: [{ comments: { include: [{ video: { limit: 1 } }, 'user'] } }] },
    ],
    // filters
    ['draft=true&published=true', { flat: { draft: 'true', published: 'true' } }],
    ['field[draft,published]=true', { filter: [{ 'draft,published': 'true' }] }],
    ['draft,published=true', { flat: { 'draft,published': 'true' } }],
    [
      'filter[draft]=true&field[draft]=true&draft=true',
      { filter: [{ draft: 'true' }, { draft: 'true' }], flat: { draft: 'true' } },
    ],
    ['user_id[]=1&user_id[]=3', { flat: { user_id: ['1', '3'] } }],
    ['user_id[1]=3&user_id[0]=1', { flat: { user_id: ['1', '3'] } }],
    ['user_id[0]=1&user_id[ne]=3', { flat: { user_id: { '=': ['1'], ne: '3' } } }],
    ['user_id=1,3', { flat: { user_id: '1,3' } }],
    ['filter[id][in]=1,3', { filter: [{ id: { in: '1,3' } }] }],
    ['filter[id][in]=[1,3]', { filter: [{ id: { in: '[1,3]' } }] }],
    ['filter[title][in][]=a,b&filter[title][in][]=c', { filter: [{ title: { in: ['a,b', 'c'] } }] }],
    ['filter[title]=a,b', { filter: [{ title: 'a,b' }] }],
    ['views_count[geq]=1000&views_count[le]=5000', { flat: { views_count: { geq: '1000', le: '5000' } } }],
    ['created_at[gt]=2016-01-24T00:00:00+02:00', { flat: { created_at: { gt: '2016-01-24T00:00:00 02:00' } } }],
    ['user_id=null', { flat: { user_id: 'null' } }],
    ['filter[user_id][null]=true', { filter: [{ user_id: { null: 'true' } }] }],
    ['title=&draft', { flat: { title: '', draft: true } }],
    ['filter[not][state]=draft', { filter: [{ not: { state: 'draft' } }] }],
    ['state[ne]=draft', { flat: { state: { ne: 'draft' } } }],
    [
      'filter[or][0][draft]=true&filter[or][1][published]=true',
      { filter: [{ or: { 0: { draft: 'true' }, 1: { published: 'true' } } }] },
    ],
    [
      'or[1][id]=5&or[0][draft]=true&or[0][user_id]=1',
      { flat: { or: { 0: { draft: 'true', user_id: '1' }, 1: { id: '5' } } } },
    ],
    [
      'filter[user][or][0][not][a]=1&filter[user][or][1][b][]=2',
      { filter: [{ user: { or: { 0: { not: { a: '1' } }, 1: { b: ['2'] } } } }] },
    ],
    ['comments[text][contains]=x', { flat: { comments: { text: { contains: 'x' } } } }],
    ['post[group_id]=1', { flat: { post: { group_id: '1' } } }],
    ['filter[comments][none][user_id]=20', { filter: [{ comments: { none: { user_id: '20' } } }] }],
    [
      'filter[user.country_code]=SE&user.name=x',
      { filter: [{ 'user.country_code': 'SE' }], flat: { 'user.name': 'x' } },
    ],
    ['user=3&user[country]=SE', { flat: { user: { '=': '3', country: 'SE' } } }],
    ['user[not][email][ends_with]=@x.org', { flat: { user: { not: { email: { ends_with: '@x.org' } } } } }],
    ['description[like][starts_with]=tennis', { flat: { description: { like: { starts_with: 'tennis' } } } }],
    ['filter[page]=3', { filter: [{ page: '3' }] }],
    ['title[like]=50%25&title[with_ilike]=true', { flat: { title: { like: '50%', with_ilike: 'true' } } }],
    ['title=a=b;c', { flat: { title: 'a=b;c' } }],
    ['title=%26%3D%2B+', { flat: { title: '&=+ ' } }],
    ['filter%5Btitle%5D=x', { filter: [{ title: 'x' }] }],
    [
      '__proto__=1&constructor[prototype]=2',
      {
        flat: Object.fromEntries([
          ['__proto__', '1'],
          ['constructor', { prototype: '2' }],
        ]),
      },
    ],
    ['filter[2023]=x', { filter: [{ 2023: 'x' }] }],
    // sort
    ['sort=-published_at,title', { sort: ['-published_at', 'title'] }],
    ['sort=user.username', { sort: ['user.username'] }],
    ['sort[username]=DESC&sort[id]=asc', { sort: ['-username', 'id'] }],
    ['sort[property]=id&sort[order]=desc', { sort: ['-id'] }],
    ['sort[order]=asc&sort[property]=user.id', { sort: ['user.id'] }],
    ['sort[1][property]=id&sort[0][property]=title&sort[0][order]=desc', { sort: ['-title', 'id'] }],
    ['sort[]=-a&sort[]=b', { sort: ['-a', 'b'] }],
    ['sort=-a&sort[a]=desc', { sort: ['-a'] }],
    // page
    ['per_page=5&page=3&offset=2', { page: { size: 5, number: 3, offset: 2 } }],
    ['page[number]=3&page[size]=5', { page: { number: 3, size: 5 } }],
    ['page[limit]=30', { page: { size: 30 } }],
    ['limit=30&per_page=30&page[size]=30', { page: { size: 30 } }],
    ['page[after]=C', { page: { after: 'C' } }],
    ['page[after]=C&page[before]=D', { page: { after: 'C', before: 'D' } }],
    ['page[total]=exact', { page: { total: 'exact' } }],
    ['per_page=1000', { page: { size: 1000 } }],
    // aggregate, group, scope
    [
      'state=published&aggregate[view_count][sum]=true&aggregate[view_count][avg]=true&per_page=1',
      { flat: { state: 'published' }, aggregate: [['view_count', 'sum', 'avg']], page: { size: 1 } },
    ],
    ['aggregate[views_count]=sum,avg&group=state', { aggregate: [['views_count', 'sum', 'avg']], group: ['state'] }],
    ['aggregate_by[x]=sum&aggregate[x]=sum&aggregate[x][avg]', { aggregate: [['x', 'sum', 'avg']] }],
    ['aggregate[x][sum]=false', {}],
    ['group=state,user.id', { group: ['state', 'user.id'] }],
    ['group[1]=b&group[0]=a', { group: ['a', 'b'] }],
    ['scope=published', { scopes: [['published', true]] }],
    ['scopes[published]=true&scope=published', { scopes: [['published', true]] }],
    ['scope[published]=0', { scopes: [['published', false]] }],
    ['scope[created_between]=1988,2018', { scopes: [['created_between', ['1988', '2018']]] }],
    ['scope_by[created_between][]=a,b&scope_by[created_between][]=c', { scopes: [['created_between', ['a,b', 'c']]] }],
    [
      'filter[draft]=true&group_by=state&aggregate_by[views_count]=sum',
      { filter: [{ draft: 'true' }], group: ['state'], aggregate: [['views_count', 'sum']] },
    ],
    ['max_affected=10&v=2', { maxAffected: 10, v: '2' }],
  ])('?%s', (search, expected) => {
    expect(read(search)).toEqual(expected)
  })
})

describe('refuses', () => {
  test.each<[string, string, string]>([
    ['id[]=1&id[0]=3', 'bad_list', 'id[]'],
    ['id[]=1&id=3', 'bad_list', 'id[]'],
    ['id[0]=1&id[2]=3', 'bad_list', 'id[0]'],
    ['id[00]=1', 'bad_list', 'id[00]'],
    ['id[0][draft]=1', 'bad_list', 'id[0][draft]'],
    ['filter[or][][draft]=true', 'bad_list', 'filter[or][][draft]'],
    ['filter[or][draft]=true', 'bad_list', 'filter[or][draft]'],
    ['filter[or][0]=x', 'bad_list', 'filter[or][0]'],
    ['filter[or][1][draft]=true', 'bad_list', 'filter[or][1][draft]'],
    ['or=1', 'bad_list', 'or'],
    ['and[]=1', 'bad_list', 'and[]'],
    ['filter[not]=x', 'invalid_value', 'filter[not]'],
    ['filter[or.0.draft]=true', 'bad_parameter_name', 'filter[or.0.draft]'],
    ['filter[user.not.email]=x', 'bad_parameter_name', 'filter[user.not.email]'],
    ['filter[a,or]=x', 'bad_parameter_name', 'filter[a,or]'],
    ['filter=x', 'invalid_value', 'filter'],
    ['filter[]=x', 'bad_list', 'filter[]'],
    ['user_id=1&user_id=3', 'repeated_parameter', 'user_id'],
    ['user_id[0]=1&user_id[0]=3', 'repeated_parameter', 'user_id[0]'],
    ['page.size=5', 'unknown_parameter', 'page.size'],
    ['draft,page=5', 'unknown_parameter', 'draft,page'],
    ['fields=', 'invalid_value', 'fields'],
    ['fields=a,,b', 'bad_list', 'fields'],
    ['fields=a,', 'bad_list', 'fields'],
    ['fields=[a', 'bad_list', 'fields'],
    ['fields[]=', 'bad_list', 'fields[]'],
    ['fields[user][username]=yes', 'invalid_value', 'fields[user][username]'],
    ['fields[title]=true&fields[title]=false', 'said_twice', 'fields[title]'],
    ['fields=a..b', 'invalid_value', 'fields'],
    ['fields=a.b.c.d.e.f', 'limit_exceeded', 'fields'],
    ['include[comments]=yes', 'invalid_value', 'include[comments]'],
    ['include[comments][user]=true', 'unknown_parameter', 'include[comments][user]'],
    ['include[comments][limit]=0', 'invalid_value', 'include[comments][limit]'],
    ['include[comments][limit]=5&include[comments][limit]=5', 'repeated_parameter', 'include[comments][limit]'],
    ['include=user&include[user]=false', 'said_twice', 'include'],
    ['include=&include=user', 'said_twice', 'include'],
    ['include=a.b.c.d.e', 'limit_exceeded', 'include'],
    ['include[a.b][include][c.d][include]=e', 'limit_exceeded', 'include[a.b][include][c.d][include]'],
    ['sort=', 'invalid_value', 'sort'],
    ['sort[a]=up', 'invalid_value', 'sort[a]'],
    ['sort[a]', 'invalid_value', 'sort[a]'],
    ['sort[order]=desc', 'invalid_value', 'sort[order]'],
    ['sort=a&sort[]=b', 'bad_list', 'sort[]'],
    ['sort=a&sort=b', 'repeated_parameter', 'sort'],
    ['sort=a&sort[b]=asc', 'said_twice', 'sort[b]'],
    ['sort[a][b]=desc', 'unknown_parameter', 'sort[a][b]'],
    ['sort=a,b,c,d,e,f,g,h,i', 'limit_exceeded', 'sort'],
    ['per_page=5&page[size]=6', 'said_twice', 'page[size]'],
    ['per_page=5&per_page=5', 'repeated_parameter', 'per_page'],
    ['per_page=0', 'invalid_value', 'per_page'],
    ['page=0', 'invalid_value', 'page'],
    ['page=', 'invalid_value', 'page'],
    ['page=1.5', 'invalid_value', 'page'],
    ['page=-1', 'invalid_value', 'page'],
    ['page=99999999999999999999', 'invalid_value', 'page'],
    ['offset=100001', 'limit_exceeded', 'offset'],
    ['page[foo]=1', 'unknown_parameter', 'page[foo]'],
    ['page[per_page]=1', 'unknown_parameter', 'page[per_page]'],
    ['offset[x]=1', 'unknown_parameter', 'offset[x]'],
    ['page[after]=', 'invalid_value', 'page[after]'],
    ['page[total]=maybe', 'invalid_value', 'page[total]'],
    ['page[after]=C&page=2', 'page_kind_mixed', 'page'],
    ['page[before]=C&offset=0', 'page_kind_mixed', 'offset'],
    ['aggregate=sum', 'unknown_parameter', 'aggregate'],
    ['aggregate[x]=', 'invalid_value', 'aggregate[x]'],
    ['aggregate[x][sum]=yes', 'invalid_value', 'aggregate[x][sum]'],
    ['aggregate[x]=sum&aggregate_by[x]=avg', 'said_twice', 'aggregate_by[x]'],
    ['aggregate[x]=sum&aggregate[x][sum]=false', 'said_twice', 'aggregate[x][sum]'],
    ['aggregate[view_count&[avg]=true', 'bad_parameter_name', 'aggregate[view_count'],
    ['group=a&group_by=b', 'said_twice', 'group_by'],
    ['group=a&group=a', 'repeated_parameter', 'group'],
    ['scope[x]=a&scopes[x]=b', 'said_twice', 'scopes[x]'],
    ['scope=x&scope[x]=false', 'said_twice', 'scope[x]'],
    ['scope=', 'invalid_value', 'scope'],
    ['scope[x]=', 'invalid_value', 'scope[x]'],
    ['max_affected[x]=1', 'unknown_parameter', 'max_affected[x]'],
    ['title=%ff', 'bad_encoding', 'title'],
    ['%ff=1', 'bad_encoding', '%ff'],
    ['title=a%00', 'bad_encoding', 'title'],
    ['title=%4', 'bad_encoding', 'title'],
    ['title=é', 'bad_encoding', 'title'],
    ['=x', 'bad_parameter_name', ''],
    ['[a]=x', 'bad_parameter_name', '[a]'],
  ])('?%s with %s at %s', (search, code, parameter) => {
    const error = refusal(search)
    expect({ code: error.code, source: error.source }).toEqual({ code, source: { parameter } })
    expect(error.status).toBe(400)
    expect(error.message.length).toBeGreaterThan(20)
  })

  test('what exceeds a limit, and says which one and how much is allowed', () => {
    const conditions = (n: number) => Array.from({ length: n }, (_, index) => `f${index}=1`).join('&')
    const list = (n: number) => Array.from({ length: n }, () => 'id[]=1').join('&')
    const indexed = (n: number) => Array.from({ length: n }, (_, index) => `id[${index}]=1`).join('&')
    for (const within of [conditions(100), list(1000), indexed(1000), `fields=${'a,'.repeat(999)}a`])
      expect(() => readQueryString(within, limits)).not.toThrow()
    expect(refusal(conditions(101)).meta).toEqual({ limit: 'filterNodes', max: 100 })
    expect(
      refusal(`${conditions(60)}&${conditions(60).replaceAll('f', 'include[x][filter][f').replaceAll('=', ']=')}`).meta,
    ).toEqual({ limit: 'filterNodes', max: 100 })
    expect(refusal(list(1001)).meta).toEqual({ limit: 'listItems', max: 1000 })
    expect(refusal(indexed(1001)).meta).toEqual({ limit: 'listItems', max: 1000 })
    expect(refusal(`fields=${'a,'.repeat(1000)}a`).meta).toEqual({ limit: 'listItems', max: 1000 })
    expect(refusal(`a${'[b]'.repeat(11)}=1`).meta).toEqual({ limit: 'keyDepth', max: 10 })
    expect(refusal('include=a.b.c.d.e').meta).toEqual({ limit: 'includeDepth', max: 4 })
    expect(refusal('sort=a,b,c,d,e,f,g,h,i').meta).toEqual({ limit: 'sortKeys', max: 8 })
    expect(refusal('offset=100001').meta).toEqual({ limit: 'offset', max: 100_000 })
  })
})

test('keeps what a flag may also mean as a list', () => {
  expect(readQueryString('fields[videos]=t', limits).fields[0]).toMatchObject({ value: true, asList: ['t'] })
  expect(readQueryString('scope[since]=1', limits).scopes[0]).toMatchObject({ args: true, asList: ['1'] })
})

test('names the parameter as it was written, decoded, and every base name', () => {
  const query = readQueryString('filter%5Buser.id%5D=1&per_page=5&includes=x', limits)
  expect([...(query.filters[0]?.tree.children.values() ?? [])][0]?.leaves[0]?.source).toEqual({
    parameter: 'filter[user.id]',
  })
  expect(query.page.sources.size).toEqual({ parameter: 'per_page' })
  expect([...(query.baseNames ?? [])]).toEqual(['filter', 'per_page', 'includes'])
})

const word = fc.constantFrom(
  'fields',
  'include',
  'filter',
  'field',
  'sort',
  'page',
  'limit',
  'aggregate',
  'group_by',
  'scope',
  'or',
  'and',
  'not',
  'a',
  'b',
  'a.b',
  'a,b',
  '0',
  '1',
  '00',
  '',
  'property',
  'order',
  'size',
  'after',
  '%5B',
  '%',
  '%ff',
  '__proto__',
  'v',
)
const key = fc
  .tuple(word, fc.array(word, { maxLength: 4 }))
  .map(([base, segments]) => base + segments.map(segment => `[${segment}]`).join(''))
const value = fc.constantFrom('', '=', '=1', '=a,b', '=[a]', '=true', '=false', '=desc', '=x%00', '=%20', '=-a')

test('throws nothing but an ApiError of status 400 with a parameter, whatever stands in the query', () => {
  const search = fc.oneof(
    fc.array(fc.tuple(key, value).map(pair => pair.join(''))).map(pairs => pairs.join('&')),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('a', '[', ']', '=', '&', '.', ',', '0', '%41') }),
  )
  fc.assert(
    fc.property(search, text => {
      try {
        readQueryString(text, limits)
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError)
        expect((error as ApiError).status).toBe(400)
        expect((error as ApiError).source).toHaveProperty('parameter')
      }
    }),
    { numRuns: 5000 },
  )
})

test('the order of conditions does not matter', () => {
  const pairs = [
    'a=1',
    'a[b]=2',
    'filter[or][0][x]=1',
    'filter[or][1][y]=2',
    'filter[or][1][z][]=3',
    'id[0]=5',
    'id[1]=6',
    'user[name][in]=a',
    'page[size]=3',
    'include[c][limit]=4',
    'include[c][filter][d]=1',
  ]
  const expected = read(pairs.join('&'))
  fc.assert(
    fc.property(fc.shuffledSubarray(pairs, { minLength: pairs.length }), shuffled => {
      expect(read(shuffled.join('&'))).toEqual(expected)
    }),
  )
})

test('reads a hostile query of 16 kB in little time', () => {
  for (const part of ['&', 'a', 'a&', 'a=', '[', '[a]', 'a[b', '.', ',', '%41', '+', 'a[]=1&', 'a.b', '=']) {
    const search = part.repeat(16_384 / part.length)
    const started = performance.now()
    for (const text of [search, `fields=${search}`, `include=x,${search}y`, `a[${search}]=1`, `sort[${search}]=asc`]) {
      try {
        readQueryString(text, limits)
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError)
      }
    }
    // A few milliseconds on an idle machine; anything quadratic takes seconds.
    expect(performance.now() - started).toBeLessThan(500)
  }
})
