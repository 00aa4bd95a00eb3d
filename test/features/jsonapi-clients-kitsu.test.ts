// Lets kitsu, a client that knows nothing of this server, do all that it can do with the videos.
import Kitsu from 'kitsu'
import { expect, it } from 'vitest'
import { describeVideos, type Role, type Row } from '../support/describe-videos.ts'

interface KitsuError {
  readonly message: string
  readonly errors: readonly Row[]
}

describeVideos('kitsu', videos => {
  /** As somebody writes it whose types are names of tables: neither in camelCase nor made plural. */
  const clientOf = (as: Role) =>
    new Kitsu({
      baseURL: videos.api.url,
      camelCaseTypes: false,
      resourceCase: 'none',
      pluralize: false,
      query: 'modern',
      headers: videos.api.tokens[as] ? { Authorization: `Bearer ${videos.api.tokens[as]}` } : {},
    })
  const failure = async (answer: Promise<unknown>): Promise<KitsuError> => {
    try {
      await answer
    } catch (error) {
      return error as KitsuError
    }
    throw new Error('It was done.')
  }
  const idsOf = ({ data }: { data: readonly Row[] }) => data.map(({ id }) => id)

  it('lists with the fields that it asks for, in the order that it asks for', async () => {
    const { data, status, headers } = await clientOf('guest').get('videos', {
      params: { fields: { videos: 'title,user' }, sort: '-views_count,id', page: { size: 7 } },
    })
    // Who made one may be hidden from a guest; kitsu then leaves the data out.
    const expected = await videos.rows(
      'select id::text, title, user_id::text as user from guest_videos t order by views_count desc, t.id limit 7',
    )
    const shown = data.map(({ id, title, user, ...more }: Row) => [id, title, user.data?.id ?? null, Object.keys(more)])
    expect(shown).toEqual(expected.map(({ id, title, user }) => [id, title, user, ['type']]))
    expect([status, headers['content-type']]).toEqual([200, expect.stringContaining('application/vnd.api+json')])
  })

  it('filters by values, by operators, by lists and by what is related', async () => {
    const ask = async (filter: Row) => {
      const params = { filter, fields: { videos: 'title' }, sort: 'id', page: { size: 100 } }
      return idsOf(await clientOf('admin').get('videos', { params }))
    }
    const rows = (where: string) =>
      videos.column(`select id::text from videos t where ${where} order by t.id limit 100`)
    expect(await ask({ state: 'draft' })).toEqual(await rows(`state = 'draft'`))
    expect(await ask({ views_count: { gte: 100, lt: 2000 } })).toEqual(await rows('views_count between 100 and 1999'))
    expect(await ask({ id: { in: [3, 5, 8] } })).toEqual(await rows('id in (3, 5, 8)'))
    expect(await ask({ user: { username: 'admin' } })).toEqual(
      await rows(`user_id = (select id from users where username = 'admin')`),
    )
    expect(await ask({ title: { contains: 'ä & é, "+%' } })).toEqual([])
  })

  it('includes, and finds at each record what is related to it', async () => {
    const { data } = await clientOf('admin').get('videos', {
      params: {
        include: 'user,comments.user',
        fields: { users: 'username' },
        sort: '-comments_count,id',
        page: { size: 5 },
      },
    })
    for (const { id, user, comments, music_track: track } of data) {
      const [{ username, music_track_id }] = (await videos.rows(
        'select username, music_track_id from videos v join users u on u.id = v.user_id where v.id = $1',
        [id],
      )) as [Row]
      const written = await videos.rows(
        'select c.text, u.username from comments c join users u on u.id = c.user_id where c.video_id = $1',
        [id],
      )
      expect(user.data.username).toBe(username)
      expect(track?.data?.id).toBe(music_track_id === null ? undefined : String(music_track_id))
      const found = comments.data.map((one: Row) => ({ text: one.text, username: one.user.data.username }))
      expect(found).toHaveLength(written.length)
      expect(found).toEqual(expect.arrayContaining(written))
    }
  })

  it('walks through all pages, by their number and by the links between them', async () => {
    const all = await videos.column(`select id::text from videos where state = 'published' order by videos.id`)
    const params = { fields: { videos: 'title' }, sort: 'id' }
    const byNumber: unknown[] = []
    for (let number = 1; ; number += 1) {
      const page = { number, size: 90, total: 'exact' }
      const { data, meta, links } = await clientOf('guest').get('videos', { params: { ...params, page } })
      byNumber.push(...idsOf({ data }))
      expect(meta.page.total).toBe(all.length)
      if (links.next === null) break
    }
    const byLink: unknown[] = []
    let url: string | null = 'videos?fields[videos]=title&sort=id&page[size]=90'
    while (url !== null) {
      const { data, links } = await clientOf('guest').request({ url, type: 'videos' })
      byLink.push(...idsOf({ data }))
      url = links.next && new URL(links.next, videos.api.url).href
    }
    expect([byNumber, byLink]).toEqual([all, all])
  })

  it('reads one record, the records that are related to it, and their identifiers', async () => {
    const guest = clientOf('guest')
    const [{ id, title }] = (await videos.rows(
      `select id::text, title from videos where state = 'published' order by comments_count desc limit 1`,
    )) as [Row]
    expect((await guest.get(`videos/${id}`)).data).toMatchObject({ type: 'videos', id, title })
    const comments = await videos.column('select id::text from comments where video_id = $1 order by comments.id', [id])
    expect(idsOf(await guest.get(`videos/${id}/comments`))).toEqual(comments.slice(0, 25))
    expect((await guest.get(`videos/${id}/relationships/comments`)).data).toEqual(
      comments.slice(0, 25).map(comment => ({ type: 'comments', id: comment })),
    )
    const [owner] = await videos.column('select user_id::text from videos where id = $1', [id])
    expect((await clientOf('admin').get(`videos/${id}/user`)).data).toMatchObject({ type: 'users', id: owner })
  })

  it('creates a record with relationships, changes it, and deletes it', async () => {
    const client = clientOf('regular')
    const made = await client.create('videos', {
      title: 'Made elsewhere',
      file: 'elsewhere.mp4',
      state: 'published',
      music_track: { data: { type: 'music_tracks', id: '2' } },
      tags: {
        data: [
          { type: 'tags', id: '1' },
          { type: 'tags', id: '2' },
        ],
      },
    })
    const { id } = made.data
    expect([made.status, made.headers.location]).toEqual([201, `/api/videos/${id}`])
    expect(made.data).toMatchObject({ type: 'videos', title: 'Made elsewhere' })
    expect([made.data.user.data.id, made.data.music_track.data.id]).toEqual(['20', '2'])
    expect(await videos.column('select tag_id from video_tags where video_id = $1 order by 1', [id])).toEqual([1, 2])

    const changed = await client.update('videos', { id, title: 'Changed elsewhere', music_track: { data: null } })
    expect([changed.status, changed.data.title]).toEqual([200, 'Changed elsewhere'])
    const stored = 'select title, music_track_id, file from videos where id = $1'
    expect(await videos.rows(stored, [id])).toEqual([
      { title: 'Changed elsewhere', music_track_id: null, file: 'elsewhere.mp4' },
    ])

    const comment = await client.create(`videos/${id}/comments`, { text: 'Below its video' })
    expect(comment.data.video.data).toMatchObject({ type: 'videos', id })

    expect(await client.delete('comments', comment.data.id)).toMatchObject({ status: 204 })
    expect(await client.delete('videos', id)).toMatchObject({ status: 204 })
    expect(await videos.rows(stored, [id])).toEqual([])
    expect((await failure(client.get(`videos/${id}`))).errors).toMatchObject([{ status: '404', code: 'not_found' }])
  })

  it('relates: adds to a relationship, replaces it, takes away, clears', async () => {
    const client = clientOf('regular')
    const made = await client.create('videos', { title: 'Related', file: 'related.mp4', state: 'published' })
    const { id } = made.data
    const tags = `videos/${id}/relationships/tags`
    const tagged = () => videos.column('select tag_id::text from video_tags where video_id = $1 order by 1', [id])

    expect(await client.create(tags, [{ id: '1' }, { id: '3' }])).toMatchObject({ status: 204 })
    expect(await tagged()).toEqual(['1', '3'])
    // What is there already stays, once.
    await client.create(tags, [{ id: '3' }, { id: '4' }])
    expect(await tagged()).toEqual(['1', '3', '4'])
    await client.delete(tags, [1, 4, 5])
    expect(await tagged()).toEqual(['3'])
    await client.update(tags, [{ id: '2' }, { id: '5' }])
    expect(await tagged()).toEqual(['2', '5'])
    expect((await client.get(tags)).data.map(({ id: tag }: Row) => tag).sort()).toEqual(['2', '5'])
    await client.update(tags, [])
    expect(await tagged()).toEqual([])

    const track = `videos/${id}/relationships/music_track`
    // kitsu's own `update` puts the identifier's id into the path, so that one goes as a request.
    await client.request({ method: 'PATCH', url: track, type: 'music_tracks', body: { id: '3' } })
    expect((await client.get(track)).data).toEqual({ type: 'music_tracks', id: '3' })
    await client.update(track, null)
    expect(await videos.column('select music_track_id from videos where id = $1', [id])).toEqual([null])
  })

  it('throws errors that hold what was wrong, and where', async () => {
    const [guest, regular] = [clientOf('guest'), clientOf('regular')]
    const asked = await failure(guest.get('videos', { params: { include: 'nothing' } }))
    expect(asked.message).toContain('400')
    expect(asked.errors).toMatchObject([{ status: '400', code: 'unknown_field', source: { parameter: 'include' } }])

    const wrong = await failure(regular.create('videos', { title: '', file: 'x', nothing: 1, state: 'lost' }))
    expect(wrong.errors.map(({ status, source }) => [status, source.pointer]).sort()).toEqual([
      ['422', '/data/attributes/nothing'],
      ['422', '/data/attributes/state'],
      ['422', '/data/attributes/title'],
    ])

    const link = {
      title: 'x',
      file: 'x',
      state: 'published',
      music_track: { data: { type: 'music_tracks', id: '999999' } },
    }
    expect((await failure(regular.create('videos', link))).errors).toMatchObject([
      { status: '404', source: { pointer: expect.stringContaining('/data/relationships/music_track') } },
    ])
    const other = { title: 'x', file: 'x', music_track: { data: { type: 'tags', id: '1' } } }
    expect((await failure(regular.create('videos', other))).errors).toMatchObject([
      { status: '409', source: { pointer: expect.stringContaining('/data/relationships/music_track') } },
    ])
    expect((await failure(guest.create('comments', { text: 'x' }))).errors).toMatchObject([{ status: '401' }])
    // Many at once are an extension that the specification no longer has.
    const many = [{ text: 'one' }, { text: 'two' }]
    expect((await failure(regular.create('comments', many))).errors).toMatchObject([
      { status: '400', source: { pointer: '/data' } },
    ])
    expect((await failure(regular.update('videos', { id: '1', title: 'Not mine' }))).errors).toMatchObject([
      { status: '403' },
    ])
  })
})
