// Holds the videos example's data to what the example, its documentation and the tests of the API rely on.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachServer, emptyDatabase, servers, type TestDatabase } from '../../test/support/databases.ts'
import { isSeeded, seedVideos, sizes } from './seed.ts'

const opened: { client: pg.Client; database: TestDatabase }[] = []

afterAll(async () => {
  for (const { client, database } of opened) {
    await client.end()
    await database.drop()
  }
})

describeEachServer('the data of the videos example', server => {
  let client: pg.Client
  const seen: string[] = []

  beforeAll(async () => {
    client = await openEmpty(server)
    await seedVideos(client, {
      size: 'tiny',
      onProgress: (step, done, of) => seen.push(`${step} ${done}/${of}`),
    })
  })

  const rowsOf = async (sql: string): Promise<unknown[]> => (await client.query(sql)).rows
  const none = async (sql: string) => expect(await rowsOf(sql)).toEqual([])

  it('has as many rows as its size promises', async () => {
    for (const [table, count] of Object.entries(sizes.tiny)) {
      expect(await rowsOf(`select '${table}' as table, count(*)::int from ${table}`)).toEqual([{ table, count }])
    }
  })

  it('tells every step as it begins, and the end', () => {
    expect(seen[0]).toBe('schema 0/15')
    expect(seen.at(-1)).toBe('ready 15/15')
    expect(seen).toHaveLength(16)
  })

  it('knows the admin, robert and a regular user, none of them suspended or private', async () => {
    const sql = `select id, username, name, role from users
      where id in (1, 17, 18, 20) and suspended_at is null and not private order by id`
    expect(await rowsOf(sql)).toEqual([
      { id: 1, username: 'admin', name: 'Ada Admin', role: 'admin' },
      { id: 17, username: 'ingrid', name: 'Ingrid Holm', role: 'regular' },
      { id: 18, username: 'robert', name: 'Robert M', role: 'regular' },
      { id: 20, username: 'linnea', name: 'Linnea Ek', role: 'regular' },
    ])
    await none(`select id from users where id in (17, 18)
      and num_nulls(description, avatar, background, url, mobile, gender, date_of_birth, country_code) > 0`)
  })

  it('has Leon på havet! as video 3031, by robert and with comments', async () => {
    const sql = `select id, title, description, state, user_id, published_at, comments_count from videos where id = 3031`
    expect(await rowsOf(sql)).toEqual([
      {
        id: 3031,
        title: 'Leon på havet!',
        description: ' #bohuslän',
        state: 'published',
        user_id: 18,
        published_at: new Date('2015-08-05T10:12:44Z'),
        comments_count: expect.toSatisfy((count: number) => count >= 12),
      },
    ])
    expect(await rowsOf('select text from comments where video_id = 3031 order by id limit 1')).toEqual([
      { text: 'Vilken dag! Leon är född till sjöss ⛵' },
    ])
  })

  it('counts what is there', async () => {
    await none(`select id from users u where
      videos_count <> (select count(*) from videos where user_id = u.id and state = 'published')
      or followers_count <> (select count(*) from follows where followee_id = u.id)
      or followings_count <> (select count(*) from follows where follower_id = u.id)`)
    await none(`select id from videos v where
      likes_count <> (select count(*) from likes where video_id = v.id)
      or comments_count <> (select count(*) from comments where video_id = v.id)`)
    await none(`select id from posts p where comments_count <> (select count(*) from comments where post_id = p.id)`)
  })

  it('has drafts that were never published, and nobody who acts before they could', async () => {
    expect(await rowsOf('select distinct state from videos order by state')).toEqual([
      { state: 'draft' },
      { state: 'published' },
      { state: 'private' },
    ])
    await none(`select id from videos where (state = 'draft') <> (published_at is null) or published_at < created_at`)
    await none(`select v.id from videos v join users u on u.id = user_id where v.created_at < u.created_at`)
    await none(`select c.id from comments c join users u on u.id = user_id where c.created_at < u.created_at`)
    await none(`select user_id from likes l join users u on u.id = user_id where l.created_at < u.created_at`)
    await none(`select follower_id from follows f join users u on u.id in (follower_id, followee_id)
      where f.created_at < u.created_at`)
    await none(`select c.id from comments c join videos v on v.id = video_id
      where state = 'draft' or c.created_at < published_at`)
    await none(`select video_id from likes l join videos v on v.id = video_id
      where state = 'draft' or l.created_at < published_at`)
    await none(`select c.id from comments c join comments parent on parent.id = c.comment_id
      where (parent.video_id, parent.post_id, parent.group_id) is distinct from (c.video_id, c.post_id, c.group_id)
        or c.created_at < parent.created_at`)
  })

  it('has rows of every kind that the documented requests ask for', async () => {
    const [found] = await rowsOf(`select
      exists (select from videos where user_id = 1) and exists (select from videos where user_id = 3) as authors,
      exists (select from users where private) and exists (select from users where suspended_at is not null) as hidden,
      exists (select from videos where user_id = 20 and state = 'draft')
        and exists (select from videos where user_id = 20 and state = 'published') as own,
      exists (select from comments where group_id = 1 and post_id = 3 and comment_id = 3) as in_group,
      exists (select from comments c join posts p on p.id = post_id where p.group_id = 1) as by_association,
      exists (select from comments where video_id = 1) and exists (select from comments where comment_id is not null) as replies,
      exists (select from videos where published_at >= '2015-08-05' and published_at < '2015-08-06') as on_a_day,
      (select count(*) from tags where name in ('foo', 'bar', 'tennis')) = 3 as tags`)
    await none(`select id from videos where description like 'tennis%'
      and not exists (select from video_tags where video_id = id and tag_id = 3)`)
    expect(Object.entries(found as object).filter(([, there]) => !there)).toEqual([])
  })

  it('has seven videos by user 17 on tennis that are late enough and viewed enough', async () => {
    const sql = `select id from videos v where created_at >= '2016-01-24' and user_id = 17 and views_count >= 1000
      and state = 'published' and description like 'tennis%' and exists (
        select from video_tags join tags on tags.id = tag_id where video_id = v.id and name in ('foo', 'bar'))
      order by published_at desc`
    expect(await rowsOf(sql)).toEqual([108, 107, 106, 105, 104, 103, 102].map(id => ({ id })))
  })

  it('keeps quotes, backslashes, line ends and signs of every script', async () => {
    expect(await rowsOf('select id, title, description from videos where id in (301, 302, 305) order by id')).toEqual([
      {
        id: 301,
        title: 'Say "cheese"',
        description: `He said "cheese", she said 'ost', they said \\o/ and C:\\temp\\new`,
      },
      { id: 302, title: 'One line,\nanother line', description: 'tabs\tand\r\nline ends, and a bell\x07' },
      { id: 305, title: '<b>Bold</b> & </script>', description: '{"json": [1, null]} between \u2028 and \u2029' },
    ])
  })

  it('gives the next row the next id, and a change a new updated_at', async () => {
    await client.query('begin')
    try {
      const sql = `insert into comments (text, user_id, video_id) values ('ny', 20, 3031) returning id`
      expect(await rowsOf(sql)).toEqual([{ id: sizes.tiny.comments + 1 }])
      expect(
        await rowsOf(`insert into videos (title, file, user_id) values ('ny', 'x.mp4', 20) returning id, state`),
      ).toEqual([{ id: 3032, state: 'draft' }])
      const touched = `update videos set title = 'Leon' where id = 3031 returning updated_at = now() as touched`
      expect(await rowsOf(touched)).toEqual([{ touched: true }])
    } finally {
      await client.query('rollback')
    }
  })

  it('is the same after another seeding in other settings', async () => {
    const other = await openEmpty(server)
    await other.query(`set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'; set search_path = pg_catalog`)
    await seedVideos(other, { size: 'tiny' })
    await other.query('reset all')
    const checksums = await checksumsOf(client)
    expect(await checksumsOf(other)).toEqual(checksums)
    expect(checksums.map(({ table }) => table)).toContain('comments')
  })

  it('knows what is there, adds nothing twice and refuses another size', async () => {
    expect([await isSeeded(client, 'tiny'), await isSeeded(client, 'small')]).toEqual([true, false])
    await seedVideos(client, { size: 'tiny' })
    expect(await rowsOf('select count(*)::int from users')).toEqual([{ count: 60 }])
    await expect(seedVideos(client, { size: 'small' })).rejects.toThrow('the size tiny')
  })

  it('leaves nothing behind where it cannot be whole', async () => {
    const taken = await openEmpty(server)
    await taken.query('create table likes (mine text)')
    await expect(seedVideos(taken, { size: 'tiny' })).rejects.toThrow('"likes" already exists')
    expect(await isSeeded(taken, 'tiny')).toBe(false)
    expect((await taken.query(`select tablename from pg_tables where schemaname = 'public'`)).rows).toEqual([
      { tablename: 'likes' },
    ])
  })
})

it('has the same rows on every server', async () => {
  const results = []
  for (const server of servers()) {
    const client = await openEmpty(server)
    await seedVideos(client, { size: 'tiny' })
    results.push(await checksumsOf(client))
  }
  for (const result of results) expect(result).toEqual(results[0])
})

async function openEmpty(server: Parameters<typeof emptyDatabase>[0]): Promise<pg.Client> {
  const database = await emptyDatabase(server)
  const client = new pg.Client(database.config)
  await client.connect()
  opened.push({ client, database })
  return client
}

async function checksumsOf(client: pg.Client): Promise<{ table: string; sum: string }[]> {
  const { rows } = await client.query<{ table: string }>(
    `select tablename as table from pg_tables where schemaname = 'public' order by 1`,
  )
  const sums = []
  for (const { table } of rows) {
    // The rows in the order in which they lie, so that reading without a sort is the same too.
    const sql = `select coalesce(md5(string_agg(md5(t::text), '' order by ctid)), 'empty') as sum from ${table} t`
    const { rows: found } = await client.query<{ sum: string }>(sql)
    sums.push({ table, sum: found[0]?.sum ?? 'none' })
  }
  return sums
}
