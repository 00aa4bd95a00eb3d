// Statements on fetching records and relationships.
import assert from 'node:assert/strict'
import {
  allObjects,
  expectStatus,
  identifier,
  type Json,
  read,
  type Site,
  type Statement,
  samples,
} from './statement.ts'

const relative = (link: string) => link.replace('/api', '')

async function relationshipLinks(site: Site): Promise<readonly string[]> {
  const found = (await allObjects(site)).flatMap(({ relationships = {} }) =>
    Object.values<Json>(relationships).map(({ links }) => links?.self),
  )
  return [...new Set<string>(found.filter(link => link !== undefined))]
}

/** HEAD is GET without a body, a tag that is known is 304, a method that is none here is 405 with those that are. */
async function keepsHttp(site: Site, path: string, other: string): Promise<void> {
  const got = await site.get(path)
  const head = await site.send('HEAD', path, undefined)
  assert.deepEqual([head.status, head.text, head.headers.get('etag')], [200, '', got.headers.get('etag')])
  const known = await site.get(path, 'guest', { 'if-none-match': got.headers.get('etag') ?? '' })
  assert.deepEqual([known.status, known.text], [304, ''])
  assert.match(got.headers.get('vary') ?? '', /Accept/)
  const refused = await site.send(other, path, undefined, 'admin')
  assert.equal(refused.status, 405)
  assert.match(refused.headers.get('allow') ?? '', /GET/)
}

export const fetching: readonly Statement[] = [
  {
    id: 'fetch-url-support',
    says: 'every link self and related can be fetched',
    met: async site => {
      for (const { json, as } of await samples(site)) {
        expectStatus(await site.get(relative(json.links.self), as), 200)
        if (json.links.related) expectStatus(await site.get(relative(json.links.related), as), 200)
      }
      const links = (await allObjects(site)).flatMap(({ links, relationships = {} }) => [
        ...(links ? [links.self] : []),
        ...Object.values<Json>(relationships).flatMap(one => one.links?.related ?? []),
      ])
      for (const link of new Set<string>(links)) expectStatus(await site.get(relative(link), 'admin'), 200)
    },
  },
  {
    id: 'fetch-response-code',
    says: 'a record or a list that is there is 200',
    met: async site => {
      for (const path of ['/videos', '/videos/1', '/videos?filter[id]=0']) expectStatus(await site.get(path), 200)
    },
  },
  {
    id: 'fetch-primary-data-collection',
    says: 'a list is an array of records, or an empty one',
    met: async site => {
      const { data } = await read(site, '/videos')
      assert.ok(Array.isArray(data) && data.every(({ attributes }: Json) => attributes))
      assert.deepEqual((await read(site, '/videos?filter[id]=0')).data, [])
    },
  },
  {
    id: 'fetch-primary-data-single',
    says: 'one record is an object, and null where a relationship leads to none',
    met: async site => {
      assert.equal((await read(site, '/videos/1')).data.id, '1')
      assert.equal((await read(site, '/videos/1/user')).data.type, 'users')
      assert.equal((await read(site, '/videos/2/music-track')).data, null)
    },
  },
  {
    id: 'fetch-responses-404',
    says: 'a record that is not there, or not to be seen, is 404',
    met: async site => {
      for (const path of ['/videos/0', '/videos/99999999999', '/videos/0/user', '/nothing'])
        expectStatus(await site.get(path), 404)
    },
  },
  {
    id: 'fetch-responses-other-status-codes',
    says: 'other codes are answered where they say more',
    met: async site => {
      expectStatus(await site.get('/likes'), 401)
      expectStatus(await site.get('/accounts', 'regular'), 200)
      expectStatus(await site.get('/videos/1', 'guest', { accept: 'text/html' }), 406)
    },
  },
  {
    id: 'fetch-responses-error-details',
    says: 'errors say what was wrong and where',
    met: async site => {
      const [error] = (await site.get('/videos?sort=nothing')).json.errors
      assert.equal(error.source.parameter, 'sort')
      assert.ok(error.detail.length > 10)
    },
  },
  {
    id: 'fetch-responses-http-semantics',
    says: 'HTTP means what it always does: HEAD, ETag, Vary, 405',
    met: site => keepsHttp(site, '/videos/1', 'POST'),
  },
  {
    id: 'fetch-relationships',
    says: 'the link self of every relationship can be fetched',
    met: async site => {
      const links = await relationshipLinks(site)
      assert.ok(links.length > 20)
      for (const link of links) expectStatus(await site.get(relative(link), 'admin'), 200)
    },
  },
  {
    id: 'fetch-relationships-response-200',
    says: 'a relationship that is there is 200',
    met: async site => {
      for (const name of ['user', 'comments', 'tags', 'music-track'])
        expectStatus(await site.get(`/videos/1/relationships/${name}`), 200)
    },
  },
  {
    id: 'fetch-relationships-response-200-primary-data',
    says: 'it answers linkage: one identifier, null, or an array',
    met: async site => {
      assert.deepEqual((await read(site, '/videos/1/relationships/user')).data, identifier('users', 1))
      assert.equal((await read(site, '/videos/2/relationships/music-track')).data, null)
      const { data } = await read(site, '/videos/1/relationships/comments')
      assert.ok(data.length > 1 && data.every((one: Json) => Object.keys(one).join() === 'type,id'))
    },
  },
  {
    id: 'fetch-relationships-response-200-self-related',
    says: 'with links to itself and to the records',
    met: async site => {
      const { links } = await read(site, '/videos/1/relationships/comments?page[size]=1')
      assert.equal(links.related, '/api/videos/1/comments')
      assert.equal(links.self, '/api/videos/1/relationships/comments?page%5Bsize%5D=1')
    },
  },
  {
    id: 'fetch-relationships-response-404',
    says: 'of a record or by a name that is not there it is 404',
    met: async site => {
      for (const path of ['/videos/0/relationships/user', '/videos/1/relationships/nothing'])
        expectStatus(await site.get(path), 404)
    },
  },
  {
    id: 'fetch-relationships-response-exists-empty',
    says: 'one that is empty is 200',
    met: async site => {
      assert.equal((await read(site, '/videos/2/relationships/music-track')).data, null)
      assert.deepEqual((await read(site, '/videos/1/relationships/comments?filter[id]=0')).data, [])
    },
  },
  {
    id: 'fetch-relationships-other-status-codes',
    says: 'other codes are answered where they say more',
    met: async site => {
      expectStatus(await site.get('/videos/1/relationships/user', 'guest', { accept: 'application/json' }), 406)
    },
  },
  {
    id: 'fetch-relationships-other-error-details',
    says: 'errors say what was wrong and where',
    met: async site => {
      const [error] = (await site.get('/videos/1/relationships/comments?page[size]=0')).json.errors
      assert.equal(error.source.parameter, 'page[size]')
    },
  },
  {
    id: 'fetch-relationships-http-semantics',
    says: 'HTTP means what it always does: HEAD, ETag, Vary, 405',
    met: site => keepsHttp(site, '/videos/1/relationships/user', 'PUT'),
  },
]
