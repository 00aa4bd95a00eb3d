// What each role is shown over HTTP: exact fields, defaults for lists and single records, rows that are not there.
import { expect, it } from 'vitest'
import { signToken } from '../support/api-under-test.ts'
import { describeVideos, type Role, type Row, roles } from '../support/describe-videos.ts'

const regularItem = [
  'id',
  'username',
  'name',
  'description',
  'avatar',
  'background',
  'url',
  'followers_count',
  'followings_count',
  'videos_count',
  'links',
]
const everything = [
  'id',
  'username',
  'name',
  'email',
  'mobile',
  'description',
  'avatar',
  'background',
  'url',
  'role',
  'gender',
  'date_of_birth',
  'country_code',
  'private',
  'suspended_at',
  'terms_accepted',
  'followers_count',
  'followings_count',
  'videos_count',
  'notification_count',
  'preferences',
  'reference_id',
  'created_at',
  'updated_at',
]

describeVideos('roles', videos => {
  const keysOf = async (path: string, as: Role) => {
    const data = await videos.data(path, { as })
    return Object.keys(Array.isArray(data) ? (data[0] as Row) : data).sort()
  }
  const without = (...names: string[]) => everything.filter(name => !names.includes(name)).sort()

  it('show a user to a guest in short, and to a regular user at length', async () => {
    for (const path of ['/v1/user/17', '/v1/users/17', '/users/17', '/user/17']) {
      expect(await keysOf(path, 'guest')).toEqual(['id', 'username', 'name', 'links'].sort())
      expect(await keysOf(path, 'regular')).toEqual([...regularItem].sort())
      expect(await keysOf(path, 'owner')).toEqual([...regularItem].sort())
    }
    const [expected] = await videos.rows(
      'select id, username, name, description, avatar, background, url, followers_count, followings_count, videos_count from users where id = 17',
    )
    expect(await videos.data('/v1/user/17', { as: 'regular' })).toEqual({ ...expected, links: expect.any(Object) })
  })

  it('show a record alone to its owner in full, but for what he has to ask for', async () => {
    // He is a regular user too, whose defaults name the links.
    expect(await keysOf('/users/18', 'owner')).toEqual(
      [...without('suspended_at', 'reference_id', 'notification_count', 'preferences'), 'links'].sort(),
    )
    const asked = await videos.data('/users/18?fields=preferences,notification_count', { as: 'owner' })
    expect(asked).toEqual((await videos.rows('select id, preferences, notification_count from users where id = 18'))[0])
    expect(await videos.data('/users/18?fields=reference_id,suspended_at', { as: 'owner' })).toEqual({ id: 18 })
  })

  it('show an admin all but the count of notifications', async () => {
    expect(await keysOf('/users/17', 'admin')).toEqual([...without('notification_count'), 'links'].sort())
    // No regular user sees this one, so nobody's defaults name the links.
    expect(await keysOf('/users/19', 'admin')).toEqual(without('notification_count'))
    expect(await keysOf('/users?id=17', 'admin')).toEqual(without('notification_count'))
    expect(await videos.data('/users/17?fields=notification_count', { as: 'admin' })).toEqual(
      (await videos.rows('select id, notification_count from users where id = 17'))[0],
    )
  })

  it('show a short set in lists', async () => {
    expect(await keysOf('/users?id=18', 'owner')).toEqual(['id', 'username', 'name', 'avatar'].sort())
    expect(await keysOf('/users?id=17', 'regular')).toEqual(['id', 'username', 'name', 'avatar'].sort())
    // A guest doesn't read avatars.
    expect(await keysOf('/users?id=17', 'guest')).toEqual(['id', 'username', 'name'].sort())
  })

  it('judge each row of a list by itself', async () => {
    const list = (await videos.data('/users?fields=name,email,mobile,private&per_page=100', { as: 'owner' })) as Row[]
    for (const row of list)
      expect(Object.keys(row), `user ${row.id}`).toEqual(
        row.id === 18 ? ['id', 'name', 'email', 'mobile', 'private'] : ['id', 'name'],
      )
    expect(list.some(({ id }) => id === 18)).toBe(true)
  })

  it('let each see exactly the rows that the policies give', async () => {
    for (const as of roles) {
      for (const table of ['users', 'videos', 'comments', 'posts', 'groups', 'tags'])
        await videos.expectRows(`/${table}?id[gt]=0`, 'true', as)
    }
  })

  it('answer a record that may not be seen as one that is not there', async () => {
    const [draft] = await videos.column(`select id from videos where state = 'draft' and user_id = 18`)
    const missing = await videos.ask('/videos/999999', { headers: { 'request-id': 'same' } })
    for (const as of ['guest', 'regular'] as const) {
      const hidden = await videos.ask(`/videos/${draft}`, { as, headers: { 'request-id': 'same' } })
      expect([hidden.status, hidden.text]).toEqual([404, missing.text])
    }
    expect(await videos.data(`/videos/${draft}?fields=state`, { as: 'owner' })).toEqual({ id: draft, state: 'draft' })
    expect(await videos.data(`/videos/${draft}?fields=state`, { as: 'admin' })).toEqual({ id: draft, state: 'draft' })
    for (const [id, statuses] of [
      [16, [404, 404, 404, 200]],
      [19, [404, 404, 404, 200]],
      [18, [200, 200, 200, 200]],
    ] as const) {
      expect(
        await Promise.all(roles.map(async as => (await videos.ask(`/users/${id}`, { as })).status)),
        `user ${id}`,
      ).toEqual(statuses)
    }
  })

  it('show a private user to himself', async () => {
    const token = await signToken('19')
    const { status, json } = await videos.api.get('/users/19?fields=private,email', { token })
    expect([status, json.data]).toEqual([
      200,
      (await videos.rows('select id, email, private from users where id = 19')).map(
        ({ id, email, private: hidden }) => ({ id, private: hidden, email }),
      )[0],
    ])
  })

  it('demand a token where guests have no role, and a role where a token is not enough', async () => {
    for (const path of ['/likes', '/likes/20,42', '/follows', '/likes?fields=nonsense']) {
      const { status, json, headers } = await videos.ask(path)
      expect([status, json.errors[0].code, headers.get('www-authenticate')], path).toEqual([
        401,
        'unauthenticated',
        'Bearer realm="colonnade"',
      ])
      expect(Object.keys(json)).toEqual(['errors'])
    }
    const likes = await videos.data('/likes?user_id=20&per_page=100', { as: 'regular' })
    // The video is a part of the key, and a key is shown wherever its row is, unlike any other reference to a hidden record.
    expect(likes.map((like: Row) => like.video.id)).toEqual(
      await videos.column('select video_id from likes where user_id = 20 order by 1'),
    )
  })

  it('refuse a token that is wrong, even where guests may read', async () => {
    const expired = await signToken('20', {})
    for (const authorization of ['Bearer nonsense', `Bearer ${expired}x`, 'Basic dXNlcjpwYXNz', 'Bearer', expired]) {
      const { status, json, headers } = await videos.ask('/videos', { headers: { authorization } })
      expect([status, json.errors[0].code], authorization).toEqual([401, 'invalid_token'])
      expect(Object.keys(json)).toEqual(['errors'])
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/)
    }
  })

  it('never show less to one who has signed in than to a guest', async () => {
    for (const path of ['/users', '/videos', '/comments', '/posts']) {
      const guest = (await videos.data(`${path}?sort=id&per_page=50`)) as Row[]
      for (const as of ['regular', 'owner', 'admin'] as const) {
        const byId = new Map(
          (await videos.data(`${path}?id[in]=${guest.map(({ id }) => id)}&per_page=100`, { as })).map((row: Row) => [
            row.id,
            row,
          ]),
        )
        for (const row of guest) {
          const shown = byId.get(row.id) as Row
          expect(shown).toBeDefined()
          for (const [name, value] of Object.entries(row))
            if (name in shown && value !== null) expect(shown[name], `${path} ${row.id} ${name}`).toEqual(value)
        }
      }
    }
  })

  it('extend each other, each less than the one before', async () => {
    const read = async (as: Role) =>
      new Set(Object.keys((await videos.ask('/users', { as, method: 'OPTIONS' })).json.data.schema.properties))
    const [guest, regular, admin] = [await read('guest'), await read('regular'), await read('admin')]
    for (const name of guest) expect(regular).toContain(name)
    for (const name of regular) expect(admin).toContain(name)
    expect(guest).not.toContain('avatar')
    expect(regular).not.toContain('suspended_at')
    expect(admin).toContain('suspended_at')
  })

  it('do not take an id from a token as a number where it is none', async () => {
    for (const sub of ["18' or true --", '1e1', '0x12', 'robert', '']) {
      const token = await signToken(sub, { role: ['regular'] })
      const { status, json } = await videos.api.get('/users?fields=id,email&per_page=100', { token })
      expect(status).toBe(200)
      for (const row of json.data) expect(Object.keys(row)).toEqual(['id'])
    }
  })
})
