// Singulars over HTTP: `/videos/1/like`, the one record under another that is the caller's.
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { db as videos } from '../../examples/videos/schema.ts'
import { defineApi, principal, refuse, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, signToken, startApi, startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'

describeEachServer('a like of a video', server => {
  let api: VideosUnderTest
  let somebody: pg.Client
  let video: number
  let draft: number
  beforeAll(async () => {
    api = await startVideos(server)
    somebody = new pg.Client(api.database.config as pg.ClientConfig)
    await somebody.connect()
    video = (await api.get('/videos?state=published&per_page=1&fields=id')).json.data[0].id
    draft = (await api.get('/videos?state=draft&user_id[ne]=20&per_page=1&fields=id', { token: api.tokens.admin })).json
      .data[0].id
  }, 120_000)
  afterAll(async () => {
    await somebody?.end()
    await api?.close()
  })
  beforeEach(() => somebody.query('delete from likes where user_id in (18, 20)'))

  const send = (method: string, path: string, body?: unknown, token: string | null = api.tokens.regular, more = {}) =>
    api.get(path, {
      method,
      token,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const count = async () =>
    Number(
      (await somebody.query('select count(*) from likes where user_id = 20 and video_id = $1', [video])).rows[0].count,
    )

  it('is put once, however often', async () => {
    const path = `/videos/${video}/like`
    expect((await send('GET', path)).status).toBe(404)
    const first = await send('PUT', path)
    expect([first.status, first.json.data.user, first.json.data.video]).toEqual([201, { id: 20 }, { id: video }])
    expect(first.headers.get('location')).toBe(`/api/likes/20,${video}`)
    const again = await send('PUT', path, {})
    expect([again.status, again.json, again.headers.get('etag')]).toEqual([200, first.json, null])
    const read = await send('GET', path)
    expect([read.status, read.json]).toEqual([200, first.json])
    expect((await send('PUT', path, undefined, api.tokens.regular, { prefer: 'return=minimal' })).status).toBe(204)
    expect(await count()).toBe(1)
    expect(api.errors).toEqual([])
  })

  it('is made by POST once, and is there already the second time', async () => {
    const path = `/videos/${video}/like`
    expect((await send('POST', path)).status).toBe(201)
    const again = await send('POST', path)
    expect([again.status, again.json.errors[0].code]).toEqual([422, 'already_exists'])
    expect(await count()).toBe(1)
  })

  it('is deleted once', async () => {
    const path = `/videos/${video}/like`
    await send('PUT', path)
    await send('PUT', path, undefined, api.tokens.owner)
    expect((await send('DELETE', path)).status).toBe(204)
    expect((await send('DELETE', path)).status).toBe(404)
    expect((await send('GET', path, undefined, api.tokens.owner)).status).toBe(200)
    await send('PUT', path)
    const shown = await send('DELETE', path, undefined, api.tokens.regular, { prefer: 'return=representation' })
    expect([shown.status, shown.json.data.user]).toEqual([200, { id: 20 }])
  })

  it('is not there under what is not there, and for nobody in particular', async () => {
    for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS'])
      for (const id of [draft, 999_999, 'x', 99_999_999_999]) {
        const { status, json } = await send(method, `/videos/${id}/like`)
        expect([method, id, status, json.errors[0].code]).toEqual([method, id, 404, 'not_found'])
      }
    for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
      const { status } = await send(method, `/videos/${video}/like`, undefined, null)
      // Guests do not see likes at all.
      expect([method, status]).toEqual([method, method === 'GET' ? 404 : 401])
    }
    const noNumber = await signToken('somebody')
    expect((await send('PUT', `/videos/${video}/like`, undefined, noNumber)).status).toBe(403)
    expect((await send('GET', `/videos/${video}/like`, undefined, noNumber)).status).toBe(404)
    for (const path of [`/videos/${video}/likee`, `/videos/${video}/like/1`, `/comments/1/like`])
      expect([path, (await send('GET', path)).status]).toEqual([path, 404])
    expect(api.errors).toEqual([])
  })

  it('is one, whoever puts, posts and deletes at the same time', async () => {
    const path = `/videos/${video}/like`
    const puts = await Promise.all(Array.from({ length: 50 }, () => send('PUT', path)))
    expect(puts.map(one => one.status).sort()).toEqual([...Array(49).fill(200), 201])
    expect(await count()).toBe(1)
    await send('DELETE', path)
    const posts = await Promise.all(Array.from({ length: 50 }, () => send('POST', path)))
    expect(posts.map(one => one.status).sort()).toEqual([201, ...Array(49).fill(422)])
    expect(await count()).toBe(1)
    const methods = ['PUT', 'DELETE', 'POST', 'GET']
    const mixed = await Promise.all(Array.from({ length: 60 }, (_, i) => send(methods[i % 4] as string, path)))
    for (const { status } of mixed) expect([200, 201, 204, 404, 409, 422]).toContain(status)
    expect(api.errors).toEqual([])
  }, 60_000)

  it('takes fields and include, and no filter', async () => {
    const path = `/videos/${video}/like`
    const { json } = await send('PUT', `${path}?fields=user,video.title&include=video`)
    expect(Object.keys(json.data.video)).toEqual(['id', 'title'])
    expect((await send('GET', `${path}?user_id=20`)).status).toBe(400)
    expect((await send('PUT', `${path}?user_id=20`)).status).toBe(400)
    const csv = await send('GET', path, undefined, api.tokens.regular, { accept: 'text/csv' })
    expect(csv.status).toBe(406)
  })

  it('is nobody else’s, whatever the body says', async () => {
    const path = `/videos/${video}/like`
    for (const body of [{ user: 18 }, { video: 1 }, { user_id: 20 }, [], 'x'])
      expect([403, 422]).toContain((await send('POST', path, body)).status)
    expect((await send('PUT', path, { user: 18 }, api.tokens.admin)).status).toBe(403)
    expect(await count()).toBe(0)
  })

  it('is held to If-Match and If-None-Match', async () => {
    const path = `/videos/${video}/like`
    const absent = { 'if-none-match': '*' }
    expect((await send('PUT', path, undefined, api.tokens.regular, { 'if-match': '*' })).status).toBe(404)
    expect((await send('PUT', path, undefined, api.tokens.regular, absent)).status).toBe(201)
    expect((await send('PUT', path, undefined, api.tokens.regular, absent)).status).toBe(412)
    expect((await send('POST', path, undefined, api.tokens.regular, absent)).status).toBe(412)
    const tag = (await send('GET', path)).headers.get('etag') as string
    expect((await send('GET', path, undefined, api.tokens.regular, { 'if-none-match': tag })).status).toBe(304)
    expect((await send('PUT', path, undefined, api.tokens.regular, { 'if-match': tag })).status).toBe(200)
    expect((await send('PUT', path, undefined, api.tokens.regular, { 'if-match': '"other"' })).status).toBe(412)
    expect((await send('DELETE', path, undefined, api.tokens.regular, { 'if-match': '"other"' })).status).toBe(412)
    expect((await send('DELETE', path, undefined, api.tokens.regular, { 'if-match': tag })).status).toBe(204)
    expect(api.errors).toEqual([])
  })

  it('is described with the video, and by itself', async () => {
    const described = await send('OPTIONS', '/videos')
    expect(described.json.data.singulars).toEqual(['like'])
    expect((await send('OPTIONS', '/videos', undefined, null)).json.data.singulars).toEqual([])
    const own = await send('OPTIONS', `/videos/${video}/like`)
    expect([own.status, own.headers.get('allow')]).toEqual([200, 'DELETE, GET, HEAD, OPTIONS, POST, PUT'])
    expect(Object.keys(own.json.data.write.create.properties)).toEqual([])
    expect((await send('OPTIONS', `/videos/${video}/like`, undefined, null)).status).toBe(401)
    expect((await send('PATCH', `/videos/${video}/like`, {}, null)).status).toBe(401)
  })

  it('is posted once with one Idempotency-Key', async () => {
    const path = `/videos/${video}/like`
    const key = { 'idempotency-key': '"a like of this video"' }
    const first = await send('POST', path, undefined, api.tokens.regular, key)
    const again = await send('POST', path, undefined, api.tokens.regular, key)
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true'])
  })
})

const db = tables({
  films: {
    key: 'id',
    columns: { id: 'int4', slug: 'text' },
    relationships: { ratings: { hasMany: 'ratings', by: 'film_id' } },
  },
  ratings: {
    key: 'id',
    columns: {
      id: 'int4 default',
      film_id: 'int4',
      who: 'text',
      stars: 'int4 default',
      note: 'text null',
      secret: 'bool default',
    },
    relationships: { film: { belongsTo: 'films', by: 'film_id' } },
  },
} as const)
const called: string[] = []
const definition = defineApi(
  {
    films: resource(db.films, {
      roles: { member: { read: 'all' } },
      naturalKey: 'slug',
      singulars: { my_rating: { of: 'ratings', by: { who: principal('id') } } },
    }),
    ratings: resource(db.ratings, {
      roles: {
        member: {
          read: { without: ['secret'] },
          where: { secret: false },
          write: { create: { only: ['film', 'stars', 'note'] } },
        },
        author: {
          when: { who: principal('id') },
          where: { secret: false },
          read: { without: ['secret'] },
          write: { update: { only: ['stars', 'note'] } },
          delete: true,
        },
      },
      hooks: {
        beforeCreate: () => void called.push('beforeCreate'),
        beforeUpdate: ({ stored }) => {
          called.push(`beforeUpdate ${stored?.stars}`)
          if (stored?.note === 'final') throw refuse(409, 'It is final.')
        },
        beforeDelete: () => void called.push('beforeDelete'),
      },
    }),
  },
  { roles: { member: 'authenticated' } },
)

describeEachServer('a rating of a film, which holds more than that it is there', server => {
  let api: ApiUnderTest
  let somebody: pg.Client
  let ann: string
  beforeAll(async () => {
    const database = await emptyDatabase(server)
    somebody = new pg.Client(database.config as pg.ClientConfig)
    await somebody.connect()
    await somebody.query(`
      create table films (id int4 primary key, slug text not null unique);
      create table ratings (id int4 generated by default as identity primary key, film_id int4 not null references films, who text not null,
        stars int4 not null default 3, note text, secret bool not null default false, unique (film_id, who));
      insert into films values (1, 'one'), (2, 'two');
    `)
    api = await startApi(definition, database)
    ann = await signToken('ann')
  }, 120_000)
  afterAll(async () => {
    await somebody?.end()
    await api?.close()
  })
  beforeEach(async () => {
    await somebody.query('delete from ratings')
    called.length = 0
  })
  const send = (method: string, path: string, body?: unknown, token: string | null = ann, more = {}) =>
    api.get(path, {
      method,
      token,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  it('is replaced by what is put, changed by what is patched, and left by nothing', async () => {
    const made = await send('PUT', '/films/1/my-rating', { stars: 5, note: 'good' })
    expect([made.status, made.json.data.stars, made.json.data.who]).toEqual([201, 5, 'ann'])
    expect((await send('PUT', '/films/1/my-rating')).json.data).toEqual(made.json.data)
    expect((await send('PUT', '/films/1/my_rating', {})).json.data).toEqual(made.json.data)
    const changed = await send('PATCH', '/films/1/my-rating', { stars: 4 })
    expect([changed.status, changed.json.data.stars, changed.json.data.note]).toEqual([200, 4, 'good'])
    const replaced = await send('PUT', '/films/1/my-rating', { stars: 1 })
    expect([replaced.status, replaced.json.data]).toEqual([200, { ...made.json.data, stars: 1, note: null }])
    expect(called).toEqual(['beforeCreate', 'beforeUpdate 5', 'beforeUpdate 4'])
    const wrong = await send('PUT', '/films/1/my-rating', { stars: 'many' })
    expect([wrong.status, wrong.json.errors[0].source.pointer]).toEqual([422, '/stars'])
    expect((await send('DELETE', '/films/1/my-rating')).status).toBe(204)
    expect((await send('PATCH', '/films/1/my-rating', { stars: 4 })).status).toBe(404)
    expect(api.errors).toEqual([])
  })

  it('is another one under each film', async () => {
    await send('PUT', '/films/1/my-rating', { stars: 1 })
    await send('PUT', '/films/2/my-rating', { stars: 2 })
    expect((await send('GET', '/films/1/my-rating')).json.data.stars).toBe(1)
    expect((await send('GET', '/films/two/my-rating')).json.data.stars).toBe(2)
    await send('PUT', '/films/2/my-rating', { stars: 4 })
    expect((await send('GET', '/films/1/my-rating')).json.data.stars).toBe(1)
    expect((await send('DELETE', '/films/2/my-rating')).status).toBe(204)
    expect((await send('GET', '/films/1/my-rating')).status).toBe(200)
  })

  it('that is not to be seen stands in the way without a word', async () => {
    await somebody.query(`insert into ratings (film_id, who, secret) values (1, 'ann', true)`)
    for (const method of ['POST', 'PUT']) {
      const { status, json } = await send(method, '/films/1/my-rating', { stars: 5 })
      expect([status, json.errors[0].code, json.errors[0].source]).toEqual([409, 'conflict', undefined])
    }
    expect((await send('GET', '/films/1/my-rating')).status).toBe(404)
    expect((await send('DELETE', '/films/1/my-rating')).status).toBe(404)
    expect((await somebody.query('select stars from ratings')).rows).toEqual([{ stars: 3 }])
    expect(api.errors).toEqual([])
  })

  it('tells nobody whose a record is who may not read that', async () => {
    const roles = {
      member: { read: { without: ['who', 'secret'] }, write: { update: { only: ['stars'] } }, delete: true },
    } as const
    const singulars = { mine: { of: 'ratings', by: { who: principal('id') } } } as const
    const blind = await startApi(
      defineApi(
        {
          films: resource(db.films, { roles: { member: { read: 'all' } }, singulars }),
          ratings: resource(db.ratings, { roles }),
        },
        { roles: { member: 'authenticated' } },
      ),
      api.database,
    )
    try {
      const said: unknown[] = []
      const statuses: number[] = []
      for (const who of ['ann', 'bob']) {
        await somebody.query('delete from ratings')
        await somebody.query('insert into ratings (id, film_id, who) values (7, 1, $1)', [who])
        for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
          const body = method === 'PATCH' ? '{"stars":1}' : ''
          const headers = { 'request-id': 'one', 'content-type': 'application/json' }
          const { status, text } = await blind.get('/films/1/mine', {
            ...{ method, token: ann, headers },
            ...(method !== 'GET' && { body }),
          })
          said.push([method, status, text])
          statuses.push(status)
        }
        expect((await somebody.query('select stars from ratings')).rows).toEqual([{ stars: 3 }])
      }
      expect(said.slice(0, 4)).toEqual(said.slice(4))
      expect(statuses.slice(0, 4)).toEqual([404, 404, 404, 404])
    } finally {
      await blind.close()
    }
  })

  it('undoes all where a hook refuses', async () => {
    await send('PUT', '/films/1/my-rating', { note: 'final' })
    expect((await send('PUT', '/films/1/my-rating', { stars: 1 })).status).toBe(409)
    expect((await send('GET', '/films/1/my-rating')).json.data.note).toBe('final')
  })

  it('is one, whoever puts at the same time', async () => {
    const puts = await Promise.all(
      Array.from({ length: 30 }, (_, i) => send('PUT', '/films/1/my-rating', { stars: i })),
    )
    expect(puts.map(one => one.status).sort()).toEqual([...Array(29).fill(200), 201])
    expect((await somebody.query('select from ratings')).rowCount).toBe(1)
    expect(api.errors).toEqual([])
  })

  it('is refused in a definition that would let there be two, or names what is not there', async () => {
    const likes = resource(videos.likes, { roles: { member: { read: 'all' } } })
    const wrong = (singulars: object) =>
      startApi(
        defineApi(
          {
            films: resource(db.films, { roles: { member: { read: 'all' } }, singulars } as never),
            ratings: resource(db.ratings, {}),
          },
          { roles: { member: 'authenticated' } },
        ),
        api.database,
      )
    expect(likes.kind).toBe('resource')
    await expect(wrong({ x: { of: 'ratings', by: { stars: 5 } } })).rejects.toThrow('not unique in the database')
    await expect(wrong({ x: { of: 'rating', by: { who: principal('id') } } })).rejects.toThrow('Did you mean "ratings"')
    await expect(wrong({ x: { of: 'ratings', by: { whoo: principal('id') } } })).rejects.toThrow('Did you mean "who"')
    await expect(wrong({ x: { of: 'ratings', by: {} } })).rejects.toThrow('says nobody')
    await expect(wrong({ ratings: { of: 'ratings', by: { who: principal('id') } } })).rejects.toThrow(
      'is a field already',
    )
    await expect(wrong({ x: { of: 'ratings', by: { who: principal('id') }, set: {} } })).rejects.toThrow('has no "set"')
  })
})
