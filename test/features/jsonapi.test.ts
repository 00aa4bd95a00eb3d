// Reads as JSON:API over HTTP: the questions of the modern API in its spelling, what documents are made of, and that nothing hidden is told.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineApi, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'
import { type AskOptions, describeVideos, type Row } from '../support/describe-videos.ts'

const accept = 'application/vnd.api+json'
const relative = (link: string) => link.replace('/api', '')

describeVideos('reads as JSON:API', videos => {
  const ask = (path: string, as: AskOptions['as'] = 'guest', headers = {}) =>
    videos.ask(path, { as, headers: { accept, ...headers } })
  const read = async (path: string, as?: AskOptions['as']) => {
    const { status, json, text } = await ask(path, as)
    expect(status, `${path}: ${text.slice(0, 500)}`).toBe(200)
    return json
  }
  const ids = ({ data }: Row) => data.map(({ id }: Row) => Number(id))
  const refuse = async (path: string, code: string, source: Row, as?: AskOptions['as']) => {
    const { status, json, headers } = await ask(path, as)
    expect([status, json.errors[0].code, json.errors[0].source], path).toEqual([400, code, source])
    expect(headers.get('content-type')).toBe(accept)
  }

  it('show the fields asked for of each type, and links only where they are asked for', async () => {
    const { data } = await read('/v1/videos?fields[videos]=title,description,links')
    expect(Object.keys(data[0])).toEqual(['type', 'id', 'attributes', 'links'])
    expect(Object.keys(data[0].attributes)).toEqual(['title', 'description'])
    expect(data[0].links.self).toBe(`/api/v1/videos/${data[0].id}`)
    expect((await read('/videos/1')).data.links).toBeUndefined()
  })

  it('chop data by the role, and show its defaults', async () => {
    const attributes = async (as: AskOptions['as']) => Object.keys((await read('/user/17', as)).data.attributes)
    expect(await attributes('guest')).toEqual(['username', 'name'])
    expect(await attributes('regular')).toEqual(
      expect.arrayContaining(['description', 'avatar', 'background', 'url', 'followers_count', 'videos_count']),
    )
    expect(await attributes('admin')).toContain('email')
    expect((await read('/users/17?fields[users]=name,email', 'regular')).data.attributes).toEqual({
      name: 'Ingrid Holm',
    })
  })

  it('link a record to itself where the roles that grant it show that', async () => {
    // Of a suspended user nothing but the admin’s own role grants the row, and its defaults have no links.
    const [suspended] = await videos.column('select id from users where suspended_at is not null order by id limit 1')
    expect((await read(`/users/${suspended}`, 'admin')).data.links).toBeUndefined()
    expect((await read('/users/17', 'admin')).data.links).toEqual({ self: '/api/users/17' })
    const like = (await read(`/likes?filter[user][id]=${suspended}&include=user&page[size]=1`, 'admin')).included
    for (const user of like) expect(user.links).toBeUndefined()
  })

  it('bring related records along, with their fields', async () => {
    const json = await read('/v1/videos?include=user&fields[videos]=title,user&fields[users]=username&page[size]=5')
    for (const { relationships } of json.data)
      if (relationships.user.data) expect(json.included.map(({ id }: Row) => id)).toContain(relationships.user.data.id)
    expect(json.included[0]).toMatchObject({ type: 'users', attributes: { username: expect.any(String) } })
  })

  it('sort and page by number and offset', async () => {
    const query = 'sort=-username&page[size]=5&page[number]=3&page[offset]=2'
    expect(ids(await read(`/users?${query}`))).toEqual(
      await videos.ids(`/users?sort=-username&per_page=5&page=3&offset=2`),
    )
  })

  it('filter by fields, by what they lead to, and by or and not', async () => {
    const cases = [
      ['filter[draft]=true&filter[published]=false', 'draft=true&published=false'],
      ['filter[user][country_code]=SE', 'user[country_code]=SE'],
      ['filter[or][0][draft]=true&filter[or][1][user_id]=18', 'filter[or][0][draft]=true&filter[or][1][user_id]=18'],
      ['filter[not][tags][some][name]=tennis', 'filter[not][tags][some][name]=tennis'],
      ['filter[id][in]=1,3,5', 'id[in]=1,3,5'],
      [
        'filter[created_at][geq]=2016-01-24&filter[views_count][geq]=1000&filter[published]=true&page[size]=30&sort=-published_at',
        'created_at[geq]=2016-01-24&views_count[geq]=1000&published=true&limit=30&sort[property]=published_at&sort[order]=desc',
      ],
      ['scope_by=popular', 'scope=popular'],
      ['filter[published_at_start]=2014-01-01', 'published_at_start=2014-01-01'],
    ]
    for (const [document, plain] of cases)
      expect(ids(await read(`/videos?${document}`, 'admin')), document).toEqual(
        await videos.ids(`/videos?${plain}`, { as: 'admin' }),
      )
  })

  it('aggregate, in groups too', async () => {
    const plain = await videos.ask('/videos?state=published&aggregate[views_count]=sum,avg&group=state&per_page=1')
    const json = await read(
      '/videos?filter[state]=published&aggregate_by[views_count]=sum,avg&group_by=state&page[size]=1',
    )
    expect(json.meta).toEqual(plain.json.meta)
  })

  it('have composite ids', async () => {
    const { data } = await read('/likes?page[size]=1', 'regular')
    expect(data[0].id).toMatch(/^\d+,\d+$/)
    expect((await read(`/likes/${data[0].id}`, 'regular')).data).toEqual(data[0])
  })

  it('unite a record that two ways lead to, with the linkage of both', async () => {
    const json = await read('/videos/1?include=comments.user,user.comments&include[user.comments][limit]=2', 'admin')
    const names = json.included.map(({ type, id }: Row) => `${type} ${id}`)
    expect(new Set(names).size).toBe(names.length)
    const user = json.included.find(
      ({ type, id }: Row) => type === 'users' && id === json.data.relationships.user.data.id,
    )
    expect(user.relationships.comments.data).toHaveLength(2)
    expect(names).toEqual(
      expect.arrayContaining(user.relationships.comments.data.map(({ type, id }: Row) => `${type} ${id}`)),
    )
  })

  it('keep the order of a page whose records are included too', async () => {
    const path = '/comments?sort=-id&page[size]=50'
    const json = await read(`${path}&include=comment,comments`, 'admin')
    expect(ids(json)).toEqual(ids(await read(path, 'admin')))
    const page = new Set(ids(json))
    for (const { type, id } of json.included) expect(type === 'comments' && page.has(Number(id))).toBe(false)
  })

  it('lead on from an included list that was cut', async () => {
    const options =
      'include[comments][limit]=3&include[comments][sort]=-created_at&include[comments][filter][text][contains]=a'
    const { comments } = (await read(`/videos/1?include=comments&${options}`)).data.relationships
    const further = await read(relative(comments.links.next))
    const whole = await read('/videos/1/relationships/comments?sort=-created_at&filter[text][contains]=a&page[size]=6')
    expect([...comments.data, ...further.data]).toEqual(whole.data)
  })

  it('leave out a relationship that fields do not name, and include what it leads to', async () => {
    const json = await read('/videos/1?include=comments&fields[videos]=title')
    expect(json.data.relationships).toBeUndefined()
    expect(json.included.length).toBeGreaterThan(0)
  })

  it('link to themselves and to other pages', async () => {
    const first = await read('/videos?page[size]=3&sort=-views_count')
    expect(first.links).toEqual({
      self: '/api/videos?page%5Bsize%5D=3&sort=-views_count',
      first: '/api/videos?page%5Bsize%5D=3&sort=-views_count',
      prev: null,
      next: expect.stringContaining('page%5Bafter%5D='),
    })
    const second = await read(relative(first.links.next))
    expect(ids(await read(relative(second.links.prev)))).toEqual(ids(first))
    const numbered = await read('/videos?page[number]=2&page[size]=100&page[total]=exact')
    const { total } = numbered.meta.page
    expect(ids(await read(relative(numbered.links.last)))).toHaveLength(total % 100 || 100)
  })

  it('name the profile of cursors where pages go by them', async () => {
    const type = async (path: string) => (await ask(path)).headers.get('content-type')
    const profile = 'https://jsonapi.org/profiles/ethanresnick/cursor-pagination/'
    expect(await type('/videos')).toBe(`${accept};profile="${profile}"`)
    expect(await type('/videos?page[number]=1')).toBe(accept)
    expect(await type('/videos/1')).toBe(accept)
  })

  it('say where a mistake is, as JSON:API', async () => {
    await refuse('/videos?draft=true', 'unknown_parameter', { parameter: 'draft' })
    await refuse('/videos?group=state', 'unknown_parameter', { parameter: 'group' })
    await refuse('/videos?fields=title', 'invalid_value', { parameter: 'fields' })
    await refuse('/videos?page[size]=1000', 'page_size_too_large', { parameter: 'page[size]' })
    const refused = await videos.ask('/videos/1', { headers: { accept: `${accept};charset=utf-8` } })
    expect([refused.status, refused.json.errors[0].source]).toEqual([406, { header: 'Accept' }])
    const bad = await videos.ask('/tags', {
      ...{ as: 'admin', method: 'POST', headers: { 'content-type': accept } },
      body: JSON.stringify({ data: { type: 'tags', attributes: { name: 5 } } }),
    })
    expect(bad.headers.get('content-type')).toBe(accept)
    expect(bad.json.errors[0].source).toEqual({ pointer: '/data/attributes/name' })
  })

  it('answer hidden names as unknown ones', async () => {
    const withoutIds = (text: string, name: string) => text.replace(/"id":"[^"]*"/g, '').replaceAll(name, 'NAME')
    for (const query of [
      'filter[NAME]=x',
      'sort=NAME',
      'include=NAME',
      'aggregate_by[NAME]=count',
      'group_by=NAME&aggregate_by[id]=count',
    ]) {
      const [hidden, unknown] = await Promise.all(
        ['email', 'qqqqq'].map(async name =>
          withoutIds((await ask(`/users?${query.replace('NAME', name)}`)).text, name),
        ),
      )
      expect(hidden, query).toBe(unknown)
    }
    expect((await ask('/videos?include=likes')).status).toBe(400)
  })
})

