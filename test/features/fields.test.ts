// Sparse fields and associations on demand over HTTP: every spelling, what is dropped, what is refused.
import { expect, it } from 'vitest'
import { type AskOptions, describeVideos, type Row } from '../support/describe-videos.ts'

describeVideos('fields and associations', videos => {
  const keys = async (path: string, options?: AskOptions) => Object.keys((await videos.data(path, options))[0] as Row)
  const refuse = async (path: string, code: string, detail?: RegExp) => {
    const { status, json } = await videos.ask(path)
    expect([status, json.errors?.[0]?.code], path).toEqual([400, code])
    if (detail) expect(json.errors[0].detail).toMatch(detail)
  }

  it('show the fields asked for, and always the key', async () => {
    expect(await keys('/videos?fields[title]=true&fields[links]=true')).toEqual(['id', 'title', 'links'])
    expect(await keys('/v1/videos?fields[title]=true&fields[description]=true&fields[links]=true')).toEqual([
      'id',
      'title',
      'description',
      'links',
    ])
    for (const fields of [
      'fields=[title,description,links]',
      'fields=title,description,links',
      'fields[]=title&fields[]=description&fields[]=links',
      'fields=title&fields[description]&fields[]=links',
      'fields[videos]=title,description,links',
    ]) {
      expect(new Set(await keys(`/v1/videos?${fields}`)), fields).toEqual(
        new Set(['id', 'title', 'description', 'links']),
      )
    }
    expect(await keys('/videos?fields[title]')).toEqual(['id', 'title'])
    expect(await keys('/videos?fields=id')).toEqual(['id'])
    expect(await keys('/videos?fields[videos]=')).toEqual(['id'])
    expect(await keys('/videos?fields[title]=t&fields[state]=0')).toEqual(['id', 'title'])
  })

  it('carry what the database holds', async () => {
    const [row] = await videos.rows(
      `select id, title, description, state, views_count, json_build_object('id', user_id) as user from videos where id = 3031`,
    )
    expect(await videos.data('/videos/3031?fields=title,description,state,views_count,user')).toEqual(row)
    expect(row).toMatchObject({ title: 'Leon på havet!', description: ' #bohuslän', user: { id: 18 } })
  })

  it('link a record to itself and to what it leads to, under the version that was asked for', async () => {
    const [one] = await videos.data('/v1/videos?id=1&fields[links]=true')
    expect(one?.links).toEqual({
      self: '/api/v1/videos/1',
      user: '/api/v1/videos/1/user',
      music_track: '/api/v1/videos/1/music-track',
      comments: '/api/v1/videos/1/comments',
      video_tags: '/api/v1/videos/1/video-tags',
      tags: '/api/v1/videos/1/tags',
    })
    for (const link of Object.values(one?.links ?? {}) as string[])
      expect((await videos.ask(link.slice('/api'.length))).status, link).toBe(200)
  })

  it('show a foreign key as the record that it leads to, also by its column', async () => {
    const expected = (await videos.rows('select id, user_id from guest_videos order by id limit 25')).map(
      ({ id, user_id }) => ({ id, user: user_id === null ? null : { id: user_id } }),
    )
    for (const name of ['user', 'user_id']) expect(await videos.data(`/videos?fields=${name}`)).toEqual(expected)
  })

  it('include an association by itself, by its fields or by a path', async () => {
    const expected = (
      await videos.rows(
        'select v.id, v.title, u.id as user_id, u.username from guest_videos v left join guest_users u on u.id = v.user_id order by v.id limit 25',
      )
    ).map(({ id, title, user_id, username }) => ({
      id,
      title,
      user: user_id === null ? null : { id: user_id, username },
    }))
    for (const query of [
      'fields[title]&includes=[user]&fields[user][username]=true',
      'fields=title,user.username&include=user',
      'fields=title,user.username',
      'fields[title]&include[user]&fields[user]=username',
      'fields=title&include[user][fields]=username',
      'fields[title]&include=user&fields[users]=username',
      'fields=title&fields[user.username]=true',
      'fields=title&include[]=user&include[user][fields][username]=true',
    ]) {
      expect(await videos.data(`/v1/videos?${query}`), query).toEqual(expected)
    }
  })

  it('tell a relationship from the type of the same name by what is given', async () => {
    const users = await videos.data('/users?fields[videos]=true&per_page=3')
    for (const { id, videos: list, ...rest } of users as Row[]) {
      expect(rest).toEqual({})
      expect(list.map((one: Row) => one.id)).toEqual(
        (await videos.column('select id from guest_videos where user_id = $1 order by id limit 100', [id])).slice(
          0,
          100,
        ),
      )
    }
    const [user] = await videos.data('/users?include=videos&fields[videos]=title&id=18')
    expect(user?.videos[0]).toEqual({ id: expect.any(Number), title: expect.any(String) })
    expect(Object.keys(user as Row)).toEqual(
      ['id', 'username', 'name', 'links', 'videos'].filter(name => name in (user as Row)),
    )
    const [plain] = await videos.data('/users?fields[users]=name')
    expect(Object.keys(plain as Row)).toEqual(['id', 'name'])
  })

  it('ask for nothing where a flag is false, so the defaults are shown', async () => {
    expect(await keys('/videos?fields[title]=false')).toEqual(await keys('/videos'))
    expect(await keys('/videos?include[comments]=false')).toEqual(await keys('/videos'))
    expect(await keys('/videos?include=')).toEqual(await keys('/videos'))
  })

  it('drop what others may see and this caller may not', async () => {
    const { status, json } = await videos.ask('/users/17?fields=name,email', { as: 'regular' })
    expect([status, json]).toEqual([200, { data: { id: 17, name: 'Ingrid Holm' } }])
    expect(await videos.data('/users/17?fields=email,name', { as: 'admin' })).toHaveProperty('email')
    expect(await videos.data('/users/18?fields=email', { as: 'owner' })).toEqual(
      (await videos.rows('select id, email from users where id = 18'))[0],
    )
    expect(await videos.data('/users/17?fields=email')).toEqual({ id: 17 })
    expect(await videos.data('/videos/3031?fields=title,likes,user.email')).toMatchObject({ title: 'Leon på havet!' })
    expect(await videos.data('/videos/3031?fields[title]&fields[likes][user]')).toEqual({
      id: 3031,
      title: 'Leon på havet!',
    })
  })

  it('refuse to include what this caller may not see, as if nobody knew it', async () => {
    for (const path of ['likes', 'liekd', 'user.likes', 'user.liekd']) {
      const { status, json } = await videos.ask(`/videos/3031?include=${path}`)
      const name = path.split('.').at(-1)
      expect([status, json.errors[0].code, json.errors[0].detail]).toEqual([
        400,
        'unknown_field',
        `Unknown field "${name}" in include.`,
      ])
    }
    expect((await videos.ask('/videos/3031?include=likes', { as: 'regular' })).status).toBe(200)
  })

  it('show a field on the rows where it may be read, and leave it out on others', async () => {
    const list = (await videos.data('/videos?fields=file&sort=-user_id&per_page=100&user_id[in]=18,20', {
      as: 'owner',
    })) as Row[]
    const files = new Map(
      (await videos.rows('select id, file from videos where user_id = 18')).map(({ id, file }) => [id, file]),
    )
    expect(list.length).toBe((await videos.column('select id from owner_videos where user_id in (18, 20)')).length)
    for (const row of list)
      expect(row).toEqual(files.has(row.id) ? { id: row.id, file: files.get(row.id) } : { id: row.id })
  })

  it('refuse what nobody knows, and say what was meant', async () => {
    await refuse('/users?fields=nmae', 'unknown_field', /"name"/)
    await refuse('/videos?fields[ttle]=true', 'unknown_field', /"title"/)
    await refuse('/videos?fields[title]=yes', 'invalid_value')
    await refuse('/videos?include=usr', 'unknown_field', /"user"/)
    await refuse('/videos?include=title', 'unknown_field')
    await refuse('/videos?include=comments.usr', 'unknown_field', /"user"/)
    await refuse('/videos?fields=user.usrname', 'unknown_field', /"username"/)
    await refuse('/videos?fields=', 'invalid_value')
    // A hint names only what this caller may use.
    const { json } = await videos.ask('/users?fields=emial')
    expect(json.errors[0]).toMatchObject({ code: 'unknown_field', source: { parameter: 'fields' } })
    expect(json.errors[0].detail).not.toContain('email')
  })

  it('unite all forms of include', async () => {
    const [one] = await videos.data(
      '/videos?id=3031&include=user,comments.user&include[music_track]=true&include[]=tags',
    )
    expect(one?.user).toMatchObject({ id: 18, username: 'robert' })
    expect(one?.tags).toEqual(
      await videos.rows(
        `select t.id, t.name, to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at from tags t join video_tags on tag_id = t.id where video_id = 3031 order by t.id`,
      ),
    )
    const comments = await videos.rows(
      'select c.id, u.username from guest_comments c left join guest_users u on u.id = c.user_id where video_id = 3031 order by c.id',
    )
    expect(one?.comments.map((comment: Row) => ({ id: comment.id, username: comment.user?.username ?? null }))).toEqual(
      comments,
    )
    expect(one).toHaveProperty('music_track')
    expect(one).toHaveProperty('title')
  })

  it('include lists with a sort, a limit, fields, filters and includes of their own', async () => {
    const path =
      '/videos?fields=title&id=1&include[comments][limit]=5&include[comments][sort]=-created_at&include[comments][fields]=text'
    const { json } = await videos.ask(path)
    expect(json.data).toEqual([
      {
        id: 1,
        title: 'Welcome to Videos',
        comments: await videos.rows(
          'select id, text from guest_comments where video_id = 1 order by created_at desc, id desc limit 5',
        ),
      },
    ])
    expect(json.meta).toEqual({ included: { comments: { limit: 5, truncated: true } } })
    const [filtered] = await videos.data(
      '/videos?id=3031&fields=id&include[comments][filter][text][contains]=!&include[comments][fields]=id',
    )
    expect(filtered?.comments).toEqual(
      await videos.rows(`select id from guest_comments where video_id = 3031 and text like '%!%' order by id`),
    )
    const [nested] = await videos.data(
      '/videos?id=3031&fields=id&include[comments][include]=user&include[comments.user][fields]=username&include[comments][fields]=id',
    )
    const commented = await videos.rows(
      'select c.id, u.id as user_id, username from guest_comments c left join guest_users u on u.id = c.user_id where c.video_id = 3031 order by c.id',
    )
    expect(nested?.comments).toEqual(
      commented.map(({ id, user_id, username }) => ({ id, user: user_id === null ? null : { id: user_id, username } })),
    )
  })

  it('cut included lists at their limit a parent, and say so', async () => {
    const { json } = await videos.ask(
      '/videos?fields=id&per_page=10&include[comments][limit]=2&include[comments][fields]=id',
    )
    for (const { id, comments } of json.data)
      expect(comments.map((one: Row) => one.id)).toEqual(
        await videos.column('select id from guest_comments where video_id = $1 order by id limit 2', [id]),
      )
    expect(json.meta.included).toEqual({ comments: { limit: 2, truncated: true } })
    const whole = await videos.ask('/videos?id=3031&fields=id&include=comments')
    expect(whole.json.meta).toBeUndefined()
    await refuse('/videos?include[comments][limit]=101', 'limit_exceeded')
    await refuse('/videos?include[comments][limit]=0', 'invalid_value')
    await refuse('/videos?include[user][limit]=1', 'invalid_value')
    await refuse('/videos?include=comments.comments.comments.comments.user', 'limit_exceeded')
    await refuse('/videos?per_page=100&include=comments.comments.comments', 'limit_exceeded', /include/)
  })

  it('ask the database once, whatever is included', async () => {
    const { statements } = videos.api
    statements.length = 0
    await videos.data(
      '/videos?include=user,comments.user,tags,music_track&fields[title]&page[total]=exact&aggregate[views_count]=sum',
    )
    expect(statements).toHaveLength(1)
  })

  it('include only what the caller may see', async () => {
    for (const as of ['guest', 'regular', 'owner', 'admin'] as const) {
      const users = (await videos.data('/users?id[in]=17,18,19,20&fields=id&include[videos][fields]=state&sort=id', {
        as,
      })) as Row[]
      expect(users.map(({ id }) => id)).toEqual(
        await videos.column(`select id from ${as}_users where id in (17, 18, 19, 20) order by id`),
      )
      for (const user of users)
        expect(user.videos, as).toEqual(
          await videos.rows(`select id, state from ${as}_videos where user_id = $1 order by id`, [user.id]),
        )
    }
  })

  it('compute fields from others and from other records', async () => {
    const shown = (await videos.data(
      '/videos?fields=draft,published,view_count,state,views_count&per_page=100&sort=-id',
      { as: 'admin' },
    )) as Row[]
    for (const row of shown)
      expect([row.draft, row.published, row.view_count]).toEqual([
        row.state === 'draft',
        row.state === 'published',
        row.views_count,
      ])
    const liked = (await videos.data('/videos?requester_has_liked=true&fields=requester_has_liked&sort=id', {
      as: 'regular',
    })) as Row[]
    expect(liked.map(({ id }) => id)).toEqual(
      await videos.column(
        'select video_id from likes join regular_videos v on v.id = video_id where likes.user_id = 20 order by 1',
      ),
    )
    expect(liked.every(({ requester_has_liked }) => requester_has_liked)).toBe(true)
    const followers = (await videos.data('/users?fields=follower_state&sort=id&per_page=100', { as: 'owner' })) as Row[]
    const followees = await videos.column('select followee_id from follows where follower_id = 18')
    for (const { id, follower_state } of followers) expect(follower_state, `user ${id}`).toBe(followees.includes(id))
  })

  it('leave out what the caller may not read, and refuse it where he would rather have nothing', async () => {
    const strict = { headers: { prefer: 'handling=strict' } }
    const hidden = [
      '/users/17?fields=name,preferences',
      '/users/17?fields[name]&fields[preferences]',
      '/users/17?fields[users]=name,preferences',
      '/videos?fields=title,user.preferences',
      '/videos?fields[title]&include=user&fields[user][preferences]=true',
      '/videos?fields=title&include[user][fields]=name,preferences',
    ]
    for (const path of hidden) {
      expect((await videos.ask(path)).status, path).toBe(200)
      const { status, json } = await videos.ask(path, strict)
      expect([status, json.errors?.[0]?.code, json.data], path).toEqual([403, 'forbidden', undefined])
      expect((await videos.ask(path, { headers: { prefer: 'handling=lenient' } })).status, path).toBe(200)
    }
    const type = 'application/vnd.api+json'
    const document = { headers: { ...strict.headers, accept: type } }
    expect((await videos.ask('/users/17?fields[users]=name,preferences', document)).status).toBe(403)
    // What nobody has is unknown all the same, and what is asked for and shown is no mistake.
    expect((await videos.ask('/users/17?fields=nothing', strict)).status).toBe(400)
    const whole = await videos.ask('/users/17?fields=name', strict)
    expect([whole.status, whole.headers.get('preference-applied')]).toEqual([200, 'handling=strict'])
    expect(whole.headers.get('vary')).toContain('Prefer')
    const tag = whole.headers.get('etag') ?? ''
    const again = await videos.ask('/users/17?fields=name', { headers: { ...strict.headers, 'if-none-match': tag } })
    expect(again.status).toBe(304)
  })

  it('refuse preferences that cannot be met only where the caller says so', async () => {
    for (const prefer of ['nonsense', 'return=much', 'wait=soon', 'wait', 'respond-async=1', 'max-affected=-1']) {
      expect((await videos.ask('/videos', { headers: { prefer } })).status, prefer).toBe(200)
      const { status, json } = await videos.ask('/videos', { headers: { prefer: `handling="strict", ${prefer}` } })
      expect([status, json.errors?.[0]?.code], prefer).toEqual([400, 'invalid_preference'])
      expect(json.errors[0].source).toEqual({ header: 'Prefer' })
    }
    const kept = await videos.ask('/videos', { headers: { prefer: 'handling=strict, return=minimal, wait="5"' } })
    expect(kept.status).toBe(200)
  })
})
