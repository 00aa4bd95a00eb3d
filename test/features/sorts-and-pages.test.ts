// Sorts and pages over HTTP: by number, by offset, by cursor in both directions, between cursors; links, totals, bounds.
import { request } from 'node:http'
import { expect, it } from 'vitest'
import { signToken } from '../support/api-under-test.ts'
import { type AskOptions, describeVideos, type Row, roles } from '../support/describe-videos.ts'

describeVideos('sorts and pages', videos => {
  const refuse = async (path: string, code: string, options?: AskOptions) => {
    const { status, json } = await videos.ask(path, options)
    expect([status, json.errors?.[0]?.code], path).toEqual([400, code])
    return json.errors[0]
  }
  const byUsername = (direction: string, skip: number, take: number) =>
    videos.column(
      `select v.id from guest_videos v left join guest_users u on u.id = v.user_id order by u.username ${direction}, v.id ${direction} offset ${skip} limit ${take}`,
    )
  /** Follows `links` of a list as a browser would. */
  const follow = async (link: string, options?: AskOptions) =>
    (await videos.ask(link.slice('/api'.length), options)).json

  it('skip whole pages and an offset', async () => {
    const expected = await byUsername('desc', 12, 5)
    for (const sort of [
      'sort[username]=desc',
      'sort[username]=DESC',
      'sort=-username',
      'sort[property]=username&sort[order]=desc',
      'sort[]=-username',
      'sort=-user.username',
      'sort[user.username]=desc',
    ]) {
      expect(await videos.ids(`/videos?${sort}&per_page=5&page=3&offset=2`), sort).toEqual(expected)
    }
    for (const page of [
      'page[size]=5&page[number]=3&page[offset]=2',
      'limit=5&page=3&offset=2',
      'limit=5&offset=12',
      'per_page=5&page[size]=5&page=3&offset=2',
    ]) {
      expect(await videos.ids(`/videos?sort=-username&${page}`), page).toEqual(expected)
    }
    expect(await videos.ids('/videos?sort=-username&page[number]=3&page[size]=5')).toEqual(
      await byUsername('desc', 10, 5),
    )
    expect(await videos.ids('/videos?sort=-username&limit=30')).toEqual(await byUsername('desc', 0, 30))
    expect(await videos.ids('/videos?sort[username]=asc&limit=30')).toEqual(await byUsername('asc', 0, 30))
  })

  it('sort by several keys, then by the primary key, with nulls as the greatest value', async () => {
    const all = (order: string, as = 'admin') =>
      videos.column(`select id from ${as}_videos order by ${order} limit 100`)
    expect(await videos.ids('/videos?sort=-published_at,title&per_page=100', { as: 'admin' })).toEqual(
      await all('published_at desc nulls first, title collate "C", id'),
    )
    expect(await videos.ids('/videos?sort=published_at&per_page=100', { as: 'admin' })).toEqual(
      await all('published_at nulls last, id'),
    )
    expect(await videos.ids('/videos?sort=state,-views_count&per_page=100', { as: 'admin' })).toEqual(
      await all('state, views_count desc, id desc'),
    )
    expect(
      await videos.ids('/videos?sort[0][property]=state&sort[1][property]=views_count&per_page=100', { as: 'admin' }),
    ).toEqual(await all('state, views_count, id'))
    expect(await videos.ids('/videos?sort[state]=asc&sort[views_count]=desc&per_page=100', { as: 'admin' })).toEqual(
      await all('state, views_count desc, id desc'),
    )
    expect(await videos.ids('/videos?sort[property]=id&sort[order]=desc&per_page=100')).toEqual(
      await all('id desc', 'guest'),
    )
    expect(await videos.ids('/videos?sort=user_id,-id&per_page=100')).toEqual(
      await all('user_id nulls last, id desc', 'guest'),
    )
    expect(await videos.ids('/videos?sort=-draft,id&per_page=100', { as: 'admin' })).toEqual(
      await all(`state = 'draft' desc, id`),
    )
  })

  it('sort by what a resource declares, and by default as it says', async () => {
    expect(await videos.ids('/users?per_page=100')).toEqual(
      await videos.column('select id from guest_users order by username collate "C", id'),
    )
    expect(await videos.ids('/users?sort=-name&per_page=100')).toEqual(
      await videos.column('select id from guest_users order by name collate "C" desc, id desc'),
    )
    expect(await videos.ids('/users?sort=-followers_count&per_page=100', { as: 'regular' })).toEqual(
      await videos.column('select id from regular_users order by followers_count desc, id desc'),
    )
    // The users list their sorts, so that no other field sorts them.
    await refuse('/users?sort=avatar', 'unknown_field', { as: 'regular' })
    // Followers are nothing that a guest may read.
    await refuse('/users?sort=followers_count', 'unknown_field')
  })

  it('refuse sorts that there are not', async () => {
    await refuse('/videos?sort=comments.text', 'unsupported_sort')
    expect((await refuse('/videos?sort=titel', 'unknown_field')).detail).toContain('"title"')
    await refuse('/videos?sort[title]=up', 'invalid_value')
    await refuse('/videos?sort=title&sort=id', 'repeated_parameter')
    await refuse(
      '/videos?sort=id,title,state,thumbnail,views_count,likes_count,comments_count,published_at,created_at',
      'limit_exceeded',
    )
    await refuse('/users?sort=email', 'unknown_field')
    await refuse('/videos?sort=user.email', 'unknown_field')
  })

  it('walk through a list by its links, forwards and back, each row once', async () => {
    for (const [path, order, as] of [
      ['/videos?fields=id', 'id', 'guest'],
      ['/videos?sort=-published_at&fields=title', 'published_at desc nulls first, id desc', 'admin'],
      ['/videos?sort=state,-created_at&draft=false', 'state, created_at desc, id desc', 'admin'],
      ['/videos?sort=music_track_id,title&fields=id', 'music_track_id nulls last, title collate "C", id', 'regular'],
    ] as const) {
      const where = path.includes('draft=false') ? `where state <> 'draft'` : ''
      const expected = await videos.column(`select id from ${as}_videos ${where} order by ${order}`)
      const pages: unknown[][] = []
      let page = (await videos.ask(`${path}&per_page=67`, { as })).json
      expect(page.links.prev).toBeNull()
      for (;;) {
        pages.push(page.data.map(({ id }: Row) => id))
        if (page.links.next === null) break
        expect(page.links.next).toContain('page[after]=')
        page = await follow(page.links.next, { as })
      }
      expect(pages.flat(), path).toEqual(expected)
      expect(pages.slice(0, -1).every(ids => ids.length === 67)).toBe(true)
      const back = [pages.at(-1)]
      while (page.links.prev !== null && back.length <= pages.length) {
        page = await follow(page.links.prev, { as })
        back.unshift(page.data.map(({ id }: Row) => id))
      }
      // Only a page after it can tell that there is nothing before the first.
      expect(
        back.filter(ids => ids?.length !== 0),
        path,
      ).toEqual(pages)
    }
  })

  it('walk by a related record, also where rows have none', async () => {
    const expected = await byUsername('asc', 0, 1_000)
    const ids: unknown[] = []
    let page = (await videos.ask('/videos?sort=username&fields=id&per_page=100')).json
    for (;;) {
      ids.push(...page.data.map(({ id }: Row) => id))
      if (page.links.next === null) break
      page = await follow(page.links.next)
    }
    expect(ids).toEqual(expected)
  })

  it('link by number where the page was asked for by number', async () => {
    const { json, headers } = await videos.ask('/videos?fields=id&per_page=5&page=3')
    expect(json.links).toEqual({
      next: '/api/videos?fields=id&per_page=5&page[number]=4',
      prev: '/api/videos?fields=id&per_page=5&page[number]=2',
    })
    expect(headers.get('link')).toBe(`<${json.links.prev}>; rel="prev", <${json.links.next}>; rel="next"`)
    expect((await follow(json.links.next)).data.map(({ id }: Row) => id)).toEqual(
      await videos.column('select id from guest_videos order by id offset 15 limit 5'),
    )
    const first = await videos.ask('/videos?page=1')
    expect(first.json.links.prev).toBeNull()
    const beyond = await videos.ask('/videos?page=100')
    expect([beyond.json.data, beyond.json.links.next]).toEqual([[], null])
  })

  it('take a cursor in either direction and between two', async () => {
    const all = await videos.column('select id from guest_videos order by id')
    const cursors = new Map<unknown, string>()
    for (const at of [10, 20, 40, 300]) {
      const { links } = (await videos.ask(`/videos?fields=id&page=1&per_page=1&id[gte]=${all[at]}`)).json
      expect(links.next).toContain('page[number]=2')
      const { json } = await videos.ask(`/videos?fields=id&per_page=1&id[gte]=${all[at]}`)
      cursors.set(at, new URL(json.links.next, 'http://x').searchParams.get('page[after]') as string)
    }
    const ids = (query: string) => videos.ids(`/videos?fields=id&${query}`)
    expect(await ids(`page[after]=${cursors.get(10)}&per_page=5`)).toEqual(all.slice(11, 16))
    expect(await ids(`page[after]=${cursors.get(300)}`)).toEqual(all.slice(301))
    expect(await ids(`page[before]=${cursors.get(40)}&per_page=5`)).toEqual(all.slice(35, 40))
    expect(await ids(`page[before]=${cursors.get(10)}`)).toEqual(all.slice(0, 10))
    const between = await videos.ask(`/videos?fields=id&page[after]=${cursors.get(10)}&page[before]=${cursors.get(40)}`)
    expect(between.json.data.map(({ id }: Row) => id)).toEqual(all.slice(11, 40))
    expect(between.json.meta?.page?.rangeTruncated).toBeUndefined()
    expect(between.json.links.next).toBeNull()
    const cut = await videos.ask(`/videos?fields=id&page[after]=${cursors.get(10)}&page[before]=${cursors.get(300)}`)
    expect(cut.json.data.map(({ id }: Row) => id)).toEqual(all.slice(11, 111))
    expect(cut.json.meta.page.rangeTruncated).toBe(true)
    // What follows a cut ends where the range does.
    const rest: Row[] = []
    for (let next = cut.json.links.next; next !== null; ) {
      const { json } = await videos.ask(next.replace('/api', ''))
      rest.push(...json.data)
      next = json.links.next
    }
    expect(rest.map(({ id }) => id)).toEqual(all.slice(111, 300))
    expect(await ids(`page[after]=${cursors.get(40)}&page[before]=${cursors.get(20)}`)).toEqual([])
  })

  it('keep a cursor through other filters, fields and sizes, in the very same spelling', async () => {
    const { json } = await videos.ask('/videos?per_page=3&sort=-views_count')
    const again = await videos.ask('/videos?per_page=3&sort=-views_count')
    expect(again.json.links.next).toBe(json.links.next)
    const cursor = new URL(json.links.next, 'http://x').searchParams.get('page[after]')
    const last = json.data[2]
    expect(
      await videos.ids(`/videos?page[after]=${cursor}&sort=-views_count&per_page=7&fields=title&user_id=1`),
    ).toEqual(
      await videos.column(
        'select id from guest_videos where (views_count, id) < ($1, $2) and user_id = 1 order by views_count desc, id desc limit 7',
        [last.views_count, last.id],
      ),
    )
  })

  it('refuse a cursor in another place, in other hands, and a forged one', async () => {
    const { json } = await videos.ask('/videos?per_page=3', { as: 'regular' })
    const cursor = new URL(json.links.next, 'http://x').searchParams.get('page[after]') as string
    expect((await videos.ask(`/videos?page[after]=${cursor}`, { as: 'regular' })).status).toBe(200)
    await refuse(`/videos?page[after]=${cursor}&sort=-id`, 'cursor_mismatch', { as: 'regular' })
    await refuse(`/videos?page[after]=${cursor}&sort=title`, 'cursor_mismatch', { as: 'regular' })
    await refuse(`/comments?page[after]=${cursor}`, 'cursor_mismatch', { as: 'regular' })
    await refuse(`/videos?page[before]=${cursor}`, 'cursor_mismatch', { as: 'owner' })
    await refuse(`/videos?page[after]=${cursor}`, 'cursor_mismatch')
    const other = await signToken('21')
    expect((await videos.api.get(`/videos?page[after]=${cursor}`, { token: other })).json.errors[0].code).toBe(
      'cursor_mismatch',
    )
    const flipped = `${cursor[0] === 'A' ? 'B' : 'A'}${cursor.slice(1)}`
    for (const forged of [
      cursor.slice(0, -2),
      `${cursor}A`,
      flipped,
      'x',
      `${cursor}=`,
      encodeURIComponent('{"id":1}'),
    ])
      await refuse(`/videos?page[after]=${forged}`, 'invalid_cursor', { as: 'regular' })
    await refuse('/videos?page[after]=', 'invalid_value')
  })

  it('bound the size of a page and what may be skipped', async () => {
    expect((await videos.ids('/videos')).length).toBe(25)
    expect((await videos.ids('/videos?per_page=100')).length).toBe(100)
    expect(await refuse('/videos?per_page=1000', 'page_size_too_large')).toMatchObject({
      meta: { page: { maxSize: 100 } },
      source: { parameter: 'per_page' },
    })
    await refuse('/videos?page[size]=101', 'page_size_too_large')
    for (const wrong of [
      'per_page=0',
      'per_page=-1',
      'per_page=5.5',
      'per_page=x',
      'per_page=',
      'page=0',
      'page=-1',
      'offset=-1',
      'page[number]=1e3',
      'page[total]=maybe',
    ])
      await refuse(`/videos?${wrong}`, 'invalid_value')
    await refuse('/videos?offset=100001', 'limit_exceeded')
    await refuse('/videos?page=5000&per_page=100', 'limit_exceeded')
    await refuse('/videos?per_page=5&page[size]=6', 'said_twice')
    await refuse('/videos?per_page=5&per_page=5', 'repeated_parameter')
    await refuse('/videos?page[foo]=1', 'unknown_parameter')
  })

  it('refuse two kinds of pages at once', async () => {
    const { json } = await videos.ask('/videos?per_page=3')
    const cursor = new URL(json.links.next, 'http://x').searchParams.get('page[after]')
    for (const mixed of [
      `page[after]=${cursor}&page=2`,
      `page[before]=${cursor}&offset=1`,
      `page[after]=${cursor}&page[number]=1`,
    ])
      await refuse(`/videos?${mixed}`, 'page_kind_mixed')
  })

  it('count only when they are asked to', async () => {
    const { statements } = videos.api
    statements.length = 0
    const plain = await videos.ask('/videos?per_page=1')
    expect(plain.json.meta).toBeUndefined()
    expect(statements.join()).not.toMatch(/count\(/)
    for (const as of roles) {
      const [total] = await videos.column(`select count(*)::int from ${as}_videos where views_count > 100`)
      const exact = await videos.ask('/videos?views_count[gt]=100&per_page=1&page[total]=exact', { as })
      expect(exact.json.meta).toEqual({ page: { total } })
      const estimated = await videos.ask('/videos?views_count[gt]=100&per_page=1&page[total]=estimated', { as })
      expect(estimated.json.meta).toEqual({ page: { estimatedTotal: { value: total, relation: 'exact' } } })
    }
    const none = await videos.ask('/videos?id=-1&page[total]=exact')
    expect([none.json.data, none.json.meta]).toEqual([[], { page: { total: 0 } }])
    const later = await videos.ask('/videos?page[total]=exact&page=2&per_page=100')
    expect(later.json.meta.page.total).toBe((await videos.column('select id from guest_videos')).length)
  })

  it('leave no way out of the header Link', async () => {
    const { port } = videos.api.server
    const link = await new Promise<string | undefined>((resolve, reject) => {
      const call = request(
        { port, path: '/api/videos?per_page=1&title[ne]=a>;rel="next",<http://elsewhere/' },
        response => {
          response.resume().once('end', () => resolve(String(response.headers.link)))
        },
      )
      call.once('error', reject).end()
    })
    expect(link).toMatch(
      /^<\/api\/videos\?per_page=1&title\[ne\]=a%3E;rel=%22next%22,%3Chttp:\/\/elsewhere\/&page\[after\]=[\w-]+>; rel="next"$/,
    )
  })

  it('hold links in a list that is empty too', async () => {
    const { json, headers } = await videos.ask('/videos?id=-1')
    expect(json).toEqual({ data: [], links: { next: null, prev: null } })
    expect(headers.get('link')).toBeNull()
  })
})
