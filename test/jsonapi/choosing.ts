// Statements on what a client may choose: includes, fields, order, pages and filters.
import assert from 'node:assert/strict'
import { expectStatus, type Json, read, type Site, type Statement } from './statement.ts'

const relative = (link: string) => link.replace('/api', '')
const ids = ({ data }: Json) => data.map(({ id }: Json) => Number(id))
const types = ({ included = [] }: Json) => new Set(included.map(({ type }: Json) => type))

async function refuses(site: Site, path: string): Promise<void> {
  const reply = await site.get(path)
  expectStatus(reply, 400)
  assert.ok(reply.json.errors[0].source.parameter, path)
}

async function views(site: Site, sort: string): Promise<readonly Json[]> {
  const { data } = await read(
    site,
    `/videos?sort=${sort}&fields[videos]=title,state,views_count&page[size]=50`,
    'admin',
  )
  return data.map(({ id, attributes }: Json) => ({ id: Number(id), ...attributes }))
}

const isSorted = (values: readonly number[]) =>
  values.every((value, i) => i === 0 || value >= (values[i - 1] as number))

export const choosing: readonly Statement[] = [
  {
    id: 'inclusion-default',
    says: 'records may come along unasked; here none do',
    met: async site => assert.equal('included' in (await read(site, '/videos/1')), false),
  },
  {
    id: 'inclusion-include-parameter',
    says: 'include says which',
    met: async site => assert.deepEqual(types(await read(site, '/videos/1?include=user')), new Set(['users'])),
  },
  {
    id: 'inclusion-unrequested',
    says: 'and none but those',
    met: async site => {
      assert.deepEqual(types(await read(site, '/videos/1?include=comments')), new Set(['comments']))
      assert.equal((await read(site, '/videos/1?include=')).included, undefined)
    },
  },
  {
    id: 'inclusion-include-parameter-value',
    says: 'paths with dots, joined by commas',
    met: async site => {
      const json = await read(site, '/videos/1?include=comments.user,music_track')
      assert.deepEqual(types(json), new Set(['comments', 'users', 'music_tracks']))
    },
  },
  {
    id: 'inclusion-bad-request',
    says: 'a path that is none, or not this caller’s, is 400',
    met: async site => {
      for (const path of ['nothing', 'user.nothing', 'title', 'likes']) await refuses(site, `/videos?include=${path}`)
    },
  },
  {
    id: 'sparse-fieldsets-parameter',
    says: 'fields[TYPE] says which fields records of a type have',
    met: async site => {
      const json = await read(site, '/videos/1?include=user&fields[videos]=title,user&fields[users]=username')
      assert.deepEqual([Object.keys(json.data.attributes), Object.keys(json.data.relationships)], [['title'], ['user']])
      assert.deepEqual(Object.keys(json.included[0].attributes), ['username'])
    },
  },
  {
    id: 'sparse-fieldsets-parameter-value',
    says: 'names joined by commas; none for no field',
    met: async site => {
      const { data } = await read(site, '/videos/1?fields[videos]=title,state')
      assert.deepEqual(Object.keys(data.attributes), ['title', 'state'])
      assert.deepEqual((await read(site, '/videos/1?fields[videos]=')).data.attributes, {})
      for (const query of ['fields[videos]=nothing', 'fields[nothing]=title', 'fields=title'])
        await refuses(site, `/videos?${query}`)
    },
  },
  {
    id: 'sparse-fieldsets-additional-fields',
    says: 'and no field beside those',
    met: async site => {
      const { data } = await read(site, '/videos?fields[videos]=title&page[size]=5', 'admin')
      for (const one of data) assert.deepEqual(Object.keys(one), ['type', 'id', 'attributes'])
      for (const one of data) assert.deepEqual(Object.keys(one.attributes), ['title'])
    },
  },
  {
    id: 'sorting-option',
    says: 'lists can be sorted',
    met: async site => assert.ok(isSorted((await views(site, 'views_count')).map(one => one.views_count))),
  },
  {
    id: 'sorting-parameter',
    says: 'by the parameter sort',
    met: async site => assert.notDeepEqual(await views(site, 'title'), await views(site, 'views_count')),
  },
  {
    id: 'sorting-parameter-value',
    says: 'which names fields, also those of a record that a row belongs to',
    met: async site => {
      const json = await read(site, '/videos?sort=user.id&page[size]=20&filter[user][id][gt]=0')
      assert.ok(isSorted(json.data.map((one: Json) => Number(one.relationships.user.data.id))))
    },
  },
  {
    id: 'sorting-multiple-fields',
    says: 'several, joined by commas',
    met: async site => expectStatus(await site.get('/videos?sort=state,-views_count,title'), 200),
  },
  {
    id: 'sorting-multiple-fields-order',
    says: 'the first counts most',
    met: async site => {
      const order = await read(site, '/videos?sort=comments_count,-views_count&page[size]=100')
      const keys = order.data.map(({ attributes }: Json) => attributes.comments_count * 1e9 - attributes.views_count)
      assert.ok(isSorted(keys))
    },
  },
  {
    id: 'sorting-order',
    says: 'upwards, downwards after a minus',
    met: async site => {
      assert.ok(isSorted((await views(site, 'views_count')).map(one => one.views_count)))
      assert.ok(isSorted((await views(site, '-views_count')).map(one => -one.views_count)))
    },
  },
  {
    id: 'sorting-not-supported',
    says: 'an order that is not to be had is 400',
    met: async site => {
      for (const sort of ['nothing', 'comments.text', 'file', 'title;state'])
        await refuses(site, `/videos?sort=${sort}`)
    },
  },
  {
    id: 'sorting-specified-order',
    says: 'data stands in that order, where its records are included elsewhere too',
    met: async site => {
      const path = '/comments?sort=-id&page[size]=40'
      assert.deepEqual(ids(await read(site, `${path}&include=comment`)), ids(await read(site, path)))
      assert.ok(isSorted(ids(await read(site, path)).map((id: number) => -id)))
    },
  },
  {
    id: 'sorting-default',
    says: 'unasked a resource has an order of its own',
    met: async site => {
      const { data } = await read(site, '/users?page[size]=50')
      const names = data.map(({ attributes }: Json) => attributes.username)
      assert.deepEqual(names, [...names].sort())
    },
  },
  {
    id: 'pagination',
    says: 'lists come in pages',
    met: async site => assert.equal((await read(site, '/videos')).data.length, 25),
  },
  {
    id: 'pagination-links',
    says: 'with links to the others',
    met: async site => {
      const { links } = await read(site, '/videos?page[size]=2')
      assert.ok(links.first && links.next)
    },
  },
  {
    id: 'pagination-links-object',
    says: 'in the links of the list; those of a cut relationship in its own',
    met: async site => {
      const json = await read(site, '/videos?page[size]=1&include=comments&include[comments][limit]=1')
      assert.ok(json.links.next)
      assert.ok(json.data[0].relationships.comments.links.next)
    },
  },
  {
    id: 'pagination-keys',
    says: 'first, last, prev and next',
    met: async site => {
      const { links } = await read(site, '/videos?page[number]=2&page[size]=10&page[total]=exact')
      assert.deepEqual(Object.keys(links).sort(), ['first', 'last', 'next', 'prev', 'self'])
      assert.ok(Object.values(links).every(link => typeof link === 'string'))
    },
  },
  {
    id: 'pagination-unavailable-link',
    says: 'null, or not there, where there is none',
    met: async site => {
      const { links } = await read(site, '/videos?filter[id]=1')
      assert.deepEqual([links.prev, links.next, links.last], [null, null, undefined])
    },
  },
  {
    id: 'pagination-order',
    says: 'next and prev follow the order of the list, and first and last are its ends',
    met: async site => {
      const whole = ids(await read(site, '/videos?sort=-views_count&page[size]=9'))
      const first = await read(site, '/videos?sort=-views_count&page[size]=3')
      const second = await read(site, relative(first.links.next))
      const third = await read(site, relative(second.links.next))
      assert.deepEqual([...ids(first), ...ids(second), ...ids(third)], whole)
      assert.deepEqual(ids(await read(site, relative(third.links.prev))), ids(second))
      assert.deepEqual(ids(await read(site, relative(third.links.first))), ids(first))
      const numbered = await read(site, '/videos?sort=id&page[number]=1&page[size]=100&page[total]=exact')
      const last = await read(site, relative(numbered.links.last))
      assert.equal(last.links.next, null)
      assert.ok(last.data.length > 0)
    },
  },
  {
    id: 'pagination-page-parameter',
    says: 'pages are asked for by page',
    met: async site => {
      assert.equal((await read(site, '/videos?page[size]=3')).data.length, 3)
      for (const query of ['per_page=3', 'limit=3', 'offset=3']) await refuses(site, `/videos?${query}`)
    },
  },
  {
    id: 'filtering',
    says: 'filters are asked for by filter',
    met: async site => {
      const { data } = await read(site, '/videos?filter[user][id]=18&filter[views_count][gte]=1', 'admin')
      assert.ok(data.length > 0)
      for (const one of data) assert.equal(one.relationships.user.data.id, '18')
      await refuses(site, '/videos?state=draft')
    },
  },
]
