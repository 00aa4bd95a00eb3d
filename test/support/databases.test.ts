// The test databases themselves: templates are built once, clones are apart, text sorts the same everywhere.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  cloneDatabase,
  createTemplate,
  describeEachServer,
  emptyDatabase,
  servers,
  type TestDatabase,
} from './databases.ts'

async function query(database: TestDatabase, sql: string): Promise<unknown[]> {
  const client = new pg.Client(database.url)
  await client.connect()
  const { rows } = await client.query(sql).finally(() => client.end())
  return rows
}

describe('the servers of a run', () => {
  it('begin with the embedded PostgreSQL 18', () => {
    expect(servers()[0]?.name).toBe('embedded PostgreSQL 18')
  })
})

describeEachServer('test databases', server => {
  let builds = 0
  const made: TestDatabase[] = []
  const build = async (client: pg.Client) => {
    builds += 1
    await client.query(`create table words (word text); insert into words values ('b'), ('A'), ('a'), ('é'), ('Z')`)
  }
  const clone = async () => {
    const database = await cloneDatabase(server, await createTemplate(server, 'support_words', build))
    made.push(database)
    return database
  }
  beforeAll(async () => {
    await Promise.all([clone(), clone(), clone()])
  })
  afterAll(async () => {
    for (const database of made) await database.drop()
  })

  it('are built once and cloned often', async () => {
    await clone()
    expect(builds).toBe(1)
    expect(made).toHaveLength(4)
  })

  it('do not see what happens in another clone', async () => {
    const [one, other] = made as [TestDatabase, TestDatabase]
    await query(one, 'delete from words')
    expect(await query(one, 'select * from words')).toEqual([])
    expect(await query(other, 'select * from words')).toHaveLength(5)
  })

  it('sort text by code point, and know the case of letters beyond ASCII', async () => {
    const rows = await query(
      made[1] as TestDatabase,
      `select string_agg(word, '' order by word) as sorted, upper('é') as upper from words`,
    )
    expect(rows).toEqual([{ sorted: 'AZabé', upper: 'É' }])
  })

  it('can be empty, and are gone when they are dropped', async () => {
    const database = await emptyDatabase(server)
    expect(await query(database, `select tablename from pg_tables where schemaname = 'public'`)).toEqual([])
    await database.drop()
    await expect(query(database, 'select 1')).rejects.toThrow('does not exist')
  })

  it('leave nothing behind when a build fails', async () => {
    const failing = createTemplate(server, 'support_failing', async client => {
      await client.query('select 1 / 0')
    })
    await expect(failing).rejects.toThrow('division by zero')
    const template = await createTemplate(server, 'support_failing', async client => {
      await client.query('create table whole ()')
    })
    const database = await cloneDatabase(server, template)
    made.push(database)
    expect(await query(database, 'select * from whole')).toEqual([])
  })
})
