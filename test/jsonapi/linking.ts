// Statements on changing relationships at paths of their own.
import assert from 'node:assert/strict'
import {
  expectStatus,
  identifier,
  type Json,
  makeVideo,
  many,
  one,
  read,
  type Site,
  type Statement,
} from './statement.ts'

interface Linked {
  readonly toOne: string
  readonly toMany: string
  readonly tags: () => Promise<readonly number[]>
}

/** A new video with the tags 1 and 2. */
async function linked(site: Site): Promise<Linked> {
  const { id } = await makeVideo(site, { relationships: { tags: many('tags', 1, 2) } })
  const toMany = `/videos/${id}/relationships/tags`
  const tags = async () => {
    const { data } = await read(site, `${toMany}?sort=id`, 'admin')
    return data.map((one: Json) => Number(one.id))
  }
  return { toOne: `/videos/${id}/relationships/music-track`, toMany, tags }
}

const send = (site: Site, method: string, path: string, body: unknown) => site.send(method, path, body, 'admin')

async function adds(site: Site, ...ids: readonly number[]): Promise<readonly number[]> {
  const { toMany, tags } = await linked(site)
  expectStatus(await send(site, 'POST', toMany, many('tags', ...ids)), 204)
  return tags()
}

async function removes(site: Site, ...ids: readonly number[]): Promise<readonly number[]> {
  const { toMany, tags } = await linked(site)
  expectStatus(await send(site, 'DELETE', toMany, many('tags', ...ids)), 204)
  return tags()
}

/** Every way of changing one answers 204 without a body. */
async function answersNothing(site: Site): Promise<void> {
  const { toOne, toMany } = await linked(site)
  for (const [method, path, body] of [
    ['PATCH', toOne, one('music_tracks', 1)],
    ['PATCH', toMany, many('tags', 3)],
    ['POST', toMany, many('tags', 4)],
    ['DELETE', toMany, many('tags', 3)],
  ] as const) {
    const { status, text } = await send(site, method, path, body)
    assert.deepEqual([status, text], [204, ''], `${method} ${path}`)
  }
}

