import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { db } from '../../examples/videos/schema.ts'
import { defineApi, now, principal, resource } from '../../src/index.ts'
import { type ApiUnderTest, signToken, startApi, startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('actions', server => {
  let api: VideosUnderTest
  let client: string
  let other: string
  beforeAll(async () => {
    api = await startVideos(server)
    client = await signToken('c1', { client_id: 1 })
    other = await signToken('c2', { client_id: 2 })
  }, 120_000)
  afterAll(() => api.close())

  const post = (path: string, body: unknown, token: string | null = client, more = {}) =>
    api.get(path, {
      method: 'POST',
      token,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const isActive = async (id: number) =>
    (await api.get(`/accounts/${id}`, { token: api.tokens.admin })).json.data.active as boolean
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
  // Closed accounts stay as they are.
  const open = (ids: readonly number[]) => ids.filter(id => id % 97 > 0)

  it('change 1,000 records in one request and one statement', async () => {
    const ids = open(range(1, 1100)).slice(0, 1000)
    await post('/actions/deactivate/accounts', { ids })
    api.statements.length = 0
    const start = performance.now()
    const { status, json, headers } = await post('/actions/activate/accounts', { ids })
    const ms = performance.now() - start
    console.info(`1,000 accounts activated in ${ms.toFixed(1)} ms on ${server.name}`)
    expect([status, json]).toEqual([200, { data: { changed: 1000, not_found: [], not_permitted: [] } }])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(api.statements).toHaveLength(1)
    const { json: list } = await api.get('/accounts?active=true&page[total]=exact&page[size]=1&id[lte]=1100', {
      token: client,
    })
    expect(list.meta.page.total).toBe(open(range(1, 1100)).filter(id => ids.includes(id) || id % 3 === 0).length)
    expect(api.errors).toEqual([])
  })

  it('tell what was not found and what was not permitted, and count duplicates once', async () => {
    await post('/actions/deactivate/accounts', { ids: [1, 2] })
    // 97 is closed, 1300 is another client's, 999999 nobody's.
    const ids = [1, 97, 1300, '2', 999_999, 1, 2, 'none', 99_999_999_999, 1300]
    const { json } = await post('/actions/activate/accounts', { ids })
    expect(json).toEqual({
      data: { changed: 2, not_found: [1300, 999_999, 'none', 99_999_999_999], not_permitted: [97] },
    })
    expect(await isActive(1)).toBe(true)
    expect(await isActive(97)).toBe(false)
  })

  it('touch no record of another client, whose ids are as missing ones', async () => {
    await post('/actions/activate/accounts', { ids: [5] })
    const bulk = await post('/actions/deactivate/accounts', { ids: [5] }, other)
    expect(bulk.json).toEqual({ data: { changed: 0, not_found: [5], not_permitted: [] } })
    expect((await post('/accounts/5/actions/deactivate', {}, other)).status).toBe(404)
    expect((await post('/actions/deactivate/accounts', { ids: [5] }, api.tokens.regular)).json.data.not_found).toEqual([
      5,
    ])
    expect(await isActive(5)).toBe(true)
    expect((await post('/actions/deactivate/accounts', { ids: [5] }, api.tokens.admin)).json.data.changed).toBe(1)
    expect((await post('/actions/deactivate/accounts', { ids: [5] }, null)).status).toBe(401)
  })

  it('change one record, and answer it', async () => {
    await post('/accounts/8/actions/deactivate', undefined)
    const { status, json } = await post('/accounts/8/actions/activate', undefined)
    expect([status, json.data.id, json.data.active]).toEqual([200, 8, true])
    expect(Date.now() - Date.parse(json.data.activated_at)).toBeLessThan(24 * 3_600_000)
    const brief = await post('/accounts/8/actions/activate?fields=active', {})
    expect(brief.json).toEqual({ data: { id: 8, active: true } })
    expect((await post('/accounts/97/actions/activate', {})).status).toBe(403)
    expect((await post('/accounts/999999/actions/activate', {})).status).toBe(404)
    const minimal = await post('/accounts/8/actions/deactivate', undefined, client, { prefer: 'return=minimal' })
    expect([minimal.status, minimal.text]).toEqual([204, ''])
  })

  it('are there under their names alone, for POST alone', async () => {
    for (const path of [
      '/actions/explode/accounts',
      '/actions/activate/acounts',
      '/actions/activate/videos',
      '/actions/activate',
      '/actions',
      '/actions/activate/accounts/1',
      '/accounts/1/actions/explode',
      '/accounts/1/actions',
      '/videos/1/actions/activate',
    ])
      expect([path, (await post(path, { ids: [1] })).status]).toEqual([path, 404])
    const read = await api.get('/actions/activate/accounts', { token: client })
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'OPTIONS, POST'])
    const described = await api.get('/accounts', { token: client, method: 'OPTIONS' })
    expect(described.json.data.actions).toEqual(['activate', 'deactivate'])
    expect((await api.get('/actions/activate/accounts', { token: client, method: 'OPTIONS' })).status).toBe(200)
    expect((await api.get('/accounts/1300/actions/activate', { token: client, method: 'OPTIONS' })).status).toBe(404)
  })

  it('refuse a body that is not a list of ids, and say where', async () => {
    const refusals: readonly (readonly [unknown, number, string, string])[] = [
      [[1], 400, 'malformed_body', ''],
      [{}, 422, 'missing_member', '/ids'],
      [{ ids: 1 }, 422, 'invalid_member', '/ids'],
      [{ ids: [1, null] }, 422, 'invalid_member', '/ids/1'],
      [{ ids: [1, [2]] }, 422, 'invalid_member', '/ids/1'],
      [{ ids: [1], active: false }, 422, 'unknown_member', '/active'],
      [{ ids: range(1, 1001) }, 400, 'limit_exceeded', '/ids'],
    ]
    for (const [body, status, code, pointer] of refusals) {
      const { json, ...reply } = await post('/actions/activate/accounts', body)
      expect([reply.status, json.errors[0].code, json.errors[0].source.pointer]).toEqual([status, code, pointer])
    }
    expect((await post('/actions/activate/accounts', { ids: [] })).json.data.changed).toBe(0)
    expect((await post('/accounts/1/actions/activate', { active: false })).status).toBe(422)
    expect((await post('/actions/activate/accounts?active=true', { ids: [1] })).status).toBe(400)
    expect((await post('/actions/activate/accounts', undefined)).status).toBe(400)
  })

  it('judge a record that somebody changed meanwhile as it is then', async () => {
    await post('/actions/activate/accounts', { ids: [20, 21] })
    const somebody = new pg.Client(api.database.config as pg.ClientConfig)
    await somebody.connect()
    try {
      await somebody.query('begin')
      await somebody.query('update accounts set client_id = 2 where id = 20')
      const waiting = post('/actions/deactivate/accounts', { ids: [20, 21] })
      await waitForLock(somebody)
      await somebody.query('commit')
      expect((await waiting).json.data).toMatchObject({ changed: 1 })
      const { rows } = await somebody.query('select active from accounts where id in (20, 21) order by id')
      expect(rows).toEqual([{ active: true }, { active: false }])
    } finally {
      await somebody.query('update accounts set client_id = 1 where id = 20')
      await somebody.end()
    }
  })
})

describeEachServer('actions of another definition', server => {
  let videos: VideosUnderTest
  let api: ApiUnderTest
  let token: string
  beforeAll(async () => {
    videos = await startVideos(server)
    const member = { read: 'all' } as const
    const definition = defineApi(
      {
        users: resource(db.users, { roles: { member } }),
        videos: resource(db.videos, {
          roles: { member: { ...member, where: { state: 'published' } } },
          actions: {
            hide: { set: { state: 'private' }, roles: ['member'] },
            mark_mine: {
              set: { thumbnail: null, description: 'marked' },
              where: { user: principal('id') },
              roles: ['member'],
            },
          },
        }),
        follows: resource(db.follows, {
          roles: { member },
          actions: { renew: { set: { created_at: now }, roles: ['member'] } },
        }),
      },
      { roles: { member: 'authenticated' } },
    )
    api = await startApi(definition, videos.database)
    token = await signToken('18')
  }, 120_000)
  afterAll(async () => {
    await api.close()
    await videos.close()
  })

  const post = (path: string, body: unknown) =>
    api.get(path, {
      method: 'POST',
      token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const idsOf = async (filter: string): Promise<number[]> =>
    (await api.get(`/videos?${filter}&fields=id&sort=id&per_page=3`, { token })).json.data.map(
      (one: { id: number }) => one.id,
    )

  it('leave a record as it is that would no longer be visible', async () => {
    const ids = await idsOf('user_id=18')
    expect(ids.length).toBeGreaterThan(1)
    const { json } = await post('/actions/hide/videos', { ids })
    expect(json.data).toEqual({ changed: 0, not_found: [], not_permitted: ids })
    expect((await post(`/videos/${ids[0]}/actions/hide`, {})).status).toBe(403)
    expect(await idsOf('user_id=18')).toEqual(ids)
    expect(api.errors).toEqual([])
  })

  it('ask what they are done to, and who does it, of each record', async () => {
    const [mine, others] = [await idsOf('user_id=18'), await idsOf('user_id[ne]=18')]
    const { json } = await post('/actions/mark-mine/videos', { ids: [...others, ...mine] })
    expect(json.data).toEqual({ changed: mine.length, not_found: [], not_permitted: others })
    expect((await api.get('/videos?description=marked&page[total]=exact', { token })).json.meta.page.total).toBe(
      mine.length,
    )
  })

  it('undo all where a trigger makes one invisible', async () => {
    const client = new pg.Client(videos.database.config as pg.ClientConfig)
    await client.connect()
    try {
      await client.query(
        `create function hide_it() returns trigger language plpgsql as $$ begin new.state := 'private'; return new; end $$`,
      )
      const ids = await idsOf('user_id=18')
      await client.query(
        `create trigger hide_it before update on videos for each row when (new.id = ${ids[1]}) execute function hide_it()`,
      )
      const { status, json } = await post('/actions/mark_mine/videos', { ids })
      expect([status, json.errors[0].code]).toEqual([403, 'forbidden'])
      expect(await idsOf('user_id=18')).toEqual(ids)
    } finally {
      await client.query('drop trigger if exists hide_it on videos')
      await client.end()
    }
  })

  it('take ids of several columns', async () => {
    const { json } = await api.get('/follows?per_page=2', { token })
    const ids = json.data.map(
      (one: { follower: { id: number }; followee: { id: number } }) => `${one.follower.id},${one.followee.id}`,
    )
    const missing = ['1,1', '1', '1,x', '1,2,3']
    const done = await post('/actions/renew/follows', { ids: [...ids, ...missing] })
    expect(done.json.data).toEqual({ changed: 2, not_found: missing, not_permitted: [] })
    expect((await post(`/follows/${ids[0]}/actions/renew`, {})).status).toBe(200)
  })

  it('are refused by what is wrong in their definition', async () => {
    const actions = {
      one: { set: { actve: true }, roles: ['member'] },
      two: { set: { active: 'perhaps' }, roles: ['membre'] },
      three: { set: { id: 1 }, where: { clsed_at: null }, roles: [] },
      four: { sets: {}, roles: ['member'] },
    }
    const definition = defineApi(
      { accounts: resource(db.accounts, { roles: { member: { read: 'all' } }, actions: actions as never }) },
      { roles: { member: 'authenticated' } },
    )
    const error = await startApi(definition, videos.database).then(String, String)
    for (const problem of [
      'accounts.actions.one.set: there is no field "actve"',
      'accounts.actions.two.set.active: that is no value of its type',
      'accounts.actions.two.roles: there is no role "membre"',
      'accounts.actions.three.set: "id" is part of the key',
      'accounts.actions.three.where: ',
      'accounts.actions.three.roles: nobody may do it',
      'accounts.actions.four: an action has no "sets"',
      'accounts.actions.four.set: it sets nothing',
    ])
      expect(error).toContain(problem)
  })
})

async function waitForLock(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
