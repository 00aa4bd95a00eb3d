// The examples of the HTTP contract, one row each: a request, and what it means in SQL or how it is refused.
import { expect, it } from 'vitest'
import { describeVideos, type Role, type Row } from '../support/describe-videos.ts'

/** Requests that find rows: the condition in SQL over what the role sees. */
const finds: readonly (readonly [request: string, where: string, as?: Role])[] = [
  ['/videos?title=null', `title = 'null'`],
  ['/videos?title=', `title = ''`],
  ['/videos?draft=true&published=true', 'false', 'admin'],
  ['/videos?field[draft,published]=true', 'false', 'admin'],
  ['/videos?filter[draft]=true', `state = 'draft'`, 'admin'],
  ['/videos?field[draft]=true', `state = 'draft'`, 'admin'],
  ['/videos?draft=true', `state = 'draft'`, 'admin'],
  ['/videos?user_id[]=1&user_id[]=3', 'user_id in (1, 3)'],
  ['/videos?user_id[0]=1&user_id[1]=3', 'user_id in (1, 3)'],
  ['/videos?filter[id][in]=1,3', 'id in (1, 3)', 'admin'],
  [
    '/videos?filter[title][in][]=50%25 off, 100_percent&filter[title][in][]=null',
    `title in ('50% off, 100_percent', 'null')`,
  ],
  ['/videos?filter[title]=50%25 off, 100_percent', `title = '50% off, 100_percent'`],
  ['/videos?views_count[geq]=1000&views_count[le]=5000', 'views_count >= 1000 and views_count < 5000'],
  ['/videos?created_at[geq]=2016-01-24', `created_at >= '2016-01-24T00:00:00Z'`],
  ['/videos?created_at[gt]=2016-01-24T00:00:00+02:00', `created_at > '2016-01-24T00:00:00+02:00'`],
  ['/videos?filter[user_id][null]=true', 'user_id is null'],
  ['/videos?filter[not][state]=draft', `state <> 'draft'`, 'admin'],
  ['/videos?state[ne]=draft', `state <> 'draft'`, 'admin'],
  ['/videos?filter[not][published_at][gt]=2014-01-01', `(published_at > '2014-01-01T00:00:00Z') is not true`, 'admin'],
  ['/videos?filter[or][0][draft]=true&filter[or][1][published]=true', `state in ('draft', 'published')`, 'admin'],
  ['/videos?or[0][draft]=true&or[0][user_id]=1&or[1][id]=5', `(state = 'draft' and user_id = 1) or id = 5`, 'admin'],
  [
    '/videos?comments[text][contains]=x',
    `exists (select from guest_comments c where c.video_id = t.id and strpos(c.text, 'x') > 0)`,
  ],
  ['/comments?post[group_id]=1', 'post_id in (select id from posts where group_id = 1)'],
  [
    '/videos?filter[comments][none][user_id]=20',
    'not exists (select from guest_comments c where c.video_id = t.id and c.user_id = 20)',
  ],
  [
    '/videos?filter[user.country_code]=SE',
    `user_id in (select id from regular_users where country_code = 'SE')`,
    'regular',
  ],
  [
    '/videos?user[not][email][ends_with]=@x.org',
    `user_id in (select id from users where email not like '%@x.org')`,
    'admin',
  ],
  [
    '/videos?tags[]=foo&tags[]=bar',
    `id in (select video_id from video_tags join tags on tags.id = tag_id where name in ('foo', 'bar'))`,
  ],
  ['/videos?description[like][starts_with]=tennis', `starts_with(description, 'tennis')`],
  ['/videos?title[like]=50%25&title[with_ilike]=true', `strpos(lower(title), '50%') > 0`],
  ['/videos?scope=published', `state = 'published'`, 'admin'],
  ['/videos?scopes[published]=true', `state = 'published'`, 'admin'],
  ['/videos?scope[created_between]=1988,2018', `created_at between '1988-01-01T00:00:00Z' and '2018-01-01T00:00:00Z'`],
]

/** Requests that order or cut: the ids in SQL. */
const orders: readonly (readonly [request: string, sql: string])[] = [
  ['/videos?sort=-published_at,title', 'order by published_at desc nulls first, title collate "C", id limit 25'],
  ['/videos?per_page=5&page=3&offset=2', 'order by id offset 12 limit 5'],
  [
    '/videos?sort[username]=desc',
    'order by (select username from guest_users u where u.id = user_id) desc nulls first, id desc limit 25',
  ],
  ['/videos?page[number]=3&page[size]=5', 'order by id offset 10 limit 5'],
  ['/videos?sort[property]=id&sort[order]=desc', 'order by id desc limit 25'],
  ['/videos?limit=30', 'order by id limit 30'],
]