export const linking: readonly Statement[] = [
  {
    id: 'respond-patch-to-one-relationship-link',
    says: 'PATCH changes what a relationship to one leads to',
    met: async site => {
      const { toOne } = await linked(site)
      expectStatus(await send(site, 'PATCH', toOne, one('music_tracks', 4)), 204)
      assert.deepEqual((await read(site, toOne, 'admin')).data, identifier('music_tracks', 4))
    },
  },
  {
    id: 'patch-to-one-data-member',
    says: 'data is an identifier, or null',
    met: async site => {
      const { toOne } = await linked(site)
      for (const body of [{}, { data: [] }, { data: 'x' }, { data: { type: 'music_tracks' } }])
        expectStatus(await site.sendOdd('PATCH', toOne, body, 'admin'), 400)
      expectStatus(await send(site, 'PATCH', toOne, { data: null }), 204)
      assert.equal((await read(site, toOne, 'admin')).data, null)
    },
  },
  {
    id: 'patch-to-one-response',
    says: 'a change is 204',
    met: async site => expectStatus(await send(site, 'PATCH', (await linked(site)).toOne, one('music_tracks', 1)), 204),
  },
  {
    id: 'respond-patch-post-delete-to-many-relationship-link',
    says: 'PATCH replaces a set, POST adds to it, DELETE takes from it',
    met: async site => {
      const { toMany, tags } = await linked(site)
      expectStatus(await send(site, 'PATCH', toMany, many('tags', 3)), 204)
      expectStatus(await send(site, 'POST', toMany, many('tags', 4, 5)), 204)
      expectStatus(await send(site, 'DELETE', toMany, many('tags', 4)), 204)
      assert.deepEqual(await tags(), [3, 5])
    },
  },
  {
    id: 'patch-post-delete-to-many-data-member',
    says: 'data is an array of identifiers',
    met: async site => {
      const { toMany, tags } = await linked(site)
      for (const method of ['PATCH', 'POST', 'DELETE'])
        for (const body of [{}, { data: null }, one('tags', 1), { data: ['x'] }])
          expectStatus(await site.sendOdd(method, toMany, body, 'admin'), 400)
      for (const method of ['POST', 'DELETE']) expectStatus(await send(site, method, toMany, { data: [] }), 204)
      assert.deepEqual(await tags(), [1, 2])
    },
  },
  {
    id: 'patch-to-many-complete-replace',
    says: 'PATCH replaces every member that the caller sees, or fails',
    met: async site => {
      const { toMany, tags } = await linked(site)
      expectStatus(await send(site, 'PATCH', toMany, many('tags', 2, 6)), 204)
      assert.deepEqual(await tags(), [2, 6])
      expectStatus(await send(site, 'PATCH', toMany, many('tags', 7, 999_999)), 404)
      assert.deepEqual(await tags(), [2, 6])
    },
  },
  {
    id: 'post-to-many-add',
    says: 'POST adds what is not there yet',
    met: async site => assert.deepEqual(await adds(site, 3, 4), [1, 2, 3, 4]),
  },
  {
    id: 'post-to-many-add-again',
    says: 'and nothing twice',
    sentences: 2,
    met: async site => assert.deepEqual(await adds(site, 1, 2, 3, 3), [1, 2, 3]),
  },
  {
    id: 'post-to-many-response',
    says: 'which is a success where all of it was there already',
    met: async site => assert.deepEqual(await adds(site, 1, 2), [1, 2]),
  },
  {
    id: 'delete-to-many',
    says: 'DELETE removes the members that are named',
    sentences: 2,
    met: async site => assert.deepEqual(await removes(site, 1), [2]),
  },
  {
    id: 'delete-to-many-success',
    says: 'which is a success where some were not there',
    met: async site => assert.deepEqual(await removes(site, 1, 9, 999_999), [2]),
  },
  {
    id: 'updating-relationship-202-status',
    says: 'what is to be done later is 202: nothing is, links are there when the answer comes',
    met: async site => assert.deepEqual(await adds(site, 8), [1, 2, 8]),
  },
  { id: 'updating-relationship-204-status', says: 'a change is 204', met: answersNothing },
  {
    id: 'updating-relationship-200-status',
    says: 'one that changes more would be 200: none does, what is read afterwards is what was sent',
    met: async site => {
      const { toMany, tags } = await linked(site)
      expectStatus(await send(site, 'PATCH', toMany, many('tags', 5, 6)), 204)
      assert.deepEqual(await tags(), [5, 6])
    },
  },
  {
    id: 'updating-relationship-200-response',
    says: 'with the relationship: there is no such answer',
    met: answersNothing,
  },
  { id: 'updating-relationship-200-meta', says: 'meta alone would be 200: there is none', met: answersNothing },
  {
    id: 'updating-relationship-200-meta-content',
    says: 'and then without the relationship: there is no such answer',
    met: answersNothing,
  },
  {
    id: 'updating-relationship-403-status',
    says: 'a change that the role may not make is 403',
    met: async site => {
      for (const [method, name, body] of [
        ['PATCH', 'music-track', { data: null }],
        ['PATCH', 'tags', many('tags')],
        ['POST', 'tags', many('tags', 9)],
      ] as const)
        expectStatus(await site.send(method, `/videos/1/relationships/${name}`, body, 'regular'), 403)
    },
  },
  {
    id: 'updating-relationship-other-status',
    says: 'other codes are answered where they say more: 404, 409',
    met: async site => {
      const { toOne, toMany } = await linked(site)
      expectStatus(await send(site, 'PATCH', toOne, one('music_tracks', 999_999)), 404)
      expectStatus(await send(site, 'POST', toMany, many('users', 1)), 409)
      expectStatus(await send(site, 'POST', '/videos/0/relationships/tags', many('tags', 1)), 404)
    },
  },
  {
    id: 'updating-relationship-other-details',
    says: 'with the place in the document',
    met: async site => {
      const { toMany } = await linked(site)
      const { errors } = (await send(site, 'POST', toMany, many('tags', 1, 999_999))).json
      assert.equal(errors[0].source.pointer, '/data/1')
    },
  },
  {
    id: 'update-relationship-http-semantics',
    says: 'HTTP means what it always does: what a relationship does not take is 405',
    met: async site => {
      const { toOne } = await linked(site)
      const refused = await send(site, 'POST', toOne, { data: null })
      expectStatus(refused, 405)
      assert.match(refused.headers.get('allow') ?? '', /PATCH/)
    },
  },
]