const db = tables({
  things: { key: 'number', columns: { number: 'int4', id: 'text', type: 'text', links_count: 'int4' } },
  logs: {
    columns: { text: 'text', thing_id: 'int4' },
    relationships: { thing: { belongsTo: 'things', by: 'thing_id' } },
  },
} as const)
const all = { roles: { guest: { read: 'all' } } } as const
const api = defineApi(
  { things: resource(db.things, all), logs: resource(db.logs, all) },
  { roles: { guest: 'anyone' } },
)

describeEachServer('JSON:API over tables of other shapes', server => {
  let run: ApiUnderTest
  beforeAll(async () => {
    const database = await emptyDatabase(server)
    const client = new pg.Client(database.config)
    await client.connect()
    await client.query(`
      create table things (number int primary key, id text not null, type text not null, links_count int not null);
      create table logs (text text not null, thing_id int not null references things);
      insert into things values (1, 'a', 'b', 3);
      insert into logs values ('x', 1);
    `)
    await client.end()
    run = await startApi(api, database)
  })
  afterAll(async () => {
    await run.close()
    expect(run.errors).toEqual([])
  })

  it('shows columns called type and id by names of their own', async () => {
    const { json } = await run.get('/things', { headers: { accept } })
    expect(json.data[0]).toMatchObject({ type: 'things', id: '1' })
    expect(json.data[0].attributes).toMatchObject({ id_field: 'a', type_field: 'b' })
    const plain = await run.get('/things')
    expect(plain.json.data[0]).toMatchObject({ id: 'a', type: 'b' })
  })

  it('has none of records without a key', async () => {
    expect((await run.get('/logs')).status).toBe(200)
    expect((await run.get('/logs', { headers: { accept } })).status).toBe(406)
  })
})
