// Aggregates and groups over HTTP: every function, after filters and before paging, per role.

import pg from 'pg'
import { expect, it } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { emptyDatabase, servers } from '../support/databases.ts'
import { type AskOptions, describeVideos, roles } from '../support/describe-videos.ts'

describeVideos('aggregates', videos => {
  const meta = async (path: string, options?: AskOptions) => {
    const { status, json, text } = await videos.ask(path, options)
    expect(status, `${path}: ${text.slice(0, 300)}`).toBe(200)
    return json.meta
  }
  const refuse = async (path: string, code: string, detail?: RegExp) => {
    const { status, json } = await videos.ask(path)
    expect([status, json.errors?.[0]?.code], path).toEqual([400, code])
    if (detail) expect(json.errors[0].detail).toMatch(detail)
  }
  /** Sums and averages of integers are text, of any precision. */
  const trimmed = (expression: string) => `trim_scale(${expression})::text`

  it('stand beside the page, over all that the filter finds', async () => {
    for (const as of roles) {
      const [expected] = await videos.rows(
        `select sum(views_count)::text as sum, ${trimmed('avg(views_count)')} as avg from ${as}_videos where state = 'published'`,
      )
      const { json } = await videos.ask(
        '/videos?state=published&aggregate[view_count][sum]=true&aggregate[view_count][avg]=true&per_page=1',
        { as },
      )
      const { sum, avg } = json.meta.aggregate.view_count
      expect(sum).toBe(expected?.sum)
      expect(Number(avg)).toBeCloseTo(Number(expected?.avg), 8)
      expect(avg).toMatch(/^\d+(\.\d+)?$/)
      expect(json.data).toHaveLength(1)
    }
  })

  it('take every function in every spelling', async () => {
    const [expected] = await videos.rows(
      'select min(views_count), max(views_count), sum(views_count)::text, count(views_count)::int from guest_videos where user_id = 1',
    )
    for (const spelling of [
      'aggregate[views_count]=min,max,sum,count',
      'aggregate[views_count][]=min&aggregate[views_count][]=max&aggregate[views_count][]=sum&aggregate[views_count][]=count',
      'aggregate[views_count][min]&aggregate[views_count][max]=1&aggregate[views_count][sum]=t&aggregate[views_count][count]=true',
      'aggregate_by[views_count]=min,max,sum,count',
      'aggregate[views_count]=[min,max]&aggregate[views_count][sum]=true&aggregate[views_count][count]&aggregate[views_count][avg]=false',
    ]) {
      expect(await meta(`/videos?user_id=1&${spelling}`), spelling).toEqual({ aggregate: { views_count: expected } })
    }
  })

  it('cover dates, texts and counts', async () => {
    const [expected] = await videos.rows(`select
      json_build_object('min', to_char(min(published_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'max', to_char(max(published_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'count', count(published_at)) as published_at,
      json_build_object('min', min(title collate "C"), 'max', max(title collate "C")) as title, json_build_object('count', count(*)) as id, json_build_object('count', count(user_id)) as user_id from admin_videos`)
    const { aggregate } = await meta(
      '/videos?aggregate[published_at]=min,max,count&aggregate[title]=min,max&aggregate[id]=count&aggregate[user_id]=count',
      { as: 'admin' },
    )
    expect({
      published_at: aggregate.published_at,
      title: aggregate.title,
      id: aggregate.id,
      user_id: aggregate.user ?? aggregate.user_id,
    }).toEqual(expected)
  })

  it('of nothing are null, and their count is 0', async () => {
    expect(await meta('/videos?id=-1&aggregate[views_count]=min,max,sum,avg,count')).toEqual({
      aggregate: { views_count: { min: null, max: null, sum: null, avg: null, count: 0 } },
    })
    expect((await videos.ask('/videos?id=-1&aggregate[id]=count&group=state')).json.meta.groups).toEqual([])
  })

  it('are the same on every page', async () => {
    const [total] = await videos.column('select count(*)::int from guest_videos')
    for (const page of ['page=1', 'page=3&per_page=100', 'page=100', 'sort=-id&per_page=2'])
      expect(await meta(`/videos?aggregate[id]=count&${page}`)).toEqual({ aggregate: { id: { count: total } } })
  })

  it('come one a group, in the order of the groups, with nulls last', async () => {
    const groups = await videos.rows(
      `select json_build_object('state', state) as "group", json_build_object('views_count', json_build_object('sum', sum(views_count)::text, 'count', count(*))) as aggregate from admin_videos group by state order by state`,
    )
    for (const spelling of ['group=state', 'group[]=state', 'group_by=state', 'group=[state]'])
      expect((await meta(`/videos?aggregate[views_count]=sum,count&${spelling}`, { as: 'admin' })).groups).toEqual(
        groups,
      )
    const byUser = await videos.rows(
      `select json_build_object('user', case when user_id is not null then json_build_object('id', user_id) end) as "group", json_build_object('id', json_build_object('count', count(*))) as aggregate from guest_videos group by user_id order by user_id nulls last`,
    )
    const shown = (await meta('/videos?aggregate[id]=count&group=user_id')).groups
    expect(shown.map(({ aggregate }: { aggregate: unknown }) => aggregate)).toEqual(
      byUser.map(({ aggregate }) => aggregate),
    )
    expect(shown.length).toBe(byUser.length)
    const two = await videos.rows(
      `select state, draft, count(*)::int from (select state, state = 'draft' as draft from admin_videos) v group by 1, 2 order by 1, 2`,
    )
    expect((await meta('/videos?aggregate[id]=count&group=state,draft', { as: 'admin' })).groups).toEqual(
      two.map(({ state, draft, count }) => ({ group: { state, draft }, aggregate: { id: { count } } })),
    )
  })

  it('leave the page as it is', async () => {
    expect(await videos.ids('/videos?aggregate[views_count]=sum&group=state&per_page=7&sort=-id')).toEqual(
      await videos.column('select id from guest_videos order by id desc limit 7'),
    )
  })

  it('sum up only what the caller may read', async () => {
    const [own] = await videos.column('select count(email)::int from users where id = 18')
    expect(await meta('/users?aggregate[email]=count', { as: 'owner' })).toEqual({
      aggregate: { email: { count: own } },
    })
    const groups = (await meta('/users?aggregate[id]=count&group=gender', { as: 'owner' })).groups
    expect(groups).toEqual(
      (await videos.rows('select gender from users where id = 18')).map(group => ({
        group,
        aggregate: { id: { count: 1 } },
      })),
    )
  })

  it('refuse what there is not', async () => {
    await refuse('/videos?group=state', 'group_needs_aggregate', /aggregate/)
    await refuse('/videos?aggregate[title]=sum', 'unknown_operator', /min, max|count/)
    await refuse('/videos?aggregate[views_count]=median', 'unknown_operator')
    await refuse('/videos?aggregate[viewscount]=sum', 'unknown_field', /"views?_count"/)
    await refuse('/videos?aggregate[id]=count&group=stat', 'unknown_field', /"state"/)
    await refuse('/videos?aggregate[view_count&[avg]=true', 'bad_parameter_name')
    await refuse('/users?aggregate[email]=count', 'unknown_field')
    await refuse('/users?aggregate[id]=count&group=country_code', 'unknown_field')
    await refuse('/videos/3031?aggregate[id]=count', 'unknown_parameter')
  })
})

it('come in at most 1,000 groups', async () => {
  for (const server of servers()) {
    const database = await emptyDatabase(server)
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query(
      'create table points (id int primary key, one int not null, half int not null); insert into points select i, i, i / 2 from generate_series(1, 1001) i',
    )
    await client.end()
    const api: ApiUnderTest = await startApi('open', database)
    try {
      const tooMany = await api.get('/points?aggregate[id]=count&group=one')
      expect([tooMany.status, tooMany.json.errors[0].code, tooMany.json.errors[0].meta]).toEqual([
        400,
        'too_many_groups',
        { limit: 'groups', max: 1_000 },
      ])
      const enough = await api.get('/points?aggregate[id]=count&group=half')
      expect(enough.json.meta.groups).toHaveLength(501)
      const exactly = await api.get('/points?aggregate[id]=count&group=one&one[lte]=1000')
      expect(exactly.json.meta.groups).toHaveLength(1_000)
    } finally {
      await api.close()
    }
  }
})
