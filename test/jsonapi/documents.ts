// Statements on the top level of documents, compound documents, meta, links and the object jsonapi.
import assert from 'node:assert/strict'
import {
  failures,
  isObject,
  type Json,
  objectsOf,
  read,
  type Site,
  type Statement,
  samples,
  visit,
} from './statement.ts'

const topLevel = new Set(['jsonapi', 'data', 'errors', 'included', 'links', 'meta'])
const ofObject = new Set(['type', 'id', 'attributes', 'relationships', 'links', 'meta'])
const all = async (site: Site) => [...(await samples(site)), ...(await failures(site))].map(({ json }) => json)

/** Every value of members of this name, but for those in attributes, which are data. */
function members(json: Json, name: string): readonly Json[] {
  const found: Json[] = []
  visit(json, (value, path) => {
    if (path.at(-1) === name && !path.includes('attributes')) found.push(value)
  })
  return found
}

export const documents: readonly Statement[] = [
  {
    id: 'additional-members',
    says: 'objects have no members that JSON:API does not know',
    met: async site => {
      for (const json of await all(site)) {
        for (const name of Object.keys(json)) assert.ok(topLevel.has(name), name)
        for (const object of objectsOf(json))
          for (const name of Object.keys(object)) assert.ok(ofObject.has(name), name)
      }
    },
  },
  {
    id: 'ignore-additional-members',
    says: 'members that JSON:API does not know are passed over',
    met: async site => {
      const odd = { data: { type: 'tags', attributes: { name: 'passed-over' }, unknown: 1 }, other: [] }
      const made = await site.sendOdd('POST', '/tags', odd, 'admin')
      assert.equal(made.status, 201, made.text)
      assert.equal(made.json.data.attributes.name, 'passed-over')
    },
  },
  {
    id: 'json-object',
    says: 'the root of a document is an object, in requests too',
    met: async site => {
      for (const json of await all(site)) assert.ok(isObject(json))
      for (const body of [[], 'text', 1, null])
        assert.equal((await site.send('POST', '/tags', body, 'admin')).status, 400)
    },
  },
  {
    id: 'required-top-level',
    says: 'a document has data, errors or meta',
    met: async site => {
      for (const json of await all(site)) assert.ok('data' in json || 'errors' in json || 'meta' in json)
    },
  },
  {
    id: 'data-errors',
    says: 'never data beside errors',
    met: async site => {
      for (const json of await all(site)) assert.notEqual('data' in json, 'errors' in json)
    },
  },
  {
    id: 'optional-top-level',
    says: 'jsonapi, links and included may stand there',
    met: async site => {
      const json = await read(site, '/videos/1?include=user')
      assert.deepEqual(Object.keys(json).sort(), ['data', 'included', 'jsonapi', 'links'])
    },
  },
  {
    id: 'data-included',
    says: 'included never without data',
    met: async site => {
      for (const json of await all(site)) assert.ok('data' in json || !('included' in json))
    },
  },
  {
    id: 'top-level-links',
    says: 'links of a document are an object with self, related and those of pages',
    sentences: 2,
    met: async site => {
      const known = new Set(['self', 'related', 'first', 'prev', 'next', 'last'])
      for (const { json, path } of await samples(site)) {
        assert.ok(isObject(json.links), path)
        for (const name of Object.keys(json.links)) assert.ok(known.has(name), name)
      }
      const linkage = await read(site, '/videos/1/relationships/user')
      assert.equal(linkage.links.self, '/api/videos/1/relationships/user')
      assert.equal(linkage.links.related, '/api/videos/1/user')
    },
  },
  {
    id: 'primary-data',
    says: 'data is a record, an identifier or null of one, an array of many',
    met: async site => {
      assert.ok(isObject((await read(site, '/videos/1')).data))
      assert.equal((await read(site, '/videos/2/music-track')).data, null)
      assert.ok(Array.isArray((await read(site, '/videos')).data))
      assert.deepEqual((await read(site, '/videos?filter[id]=0')).data, [])
      assert.deepEqual((await read(site, '/videos/1/relationships/user')).data, { type: 'users', id: '1' })
    },
  },
  {
    id: 'logical-collection',
    says: 'a list is an array, of one record and of none too',
    met: async site => {
      const data = (await read(site, '/videos?filter[id]=1')).data
      assert.ok(Array.isArray(data) && data.length === 1)
      assert.deepEqual((await read(site, '/videos?filter[id]=0')).data, [])
    },
  },
  {
    id: 'compound-documents-allow',
    says: 'related records come along',
    met: async site => assert.equal((await read(site, '/videos/1?include=user')).included.length, 1),
  },
  {
    id: 'compound-documents-top-level-included',
    says: 'they stand in the array included, whatever their depth',
    met: async site => {
      const json = await read(site, '/videos/1?include=comments.user', 'regular')
      const types = new Set(json.included.map((object: Json) => object.type))
      assert.deepEqual(types, new Set(['comments', 'users']))
      for (const object of json.included) assert.ok(isObject(object) && isObject(object.attributes))
      assert.deepEqual((await read(site, '/videos?filter[id]=0&include=user')).included, [])
    },
  },
  {
    id: 'compound-documents-full-linkage',
    says: 'every included record is linked from another, but where fields[TYPE] leaves the relationship out',
    met: async site => {
      for (const { json, path } of await samples(site)) {
        const linked = new Set<string>()
        for (const { relationships = {} } of objectsOf(json))
          for (const { data } of Object.values<Json>(relationships))
            for (const { type, id } of [data ?? []].flat()) linked.add(`${type} ${id}`)
        for (const { type, id } of json.included ?? []) assert.ok(linked.has(`${type} ${id}`), `${path}: ${type} ${id}`)
      }
      const sparse = await read(site, '/videos/1?include=user&fields[videos]=title')
      assert.equal(sparse.data.relationships?.user, undefined)
      assert.equal(sparse.included.length, 1)
    },
  },
  {
    id: 'compound-documents-duplicates',
    says: 'a record stands in a document once',
    met: async site => {
      // Whoever wrote a comment may have made the video, and comments answer each other.
      for (const path of [
        '/comments?include=user,video.user,comment&page[size]=50',
        '/videos/1?include=comments.video',
      ]) {
        const json = await read(site, path, 'regular')
        const names = objectsOf(json).map(({ type, id }) => `${type} ${id}`)
        assert.equal(new Set(names).size, names.length, path)
      }
    },
  },
  {
    id: 'meta-objects',
    says: 'meta is an object',
    met: async site => {
      const found = (await all(site)).flatMap(json => members(json, 'meta'))
      assert.ok(found.length > 0)
      for (const meta of found) assert.ok(isObject(meta))
    },
  },
  {
    id: 'meta-object-members',
    says: 'meta holds what it likes: totals, aggregates and groups',
    met: async site => {
      const { meta } = await read(site, '/videos?page[total]=exact&aggregate_by[views_count]=sum')
      assert.deepEqual(Object.keys(meta).sort(), ['aggregate', 'page'])
    },
  },
  {
    id: 'top-level-links-members',
    says: 'a link is a URL or an object; 1.1 allows null',
    met: async site => {
      const found = (await all(site))
        .flatMap(json => members(json, 'links'))
        .flatMap(links => Object.values<Json>(links))
      assert.ok(found.length > 50)
      // A URI reference has no raw brackets (RFC 3986).
      for (const link of found) assert.ok(link === null || /^\/[\w\-./~%!$&'()*+,;=:@?#]*$/.test(link), link)
    },
  },
  {
    id: 'top-level-json-api-member',
    says: 'documents say something of the server in jsonapi',
    met: async site => assert.ok('jsonapi' in (await read(site, '/videos/1'))),
  },
  {
    id: 'json-api-type',
    says: 'jsonapi is an object',
    met: async site => {
      for (const { json } of await samples(site)) assert.ok(isObject(json.jsonapi))
    },
  },
  {
    id: 'json-api-version',
    says: 'it names the highest version: 1.1',
    met: async site => {
      for (const { json } of await samples(site)) assert.equal(json.jsonapi.version, '1.1')
    },
  },
  { id: 'json-api-meta', says: 'it may have meta', never: 'there is nothing more to say of the server' },
]
