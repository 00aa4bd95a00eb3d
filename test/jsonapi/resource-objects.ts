// Statements on resource objects: identity, attributes, relationships and linkage.
import assert from 'node:assert/strict'
import { isMemberName } from './member-names.ts'
import {
  allObjects,
  expectStatus,
  identifier,
  isObject,
  type Json,
  makeVideo,
  objectsOf,
  one,
  read,
  type Site,
  type Statement,
  samples,
  visit,
} from './statement.ts'

const relationshipsOf = async (site: Site): Promise<readonly Json[]> =>
  (await allObjects(site)).flatMap(({ relationships = {} }) => Object.values<Json>(relationships))

export const resourceObjects: readonly Statement[] = [
  {
    id: 'resource-required-top-level',
    says: 'a record has type and id; a new one needs no id',
    met: async site => {
      for (const object of await allObjects(site)) assert.ok('type' in object && 'id' in object)
      assert.match((await makeVideo(site)).id, /^\d+$/)
    },
  },
  {
    id: 'resource-optional-top-level',
    says: 'and attributes, relationships, links and meta at most',
    met: async site => {
      const { data } = await read(site, '/videos/1?fields[videos]=title,user,links')
      assert.deepEqual(Object.keys(data), ['type', 'id', 'attributes', 'relationships', 'links'])
    },
  },
  {
    id: 'resource-id-type',
    says: 'every record has id and type',
    met: async site => {
      for (const { id, type } of await allObjects(site)) assert.ok(id !== undefined && type !== undefined)
    },
  },
  {
    id: 'resource-id-type-types',
    says: 'both are strings, whatever the type of the key',
    met: async site => {
      for (const { id, type } of await allObjects(site))
        assert.deepEqual([typeof id, typeof type], ['string', 'string'])
    },
  },
  {
    id: 'resource-unique',
    says: 'type and id name one record, composite keys too',
    met: async site => {
      const { data } = await read(site, '/likes?page[size]=100', 'regular')
      assert.equal(new Set(data.map(({ id }: Json) => id)).size, 100)
      for (const like of data.slice(0, 3)) {
        assert.match(like.id, /^\d+,\d+$/)
        assert.deepEqual((await read(site, `/likes/${like.id}`, 'regular')).data, like)
      }
    },
  },
  {
    id: 'resource-type-constraints',
    says: 'types are member names',
    met: async site => {
      for (const { type } of await allObjects(site)) assert.ok(isMemberName(type), type)
    },
  },
  {
    id: 'resource-fields',
    says: 'attributes, relationships, type and id share one set of names; a column type is shown as type_field',
    met: async site => {
      for (const { attributes, relationships = {} } of await allObjects(site)) {
        const names = [...Object.keys(attributes), ...Object.keys(relationships), 'type', 'id']
        assert.equal(new Set(names).size, names.length)
      }
    },
  },
  {
    id: 'resource-attributes-key',
    says: 'attributes is an object',
    met: async site => {
      for (const { attributes } of await allObjects(site)) assert.ok(isObject(attributes))
    },
  },
  {
    id: 'resource-attributes-reserve-members',
    says: 'no objects with links or relationships are made in attributes, and foreign keys are linkage, no attributes',
    sentences: 2,
    met: async site => {
      for (const { attributes } of await allObjects(site)) {
        visit(attributes, (_, path) =>
          assert.ok(!['links', 'relationships'].includes(path.at(-1) ?? ''), path.join('.')),
        )
        for (const name of Object.keys(attributes)) assert.ok(!/^(user|video|music_track)_id$/.test(name), name)
      }
    },
  },
  {
    id: 'resource-relationships-key',
    says: 'relationships is an object',
    met: async site => {
      for (const { relationships } of await allObjects(site))
        assert.ok(relationships === undefined || isObject(relationships))
    },
  },
  {
    id: 'resource-relationships-object',
    says: 'each of them has links, data or meta',
    met: async site => {
      for (const relationship of await relationshipsOf(site)) {
        assert.ok('links' in relationship || 'data' in relationship)
        if (relationship.links) assert.ok('self' in relationship.links && 'related' in relationship.links)
      }
    },
  },
  {
    id: 'resource-relationships-pagination',
    says: 'an included list that was cut has links.next, which leads to the rest of its linkage',
    met: async site => {
      const { data } = await read(
        site,
        '/videos/1?include=comments&include[comments][limit]=2&include[comments][sort]=-id',
      )
      const { comments } = data.relationships
      assert.equal(comments.data.length, 2)
      const further = await read(site, comments.links.next.replace('/api', ''))
      const whole = await read(site, '/videos/1/relationships/comments?sort=-id&page[size]=4')
      assert.deepEqual([...comments.data, ...further.data], whole.data)
    },
  },
  {
    id: 'resource-related-resource-link',
    says: 'links.related works, where it leads to nothing too',
    met: async site => {
      const { data } = await read(site, '/videos/2')
      assert.equal(data.relationships.music_track.data, null)
      for (const { links } of Object.values<Json>(data.relationships))
        expectStatus(await site.get(links.related.replace('/api', '')), 200)
    },
  },
  {
    id: 'resource-related-resource-link-change',
    says: 'links.related stays the same when what it leads to changes',
    met: async site => {
      const { id, relationships } = await makeVideo(site)
      const { related } = relationships.music_track.links
      const changed = await site.send(
        'PATCH',
        `/videos/${id}/relationships/music-track`,
        one('music_tracks', 1),
        'admin',
      )
      expectStatus(changed, 204)
      const after = (await read(site, `/videos/${id}`, 'admin')).data.relationships.music_track
      assert.equal(after.links.related, related)
      assert.deepEqual(after.data, identifier('music_tracks', 1))
    },
  },
  {
    id: 'resource-linkage',
    says: 'linkage is null, an identifier, or an array of them',
    met: async site => {
      const { data } = await read(site, '/videos/1?include=comments,tags&include[comments][filter][id]=0')
      assert.deepEqual(data.relationships.user.data, identifier('users', 1))
      assert.deepEqual(data.relationships.comments.data, [])
      assert.ok(Array.isArray(data.relationships.tags.data))
      assert.equal((await read(site, '/videos/2')).data.relationships.music_track.data, null)
    },
  },
  {
    id: 'resource-links',
    says: 'a record links to itself where fields[TYPE] asks for links',
    met: async site => {
      const { data } = await read(site, '/videos/1?fields[videos]=links')
      assert.deepEqual(data.links, { self: '/api/videos/1' })
    },
  },
  {
    id: 'resource-link-response',
    says: 'that link answers the record',
    met: async site => {
      for (const object of await allObjects(site)) {
        if (!object.links?.self) continue
        const { data } = await read(site, object.links.self.replace('/api', ''), 'admin')
        assert.deepEqual([data.type, data.id], [object.type, object.id])
      }
    },
  },
  {
    id: 'resource-identifier-required-members',
    says: 'an identifier has type and id',
    met: async site => {
      const linkage = (await relationshipsOf(site)).flatMap(({ data }) => [data ?? []].flat())
      const primary = (await samples(site)).flatMap(({ json }) =>
        [json.data ?? []].flat().filter((one: Json) => !objectsOf(json).includes(one)),
      )
      assert.ok(primary.length > 1 && linkage.length > 10)
      for (const one of [...linkage, ...primary]) assert.deepEqual(Object.keys(one), ['type', 'id'])
    },
  },
  {
    id: 'resource-identifier-optional-member',
    says: 'it may have meta, which is passed over in requests',
    met: async site => {
      const linked = { data: { ...identifier('music_tracks', 2), meta: { why: 'for the mood' } } }
      const { id } = await makeVideo(site)
      expectStatus(await site.send('PATCH', `/videos/${id}/relationships/music-track`, linked, 'admin'), 204)
    },
  },
]
