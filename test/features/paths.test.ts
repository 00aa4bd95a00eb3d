// Paths over HTTP: spellings, versions, trailing slashes, nested routes, natural keys, composite ids, HEAD.
import { request } from 'node:http'
import pg from 'pg'
import { expect, it } from 'vitest'
import { startApi } from '../support/api-under-test.ts'
import { emptyDatabase, servers } from '../support/databases.ts'
import { type AskOptions, describeVideos, type Row } from '../support/describe-videos.ts'

describeVideos('paths', videos => {
  const status = async (path: string, options?: AskOptions) => (await videos.ask(path, options)).status
  /** A target as it is, which `fetch` would tidy up first. */
  const raw = (path: string) =>
    new Promise<{ status: number | undefined; location: string | undefined }>((resolve, reject) => {
      const call = request({ port: videos.api.server.port, path }, response => {
        response
          .resume()
          .once('end', () => resolve({ status: response.statusCode, location: response.headers.location }))
      })
      call.once('error', reject).end()
    })

  it('are plural, lower-case and dashed; the singular, camelCase and underscores are accepted', async () => {
    const expected = await videos.data('/music-tracks')
    expect(expected.length).toBe(25)
    for (const path of [
      '/music_tracks',
      '/musicTracks',
      '/music-track',
      '/musicTrack',
      '/music_track',
      '/v1/music-tracks',
      '/v1/musicTracks',
    ])
      expect(await videos.data(path), path).toEqual(expected)
    for (const path of ['/v1/user/17', '/user/17', '/users/17'])
      expect(await videos.data(`${path}?fields=name`), path).toEqual({ id: 17, name: 'Ingrid Holm' })
    const tracked = await videos.ids('/music-tracks/1/videos')
    expect(await videos.ids('/v1/musicTracks/1/videos')).toEqual(tracked)
    expect(tracked).toEqual(
      await videos.column('select id from guest_videos where music_track_id = 1 order by id limit 25'),
    )
    for (const path of ['/videos/1/music-track', '/videos/1/musicTrack', '/videos/1/music_track'])
      expect(await videos.data(`${path}?fields=id`), path).toEqual({
        id: (await videos.column('select music_track_id from videos where id = 1'))[0],
      })
  })

  it('link canonically, whatever was asked for', async () => {
    const { json } = await videos.ask('/musicTrack?per_page=1')
    expect(json.links.next).toMatch(/^\/api\/music-tracks\?/)
    const versioned = await videos.ask('/v1/music_tracks/1/videos?per_page=1')
    expect(versioned.json.links.next).toMatch(/^\/api\/v1\/music-tracks\/1\/videos\?/)
  })

  it('end without a slash', async () => {
    const { port } = videos.api.server
    expect(await raw('/api/videos/')).toEqual({ status: 308, location: '/api/videos' })
    expect(await raw('/api/videos/?limit=2')).toEqual({ status: 308, location: '/api/videos?limit=2' })
    expect(await raw('/api/videos/3031/')).toEqual({ status: 308, location: '/api/videos/3031' })
    expect(await raw('/api/')).toEqual({ status: 308, location: '/api' })
    // A redirect never leads to another host.
    expect((await raw('//elsewhere.example/')).location ?? '').not.toMatch(/^\/\//)
    const followed = await fetch(`http://127.0.0.1:${port}/api/videos/?limit=2`)
    expect(((await followed.json()) as Row).data).toHaveLength(2)
  })

  it('name nothing where they name no resource', async () => {
    for (const path of [
      '/api/nope',
      '/api/videos//3031',
      '/api//videos',
      '/api/videos/3031/nope',
      '/api/videos/3031/title',
      '/api/videos/3031/comments/5/user',
      '/api/v2/videos',
      '/api/v1/v1/videos',
      '/videos',
      '/',
      '/apivideos',
      '/api/VIDEOS',
      '/api/..%2Fvideos',
      '/api/__proto__',
      '/api/constructor',
      '/api/videos/__proto__',
      '/api/videos/3031/constructor',
    ]) {
      expect((await raw(path)).status, path).toBe(404)
    }
  })

  it('lead to a record by its id', async () => {
    expect(await videos.data('/videos/3031?fields=title')).toEqual({ id: 3031, title: 'Leon på havet!' })
    for (const id of [
      '0',
      '999999',
      '99999999999',
      '1.5',
      'abc',
      '1%2C2',
      '3031,1',
      '-1',
      '%20',
      '1e3',
      'null',
      "1'",
      '..%2F1',
    ])
      expect(await status(`/videos/${id}`), id).toBe(404)
    expect((await videos.ask('/videos/%ff')).json.errors[0].code).toBe('bad_encoding')
    expect((await videos.ask('/videos/%00')).json.errors[0].code).toBe('bad_encoding')
    expect((await videos.ask('/videos/%zz')).json.errors[0].code).toBe('bad_encoding')
  })

  it('take fields and include on a record, and nothing of a list', async () => {
    for (const query of [
      'draft=true',
      'sort=id',
      'per_page=1',
      'page=1',
      'page[total]=exact',
      'aggregate[id]=count',
      'scope=published',
      'filter[id]=1',
    ]) {
      const { status: code, json } = await videos.ask(`/videos/3031?${query}`)
      expect([code, json.errors[0].code], query).toEqual([400, 'unknown_parameter'])
    }
  })

  it('lead to a record by its natural key, and name the URL of its id', async () => {
    const byName = await videos.ask('/tags/foo')
    expect([byName.status, byName.json.data.id, byName.headers.get('content-location')]).toEqual([
      200,
      1,
      '/api/tags/1',
    ])
    const byId = await videos.ask('/tags/1')
    expect([byId.text, byId.headers.get('content-location')]).toEqual([byName.text, null])
    const versioned = await videos.ask('/v1/tag/tennis?fields=name')
    expect([versioned.json.data, versioned.headers.get('content-location')]).toEqual([
      { id: 3, name: 'tennis' },
      '/api/v1/tags/3?fields=name',
    ])
    const nested = await videos.ask('/videos/101/tags/tennis')
    expect([nested.json.data.id, nested.headers.get('content-location')]).toEqual([3, '/api/tags/3'])
    expect(await videos.ids('/tags/foo/videos')).toEqual(
      await videos.column(
        'select video_id from video_tags join guest_videos v on v.id = video_id where tag_id = 1 order by 1 limit 25',
      ),
    )
    for (const name of ['nope', 'FOO', 'foo%20', ''])
      expect(await status(`/tags/${name}`), name).toBe(name === '' ? 308 : 404)
    expect(await status('/users/robert')).toBe(404)
  })

  it('lead to the records of a record', async () => {
    expect(await videos.ids('/videos/1/comments')).toEqual(
      await videos.column('select id from guest_comments where video_id = 1 order by id limit 25'),
    )
    expect(await videos.ids('/videos/1/comments?user_id=2&sort=-id')).toEqual(
      await videos.column('select id from guest_comments where video_id = 1 and user_id = 2 order by id desc'),
    )
    expect(await videos.ids('/videos/101/tags')).toEqual(
      await videos.column('select tag_id from video_tags where video_id = 101 order by 1'),
    )
    expect(await videos.ids('/users/18/videos?draft=true', { as: 'owner' })).toEqual(
      await videos.column(`select id from videos where user_id = 18 and state = 'draft' order by id`),
    )
    expect(await videos.ids('/users/18/videos?draft=true')).toEqual([])
    const { json } = await videos.ask('/videos/1/comments?page[total]=exact&aggregate[id]=count&per_page=1')
    const [count] = await videos.column('select count(*)::int from guest_comments where video_id = 1')
    expect(json.meta).toEqual({ page: { total: count }, aggregate: { id: { count } } })
    expect(await videos.data('/videos/1/user?fields=username')).toEqual({ id: 1, username: 'admin' })
    expect(await videos.ids('/comments/3/comments')).toEqual([4])
  })

  it('lead through pages of the records of a record', async () => {
    const ids: unknown[] = []
    let path: string | null = '/videos/1/comments?per_page=7&sort=-created_at&fields=id'
    while (path !== null) {
      const { json } = await videos.ask(path)
      ids.push(...json.data.map(({ id }: Row) => id))
      path = json.links.next?.slice('/api'.length) ?? null
    }
    expect(ids).toEqual(
      await videos.column('select id from guest_comments where video_id = 1 order by created_at desc, id desc'),
    )
  })

  it('lead to one of them only where it belongs there', async () => {
    expect(await videos.data('/videos/3031/comments/7?fields=id')).toEqual({ id: 7 })
    expect(await status('/videos/1/comments/7')).toBe(404)
    expect(await status('/videos/1/comments/17')).toBe(200)
    expect(await status('/videos/1/comments/999999')).toBe(404)
    expect(await status('/videos/101/tags/3')).toBe(200)
    const [other] = await videos.column(
      'select id from tags where id not in (select tag_id from video_tags where video_id = 101) limit 1',
    )
    expect(await status(`/videos/101/tags/${other}`)).toBe(404)
    expect(await status('/videos/1/user/1')).toBe(200)
    expect(await status('/videos/1/user/2')).toBe(404)
  })

  it('show nothing under a record that is not there, or not for this caller', async () => {
    const [draft] = await videos.column(
      `select id from videos where state = 'private' and user_id = 18 and id in (select video_id from comments) union all select id from videos where state = 'draft' and user_id = 18 limit 1`,
    )
    const [published] = await videos.column(
      `select id from videos where state = 'published' and id not in (select video_id from comments where video_id is not null) order by id limit 1`,
    )
    for (const under of [
      'comments',
      'tags',
      'user',
      'comments/17',
      'comments?page[total]=exact',
      'comments?aggregate[id]=count',
    ]) {
      const hidden = await videos.ask(`/videos/${draft}/${under}`, { headers: { 'request-id': 'x' } })
      const missing = await videos.ask(`/videos/999999/${under}`, { headers: { 'request-id': 'x' } })
      expect([hidden.status, hidden.text], under).toEqual([404, missing.text])
    }
    expect(await status(`/videos/${draft}/comments`, { as: 'owner' })).toBe(200)
    expect(await videos.data(`/videos/${published}/comments`)).toEqual([])
    // The likes of a video are for those who have signed in.
    expect(await status('/videos/1/likes')).toBe(404)
    expect(await status('/videos/1/likes', { as: 'regular' })).toBe(200)
    // A to-one path to nothing, or to a hidden record.
    const [noTrack] = await videos.column(
      'select id from guest_videos where music_track_id is null order by id limit 1',
    )
    expect(await status(`/videos/${noTrack}/music-track`)).toBe(404)
    const [ofHidden] = await videos.column('select id from guest_videos where user_id is null order by id limit 1')
    expect(await status(`/videos/${ofHidden}/user`)).toBe(404)
    expect(await status(`/videos/${ofHidden}/user`, { as: 'admin' })).toBe(200)
  })

  it('join the parts of a composite id by a comma', async () => {
    expect(await videos.data('/likes/20,42', { as: 'regular' })).toMatchObject({ user: { id: 20 }, video: { id: 42 } })
    expect(await videos.data('/likes/20%2C42', { as: 'regular' })).toMatchObject({
      user: { id: 20 },
      video: { id: 42 },
    })
    for (const id of ['20,5', '42,20', '20', '20,42,1', '20,', ',42', '20,x', '20;42', '20~142'])
      expect(await status(`/likes/${id}`, { as: 'regular' }), id).toBe(404)
    const [like] = await videos.data('/likes?user_id=20&video_id=42&fields=links', { as: 'regular' })
    expect(like?.links.self).toBe('/api/likes/20,42')
    const [tagged] = await videos.data('/video-tags?video_id=101&tag_id=3&fields[links]')
    expect(tagged?.links.self).toBe('/api/video-tags/101,3')
    expect(await status('/video-tags/101,3')).toBe(200)
  })

  it('answer HEAD as GET, without a body', async () => {
    for (const path of [
      '/videos?per_page=2',
      '/videos/3031',
      '/videos/1/comments',
      '/tags/foo',
      '',
      '/nope',
      '/videos/999999',
      '/videos?drfat=1',
    ]) {
      const get = await videos.ask(path)
      const head = await videos.ask(path, { method: 'HEAD' })
      expect([head.status, head.text], path).toEqual([get.status, ''])
      const shown = (headers: Headers) =>
        [...headers].filter(
          ([name]) => !['date', 'request-id', 'content-length', 'connection', 'keep-alive'].includes(name),
        )
      expect(shown(head.headers), path).toEqual(shown(get.headers))
      if (get.status === 200) expect(head.headers.get('content-length'), path).toBe(get.headers.get('content-length'))
    }
  })
})

it('hold ids of any text, of several parts, and of other schemas', async () => {
  for (const server of servers()) {
    const database = await emptyDatabase(server)
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query(`
      create table files (path text primary key, bytes int not null);
      insert into files values ('a/b c', 1), ('å,ä~', 2), ('query', 3), ('50%', 4), ('a+b', 5), ('1', 6);
      create table parts (one text, two text, primary key (one, two));
      insert into parts values ('a,b', 'c~d'), ('a', 'b,c~d'), ('', 'x');
      create schema sales; create table sales.orders (id bigint primary key, total numeric(40, 20)); insert into sales.orders values (9007199254740993, 0.10)`)
    await client.end()
    const api = await startApi('open', database)
    try {
      for (const [id, bytes] of [
        ['a%2Fb%20c', 1],
        ['%C3%A5,%C3%A4~', 2],
        ['%C3%A5%2C%C3%A4%7E', 2],
        ['50%25', 4],
        ['a+b', 5],
        ['a%2Bb', 5],
        ['1', 6],
      ] as const) {
        expect((await api.get(`/files/${id}`)).json.data?.bytes, id).toBe(bytes)
      }
      expect((await api.get('/files/a%20b')).status).toBe(404)
      const files = await api.get('/files?fields=bytes,links&sort=bytes')
      for (const { path, bytes, links } of files.json.data) {
        if (path !== 'query')
          expect((await api.get(links.self.slice('/api'.length))).json.data?.bytes, path).toBe(bytes)
      }
      for (const [id, one, two] of [
        ['a~1b,c~0d', 'a,b', 'c~d'],
        ['a,b~1c~0d', 'a', 'b,c~d'],
        [',x', '', 'x'],
      ] as const) {
        const { status, json } = await api.get(`/parts/${id}?fields=links`)
        expect([status, json.data?.one, json.data?.two], id).toEqual([200, one, two])
        expect((await api.get(json.data.links.self.slice('/api'.length))).json.data).toEqual({ one, two })
      }
      const order = await api.get('/sales.orders/9007199254740993')
      expect(order.json.data).toEqual({ id: '9007199254740993', total: '0.10000000000000000000' })
    } finally {
      await api.close()
    }
  }
})
