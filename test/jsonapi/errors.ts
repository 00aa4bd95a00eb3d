// Statements on query parameters and errors.
import assert from 'node:assert/strict'
import { isMemberName } from './member-names.ts'
import { expectStatus, failures, type Site, type Statement } from './statement.ts'

const own = ['aggregate_by', 'group_by', 'scope_by', 'max_affected']
const known = new Set(['id', 'links', 'status', 'code', 'title', 'detail', 'source', 'meta'])

/** A record with two things wrong. */
const twice = (site: Site) =>
  site.send('POST', '/videos', { data: { type: 'videos', attributes: { title: null, file: null } } }, 'regular')

export const errors: readonly Statement[] = [
  {
    id: 'query-parameters-non-alpha',
    says: 'parameters of our own are member names with something else than a-z',
    met: async site => {
      for (const name of own) assert.ok(isMemberName(name) && /[^a-z]/.test(name))
      expectStatus(await site.get('/videos?aggregate_by[views_count]=sum&group_by=state&scope_by=published'), 200)
      // Those of plain JSON that break the rule are none here.
      for (const query of ['aggregate[views_count]=sum', 'group=state', 'scope=published', 'title=x'])
        expectStatus(await site.get(`/videos?${query}`), 400)
    },
  },
  {
    id: 'query-parameters-under-camel',
    says: 'best with an underscore',
    met: async () => assert.ok(own.every(name => name.includes('_'))),
  },
  {
    id: 'query-parameters-bad-request',
    says: 'a parameter that is not known is 400',
    met: async site => {
      for (const name of ['nothing', 'someThing', 'some_thing', 'per_page', 'state']) {
        const refused = await site.get(`/videos?${name}=1`)
        expectStatus(refused, 400)
        assert.equal(refused.json.errors[0].source.parameter, name)
      }
    },
  },
  {
    id: 'error-stop-processing',
    says: 'one error may be told, or all of them; problems of a record are told together',
    met: async site => assert.equal((await twice(site)).json.errors.length, 2),
  },
  {
    id: 'error-general',
    says: 'the status of several is the one that holds for all',
    met: async site => {
      const refused = await twice(site)
      expectStatus(refused, 422)
      for (const { status } of refused.json.errors) assert.equal(status, '422')
    },
  },
  {
    id: 'error-object-key',
    says: 'errors are an array named errors',
    met: async site => {
      for (const { json } of await failures(site)) assert.ok(Array.isArray(json.errors) && json.errors.length > 0)
    },
  },
  {
    id: 'error-object-members',
    says: 'with id, links, status, code, title, detail, source and meta at most',
    met: async site => {
      const refused = [...(await failures(site)).map(({ json }) => json), (await twice(site)).json]
      for (const error of refused.flatMap(json => json.errors)) {
        for (const name of Object.keys(error)) assert.ok(known.has(name), name)
        for (const name of ['id', 'status', 'code', 'title', 'detail']) assert.equal(typeof error[name], 'string')
        for (const name of Object.keys(error.source ?? {})) assert.ok(['pointer', 'parameter', 'header'].includes(name))
        assert.match(error.links.about, /^\/docs\/errors#/)
      }
    },
  },
]
