// Statements on changing and deleting records.
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

type Who = 'regular' | 'admin'

const patch = (site: Site, id: string, more: Json, as: Who = 'admin') =>
  site.send('PATCH', `/videos/${id}`, { data: { type: 'videos', id, ...more } }, as)

async function changed(site: Site, more: Json, made: Json = {}): Promise<readonly [before: Json, after: Json]> {
  const before = await makeVideo(site, made)
  const reply = await patch(site, before.id, more)
  expectStatus(reply, 200)
  return [before, reply.json.data]
}

const gone = async (site: Site, as: Who = 'admin') =>
  site.send('DELETE', `/videos/${(await makeVideo(site)).id}`, undefined, as)

export const updating: readonly Statement[] = [
  {
    id: 'update-patch-resource',
    says: 'the body holds one record',
    met: async site => {
      const { id } = await makeVideo(site)
      for (const data of [[], null, 'x', undefined])
        expectStatus(await site.send('PATCH', `/videos/${id}`, { data }, 'admin'), 400)
    },
  },
  {
    id: 'update-patch-resource-members',
    says: 'which has type and id',
    met: async site => {
      const { id } = await makeVideo(site)
      for (const data of [{ id }, { type: 'videos' }, {}])
        expectStatus(await site.sendOdd('PATCH', `/videos/${id}`, { data }, 'admin'), 400)
    },
  },
  {
    id: 'update-resource-attributes',
    says: 'any of its attributes',
    met: async site => {
      const [, after] = await changed(site, { attributes: { title: 'a', description: 'b' } })
      assert.deepEqual([after.attributes.title, after.attributes.description], ['a', 'b'])
    },
  },
  {
    id: 'update-interpret-resource-attributes',
    says: 'the others stay as they are',
    met: async site => {
      const [before, after] = await changed(
        site,
        { attributes: { title: 'Other' } },
        { attributes: { description: 'stays', thumbnail: 'kept.jpg' } },
      )
      assert.deepEqual(
        [after.attributes.description, after.attributes.thumbnail],
        [before.attributes.description, 'kept.jpg'],
      )
    },
  },
  {
    id: 'update-resource-relationships',
    says: 'any of its relationships',
    met: async site => {
      const [, after] = await changed(site, {
        relationships: { music_track: one('music_tracks', 2), tags: many('tags', 1, 2) },
      })
      assert.deepEqual(after.relationships.music_track.data, identifier('music_tracks', 2))
      assert.equal((await read(site, `/videos/${after.id}/relationships/tags`, 'admin')).data.length, 2)
    },
  },
  {
    id: 'update-interpret-resource-relationships',
    says: 'the others stay as they are',
    met: async site => {
      const links = { music_track: one('music_tracks', 3), tags: many('tags', 1) }
      const [before, after] = await changed(site, { attributes: { title: 'x' } }, { relationships: links })
      assert.deepEqual(after.relationships.music_track, before.relationships.music_track)
      assert.deepEqual((await read(site, `/videos/${after.id}/relationships/tags`, 'admin')).data, links.tags.data)
    },
  },
  {
    id: 'update-resource-relationship-value',
    says: 'relationships are objects with data',
    met: async site => {
      const { id } = await makeVideo(site)
      for (const music_track of [{}, null, { meta: {} }]) {
        const body = { data: { type: 'videos', id, relationships: { music_track } } }
        expectStatus(await site.sendOdd('PATCH', `/videos/${id}`, body, 'admin'), 400)
      }
    },
  },
  {
    id: 'update-resource-relationship-reject-full-replacement',
    says: 'a set may be replaced as a whole, where it is one of join rows',
    met: async site => {
      const [, { id }] = await changed(
        site,
        { relationships: { tags: many('tags', 3) } },
        { relationships: { tags: many('tags', 1, 2) } },
      )
      assert.deepEqual((await read(site, `/videos/${id}/relationships/tags`, 'admin')).data, many('tags', 3).data)
    },
  },
  {
    id: 'update-resource-relationship-reject-full-replacement-response',
    says: 'else all of it is refused with 403',
    met: async site => {
      const { id, attributes } = await makeVideo(site)
      const refused = await patch(site, id, { attributes: { title: 'x' }, relationships: { comments: { data: [] } } })
      expectStatus(refused, 403)
      assert.equal((await read(site, `/videos/${id}`, 'admin')).data.attributes.title, attributes.title)
    },
  },
  {
    id: 'update-resource-202-status',
    says: 'what is to be done later is 202: nothing is, the change is there when the answer comes',
    met: async site => {
      const [, { id }] = await changed(site, { attributes: { title: 'At once' } })
      assert.equal((await read(site, `/videos/${id}`, 'admin')).data.attributes.title, 'At once')
    },
  },
  {
    id: 'update-resource-200-status',
    says: 'a change is 200',
    met: async site => expectStatus(await patch(site, (await makeVideo(site)).id, { attributes: { title: 'x' } }), 200),
  },
  {
    id: 'update-resource-relationship-200-response',
    says: 'with the record as its GET shows it',
    met: async site => {
      const { id } = await makeVideo(site)
      const reply = await patch(site, id, { attributes: { title: 'x' } })
      assert.deepEqual(reply.json, await read(site, `/videos/${id}`, 'admin'))
    },
  },
  {
    id: 'update-resource-200-meta',
    says: 'meta alone would be 200; a 200 here always has the record',
    met: async site => {
      const reply = await patch(site, (await makeVideo(site)).id, {})
      expectStatus(reply, 200)
      assert.ok('data' in reply.json)
    },
  },
  {
    id: 'update-resource-200-meta-representation',
    says: 'and then without the record: no answer is of meta alone',
    met: async site => {
      const reply = await patch(site, (await makeVideo(site)).id, { meta: { any: 1 } })
      assert.ok('data' in reply.json && !('meta' in reply.json))
    },
  },
  {
    id: 'update-resource-204-status',
    says: 'where nothing but what was sent is changed, it is 200 with the record, or 204 where that is preferred',
    met: async site => {
      const { id } = await makeVideo(site)
      const body = { data: { type: 'videos', id, attributes: { title: 'x' } } }
      const minimal = await site.send('PATCH', `/videos/${id}`, body, 'admin', { prefer: 'return=minimal' })
      assert.deepEqual([minimal.status, minimal.text], [204, ''])
      expectStatus(await site.send('PATCH', `/videos/${id}`, body, 'admin'), 200)
    },
  },
  {
    id: 'update-resource-403-status',
    says: 'a change that the role may not make is 403',
    met: async site => {
      expectStatus(await patch(site, '1', { attributes: { title: 'x' } }, 'regular'), 403)
      const { id } = await makeVideo(site, {}, 'regular')
      expectStatus(await patch(site, id, { attributes: { views_count: 5 } }, 'regular'), 403)
      expectStatus(await patch(site, id, { relationships: { user: one('users', 1) } }, 'regular'), 403)
    },
  },
  {
    id: 'update-resource-404-status',
    says: 'a record that is not there is 404',
    met: async site => expectStatus(await patch(site, '99999999', { attributes: { title: 'x' } }), 404),
  },
  {
    id: 'update-resource-404-related',
    says: 'a related record that is not there too',
    met: async site => {
      const { id } = await makeVideo(site)
      expectStatus(await patch(site, id, { relationships: { music_track: one('music_tracks', 999_999) } }), 404)
    },
  },
  {
    id: 'update-resource-409-status',
    says: 'what breaks a constraint may be 409; a value that breaks one is 422 here, with its place',
    met: async site => {
      const body = { data: { ...identifier('users', 3), attributes: { username: 'admin' } } }
      const refused = await site.send('PATCH', '/users/3', body, 'admin')
      assert.ok([409, 422].includes(refused.status), refused.text)
    },
  },
  {
    id: 'update-resource-409-no-match',
    says: 'another type or id than the path’s is 409',
    met: async site => {
      const { id } = await makeVideo(site)
      for (const data of [identifier('users', id), identifier('videos', 1)])
        expectStatus(await site.send('PATCH', `/videos/${id}`, { data }, 'admin'), 409)
    },
  },
  {
    id: 'update-resource-409-details',
    says: 'and says where',
    sentences: 2,
    met: async site => {
      const refused = await site.send('PATCH', '/videos/1', { data: identifier('videos', 2) }, 'admin')
      assert.equal(refused.json.errors[0].source.pointer, '/data/id')
    },
  },
  {
    id: 'update-resource-other-status',
    says: 'other codes are answered where they say more, with details',
    sentences: 2,
    met: async site => {
      const { id } = await makeVideo(site)
      const refused = await patch(site, id, { attributes: { title: null } })
      expectStatus(refused, 422)
      assert.equal(refused.json.errors[0].source.pointer, '/data/attributes/title')
    },
  },
  {
    id: 'update-resource-other-semantics',
    says: 'errors say what was wrong',
    met: async site => {
      const { id } = await makeVideo(site)
      const { errors } = (await patch(site, id, { attributes: { nothing: 1 } })).json
      assert.equal(errors[0].source.pointer, '/data/attributes/nothing')
    },
  },
  {
    id: 'update-resource-http-semantics',
    says: 'HTTP means what it always does: If-Match is held to, PUT is for plain JSON',
    met: async site => {
      const { id } = await makeVideo(site)
      const body = { data: { type: 'videos', id, attributes: { title: 'x' } } }
      expectStatus(await site.send('PATCH', `/videos/${id}`, body, 'admin', { 'if-match': '"other"' }), 412)
      const etag = (await site.get(`/videos/${id}`, 'admin')).headers.get('etag') ?? ''
      expectStatus(await site.send('PATCH', `/videos/${id}`, body, 'admin', { 'if-match': etag }), 200)
      expectStatus(await site.send('PUT', `/videos/${id}`, body, 'admin'), 415)
    },
  },
  {
    id: 'delete-202-status',
    says: 'what is to be done later is 202: nothing is, the record is gone when the answer comes',
    met: async site => {
      const { id } = await makeVideo(site)
      expectStatus(await site.send('DELETE', `/videos/${id}`, undefined, 'admin'), 204)
      expectStatus(await site.get(`/videos/${id}`, 'admin'), 404)
    },
  },
  {
    id: 'delete-204-status',
    says: 'a deletion is 204 without a body',
    met: async site => {
      const { status, text } = await gone(site)
      assert.deepEqual([status, text], [204, ''])
    },
  },
  {
    id: 'delete-200-status',
    says: 'meta alone would be 200; there is none, whatever is preferred',
    met: async site => {
      const { id } = await makeVideo(site)
      const { status, text } = await site.send('DELETE', `/videos/${id}`, undefined, 'admin', {
        prefer: 'return=representation',
      })
      assert.deepEqual([status, text], [204, ''])
    },
  },
  {
    id: 'delete-404-status',
    says: 'a record that is not there is 404',
    met: async site => expectStatus(await site.send('DELETE', '/videos/99999999', undefined, 'admin'), 404),
  },
  {
    id: 'deleting-other-status',
    says: 'other codes are answered where they say more: 403',
    met: async site => expectStatus(await site.send('DELETE', '/videos/1', undefined, 'regular'), 403),
  },
  {
    id: 'deleting-other-details',
    says: 'with details',
    met: async site => {
      const { errors } = (await site.send('DELETE', '/videos/1', undefined, 'regular')).json
      assert.equal(errors[0].code, 'forbidden')
    },
  },
  {
    id: 'deleting-http-semantics',
    says: 'HTTP means what it always does: deleted twice is 404, If-Match is held to',
    met: async site => {
      const { id } = await makeVideo(site)
      const remove = (headers = {}) => site.send('DELETE', `/videos/${id}`, undefined, 'admin', headers)
      expectStatus(await remove({ 'if-match': '"other"' }), 412)
      expectStatus(await remove(), 204)
      expectStatus(await remove(), 404)
    },
  },
]
