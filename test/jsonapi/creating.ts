// Statements on making records, and on writes of every kind.
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

const video = (more: Json = {}) => ({
  data: {
    type: 'videos',
    ...more,
    attributes: { title: 'New', file: 'new.mp4', state: 'published', ...more.attributes },
  },
})
const byAdmin = { user: one('users', 1) }
const post = (site: Site, body: unknown, as: 'regular' | 'admin' = 'regular') => site.send('POST', '/videos', body, as)
/** Far from what other cases make. */
let nextId = 700_001

export const creating: readonly Statement[] = [
  {
    id: 'create-support',
    says: 'records can be made, where a role says so',
    met: async site => expectStatus(await post(site, video()), 201),
  },
  {
    id: 'modify-delete-support',
    says: 'changed and deleted too',
    met: async site => {
      const { id } = await makeVideo(site, {}, 'regular')
      const change = { data: { type: 'videos', id, attributes: { title: 'Other' } } }
      expectStatus(await site.send('PATCH', `/videos/${id}`, change, 'regular'), 200)
      expectStatus(await site.send('DELETE', `/videos/${id}`, undefined, 'regular'), 204)
    },
  },
  {
    id: 'crud-atomic',
    says: 'a request is done as a whole or not at all',
    met: async site => {
      const title = 'Half of it is wrong'
      const body = video({ attributes: { title }, relationships: { tags: many('tags', 1, 999_999) } })
      expectStatus(await post(site, body, 'regular'), 404)
      assert.deepEqual((await read(site, `/videos?filter[title]=${title}`, 'admin')).data, [])
    },
  },
  {
    id: 'create-single-resource',
    says: 'the body holds one record',
    met: async site => {
      for (const data of [[], [video().data], null, 'x', undefined]) expectStatus(await post(site, { data }), 400)
    },
  },
  {
    id: 'create-type-member',
    says: 'which has a type',
    met: async site => {
      expectStatus(await post(site, { data: { attributes: { title: 'x' } } }), 400)
      expectStatus(await post(site, { data: { type: 1, attributes: { title: 'x' } } }), 400)
    },
  },
  {
    id: 'create-relationships-member',
    says: 'relationships are objects with data',
    met: async site => {
      for (const music_track of [{}, null, 'x', { links: {} }, identifier('music_tracks', 1)])
        expectStatus(await site.sendOdd('POST', '/videos', video({ relationships: { music_track } }), 'regular'), 400)
      expectStatus(await post(site, video({ relationships: { music_track: one('music_tracks', 1) } })), 201)
    },
  },
  {
    id: 'create-accept-client-generated-ids',
    says: 'an id of the client’s is taken where a role may choose it',
    met: async site => {
      const id = String(nextId++)
      const made = await post(site, video({ id, relationships: byAdmin }), 'admin')
      expectStatus(made, 201)
      assert.equal(made.json.data.id, id)
    },
  },
  {
    id: 'create-client-generated-ids-key',
    says: 'it stands in id, and is one that nobody else makes',
    client: 'the type of the key decides what an id may be; a uuid column takes uuids alone',
  },
  {
    id: 'create-client-generated-ids-uuid',
    says: 'best a UUID',
    client: 'uuid columns are keys as any other',
  },
  {
    id: 'create-client-generated-ids-forbidden',
    says: 'where it may not be chosen it is 403',
    met: async site => {
      const refused = await post(site, video({ id: String(nextId++) }))
      expectStatus(refused, 403)
      assert.equal(refused.json.errors[0].source.pointer, '/data/id')
    },
  },
  {
    id: 'create-responses-201-status',
    says: 'what was made is 201',
    met: async site => expectStatus(await post(site, video()), 201),
  },
  {
    id: 'create-responses-201-location',
    says: 'with Location',
    met: async site => {
      const made = await post(site, video())
      const location = made.headers.get('location') ?? ''
      assert.equal(location, `/api/videos/${made.json.data.id}`)
      assert.equal((await read(site, location.replace('/api', ''), 'regular')).data.id, made.json.data.id)
    },
  },
  {
    id: 'create-responses-201-document',
    says: 'and the record, whatever is preferred',
    met: async site => {
      const made = await site.send('POST', '/videos', video(), 'regular', { prefer: 'return=minimal' })
      expectStatus(made, 201)
      assert.equal(made.json.data.attributes.title, 'New')
    },
  },
  {
    id: 'create-responses-201-self',
    says: 'its link to itself is Location',
    met: async site => {
      const made = await site.send('POST', '/videos?fields[videos]=title,links', video(), 'regular')
      assert.equal(made.json.data.links.self, made.headers.get('location'))
    },
  },
  {
    id: 'create-responses-202',
    says: 'what is to be done later is 202: nothing is, the record is there when the answer comes',
    met: async site => {
      const made = await post(site, video())
      expectStatus(made, 201)
      expectStatus(await site.get(`/videos/${made.json.data.id}`, 'regular'), 200)
    },
  },
  {
    id: 'create-responses-204',
    says: 'with an id of the client’s it is 201 with the record as well',
    met: async site => {
      const made = await post(site, video({ id: String(nextId++), relationships: byAdmin }), 'admin')
      expectStatus(made, 201)
      assert.equal(made.json.data.type, 'videos')
    },
  },
  {
    id: 'create-responses-403',
    says: 'who may make none is refused with 403',
    met: async site => expectStatus(await site.send('POST', '/tags', { data: { type: 'tags' } }, 'regular'), 403),
  },
  {
    id: 'create-responses-404-related',
    says: 'a related record that is not there is 404',
    met: async site => {
      const refused = await post(site, video({ relationships: { music_track: one('music_tracks', 999_999) } }))
      expectStatus(refused, 404)
      assert.match(refused.json.errors[0].source.pointer, /^\/data\/relationships\/music_track/)
    },
  },
  {
    id: 'create-responses-409-exists',
    says: 'an id that is taken is 409',
    met: async site => expectStatus(await post(site, video({ id: '1', relationships: byAdmin }), 'admin'), 409),
  },
  {
    id: 'create-responses-409-bad-type',
    says: 'another type than the collection’s is 409',
    met: async site => expectStatus(await post(site, { data: { type: 'users', attributes: { title: 'x' } } }), 409),
  },
  {
    id: 'create-responses-409-error-details',
    says: 'and says where',
    met: async site => {
      const { errors } = (await post(site, { data: { type: 'users' } })).json
      assert.equal(errors[0].source.pointer, '/data/type')
    },
  },
  {
    id: 'create-responses-other-status',
    says: 'other codes are answered where they say more: 422 for values',
    met: async site => expectStatus(await post(site, video({ attributes: { title: null } })), 422),
  },
  {
    id: 'create-responses-other-error-details',
    says: 'and errors point into the document',
    met: async site => {
      const { errors } = (await post(site, video({ attributes: { title: null } }))).json
      assert.equal(errors[0].source.pointer, '/data/attributes/title')
    },
  },
  {
    id: 'create-http-semantics',
    says: 'HTTP means what it always does: two times are two records, but with an Idempotency-Key',
    met: async site => {
      const once = () =>
        site.send('POST', '/videos', video(), 'regular', { 'idempotency-key': `"statement-${nextId}"` })
      const [made, again] = [await once(), await once()]
      assert.equal(made.json.data.id, again.json.data.id)
      assert.notEqual((await post(site, video())).json.data.id, made.json.data.id)
      nextId++
    },
  },
]