/** Requests that show fields: the members of the first record. */
const shows: readonly (readonly [request: string, members: readonly string[]])[] = [
  ['/videos?fields=title,description', ['id', 'title', 'description']],
  ['/videos?fields[title]=true&fields[links]=true', ['id', 'title', 'links']],
  ['/videos?fields[title]', ['id', 'title']],
  ['/videos?fields=[title,links]', ['id', 'title', 'links']],
  ['/videos?fields[videos]=title,state', ['id', 'title', 'state']],
  ['/videos?fields[videos]=', ['id']],
  ['/users?fields[videos]=true', ['id', 'videos']],
  ['/videos?fields[title]&includes=[user]&fields[user][username]=true', ['id', 'title', 'user']],
  ['/videos?fields=title,user.username', ['id', 'title', 'user']],
]

/** Requests that are refused: the code, and what the detail says or does not say. */
const refuses: readonly (readonly [request: string, code: string, says?: RegExp, saysNot?: RegExp])[] = [
  ['/videos?id[]=1&id[0]=3', 'bad_list'],
  ['/videos?user_id=1&user_id=3', 'repeated_parameter'],
  ['/videos?user_id=1,3', 'invalid_value', /\[in\]/],
  ['/videos?fields[title]=yes', 'invalid_value'],
  ['/users?fields=nmae', 'unknown_field', /Did you mean "name"/],
  ['/videos?email=x', 'unknown_parameter', /"email"/, /Did you mean/],
  ['/videos?user_id=99999999999', 'invalid_value'],
  ['/videos?user_id=null', 'invalid_value'],
  ['/videos?drfat=true', 'unknown_parameter', /Did you mean "draft"/],
  ['/videos?draft=', 'invalid_value'],
  ['/videos?filter[or][][draft]=true', 'bad_list', /index|\[0\]/],
  ['/videos?sort=comments.text', 'unsupported_sort'],
  ['/videos?per_page=5&page[size]=6', 'said_twice'],
  ['/videos?per_page=0', 'invalid_value'],
  ['/videos?per_page=1000', 'page_size_too_large'],
  ['/videos?group=state', 'group_needs_aggregate'],
  ['/videos?aggregate[title]=sum', 'unknown_operator'],
  ['/videos?aggregate[view_count&[avg]=true', 'bad_parameter_name'],
  ['/videos?title=%ff', 'bad_encoding'],
]

describeVideos('the examples of the contract', videos => {
  for (const [path, where, as] of finds) it(`${path} finds what ${where}`, () => videos.expectRows(path, where, as))

  for (const [path, sql] of orders) {
    it(`${path} comes in ${sql}`, async () => {
      expect(await videos.ids(path)).toEqual(await videos.column(`select id from guest_videos ${sql}`))
    })
  }

  for (const [path, members] of shows) {
    it(`${path} shows ${members}`, async () => {
      const [first] = await videos.data(path)
      expect(Object.keys(first as Row)).toEqual(members)
    })
  }

  for (const [path, code, says, saysNot] of refuses) {
    it(`${path} is refused as ${code}`, async () => {
      for (const as of ['guest', 'regular'] as const) {
        const { status, json } = await videos.ask(path, { as })
        expect([status, json.errors?.[0].code]).toEqual([400, code])
        if (says) expect(json.errors[0].detail).toMatch(says)
        if (saysNot) expect(json.errors[0].detail).not.toMatch(saysNot)
        expect(json.errors[0].source).toEqual({ parameter: expect.any(String) })
      }
    })
  }

  it('/users?include=videos&fields[videos]=title takes the list for the type', async () => {
    const [user] = await videos.data('/users?include=videos&fields[videos]=title&id=18')
    expect(Object.keys(user as Row)).toEqual(['id', 'username', 'name', 'videos'])
    expect(user?.videos).toEqual(await videos.rows('select id, title from guest_videos where user_id = 18 order by id'))
  })

  it('/users/17?fields=name,email shows a regular user no email', async () => {
    const { status, json } = await videos.ask('/users/17?fields=name,email', { as: 'regular' })
    expect([status, json]).toEqual([200, { data: { id: 17, name: 'Ingrid Holm' } }])
  })

  it('/videos/99999999999 is not found, though no id can be so large', async () => {
    expect((await videos.ask('/videos/99999999999')).status).toBe(404)
  })

  it('?include=user,comments.user includes two paths, and ?include= nothing', async () => {
    const [video] = await videos.data('/videos?include=user,comments.user&id=3031')
    expect(video?.user.username).toBe('robert')
    expect(video?.comments.some((comment: Row) => typeof comment.user?.username === 'string')).toBe(true)
    const [plain] = await videos.data('/videos?include=&id=3031')
    expect(plain?.user).toEqual({ id: 18 })
    expect(plain).not.toHaveProperty('comments')
  })

  it('?include[comments][limit]=5&include[comments][sort]=-created_at includes the newest five of each', async () => {
    const list = await videos.data('/videos?include[comments][limit]=5&include[comments][sort]=-created_at')
    expect(list).toHaveLength(25)
    for (const { id, comments } of list as Row[]) {
      expect(comments.map((one: Row) => one.id)).toEqual(
        await videos.column(
          'select id from guest_comments where video_id = $1 order by created_at desc, id desc limit 5',
          [id],
        ),
      )
    }
  })

  it('?include[comments][filter][text][contains]=x includes some comments', async () => {
    for (const { id, comments } of (await videos.data(
      '/videos?include[comments][filter][text][contains]=x',
    )) as Row[]) {
      expect(comments.map((one: Row) => one.id)).toEqual(
        await videos.column(
          `select id from guest_comments where video_id = $1 and strpos(text, 'x') > 0 order by id limit 100`,
          [id],
        ),
      )
    }
  })

  it('?page[after]=C goes on after C, and up to D with page[before]=D', async () => {
    const [first, , third] = await Promise.all(
      [5, 0, 50].map(async size => (await videos.ask(`/videos?per_page=${size || 1}`)).json),
    )
    const [c, d] = [first, third].map(({ links }) => new URL(links.next, 'http://x').searchParams.get('page[after]'))
    const all = await videos.column('select id from guest_videos order by id')
    expect(await videos.ids(`/videos?page[after]=${c}`)).toEqual(all.slice(5, 30))
    expect(await videos.ids(`/videos?page[after]=${c}&page[before]=${d}`)).toEqual(all.slice(5, 49))
    for (const [query, code] of [
      [`page[after]=${c}&sort=-id`, 'cursor_mismatch'],
      [`page[after]=${c}&page=2`, 'page_kind_mixed'],
    ]) {
      expect((await videos.ask(`/videos?${query}`)).json.errors[0].code).toBe(code)
    }
  })

  it('?page[total]=exact counts', async () => {
    expect((await videos.ask('/videos?page[total]=exact')).json.meta).toEqual({
      page: { total: (await videos.column('select id from guest_videos')).length },
    })
  })

  it('?state=published&aggregate[view_count][sum]=true&aggregate[view_count][avg]=true&per_page=1 is over all matches', async () => {
    const { json } = await videos.ask(
      '/videos?state=published&aggregate[view_count][sum]=true&aggregate[view_count][avg]=true&per_page=1',
      { as: 'admin' },
    )
    const [row] = await videos.rows(
      `select sum(views_count)::text as sum, avg(views_count)::float8 as avg from videos where state = 'published'`,
    )
    expect(json.meta.aggregate.view_count.sum).toBe(row?.sum)
    expect(Number(json.meta.aggregate.view_count.avg)).toBeCloseTo(row?.avg, 6)
  })

  it('?aggregate[views_count]=sum,avg&group=state has one row a state', async () => {
    const { json } = await videos.ask('/videos?aggregate[views_count]=sum,avg&group=state', { as: 'admin' })
    const rows = await videos.rows(
      'select state, sum(views_count)::text as sum from videos group by state order by state',
    )
    expect(json.meta.groups.map(({ group, aggregate }: Row) => ({ ...group, sum: aggregate.views_count.sum }))).toEqual(
      rows,
    )
  })

  it('/videos/ moves to /videos, and /v1/user/17 and /v1/musicTracks/7/videos are there', async () => {
    const moved = await videos.ask('/videos/')
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/api/videos'])
    expect((await videos.ask('/v1/user/17')).json.data.id).toBe(17)
    expect(await videos.ids('/v1/musicTracks/7/videos')).toEqual(
      await videos.column('select id from guest_videos where music_track_id = 7 order by id limit 25'),
    )
  })
})
