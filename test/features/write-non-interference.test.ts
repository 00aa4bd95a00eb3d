// What a write answers and leaves behind tells nothing of hidden values, and rights that end while it waits are no rights.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'
import { chooseSeed } from '../support/seed.ts'
import { loadWriteProduct } from '../write-model/product.ts'
import { openTables, type Tables } from '../write-model/run-cases.ts'
import { runOwnTwins } from '../write-model/run-own-twins.ts'
import { runRaces } from '../write-model/run-races.ts'
import { runTwins } from '../write-model/run-twins.ts'

const sources = new URL('../../src', import.meta.url).pathname
/** More of them search longer: `WRITE_CASES=2000`. */
const cases = Number(process.env.WRITE_CASES ?? 60)

describeEachServer('two databases that are the same to a caller', server => {
  const databases: TestDatabase[] = []
  const twins: Tables[] = []
  const product = loadWriteProduct(sources)
  beforeAll(async () => {
    for (let i = 0; i < 2; i++) {
      const database = await emptyDatabase(server)
      databases.push(database)
      twins.push(await openTables(await product, database.config as pg.ClientConfig))
    }
  })
  afterAll(async () => {
    for (const one of twins) await one.close()
    for (const one of databases) await one.drop()
  })

  it(
    'answer every write alike, and are the same to him again',
    async () => {
      const seed = chooseSeed(process.env.FC_SEED)
      const counts = new Map<string, number>()
      for (let i = 0; i < cases; i++) {
        const found = await runTwins(await product, twins as [Tables, Tables], seed + i, counts)
        expect(found, `FC_SEED=${seed + i}: ${JSON.stringify(found, null, 1)}`).toBeNull()
      }
      const said = [...counts].sort().map(([outcome, count]) => `${count} × ${outcome}`)
      console.log(`${server.name}: ${cases} policies, seed ${seed}: ${said.join(', ')}`)
      for (const outcome of ['200 alike', '207 alike', '403 alike', '404 alike', '422 alike'])
        expect(counts.get(outcome) ?? 0, outcome).toBeGreaterThan(0)
    },
    60_000 + cases * 2_000,
  )
})

describeEachServer('two databases that are the same to a caller, asked for what is his own', server => {
  const databases: TestDatabase[] = []
  const twins: Tables[] = []
  const product = loadWriteProduct(sources)
  beforeAll(async () => {
    for (let i = 0; i < 2; i++) {
      const database = await emptyDatabase(server)
      databases.push(database)
      twins.push(await openTables(await product, database.config as pg.ClientConfig))
    }
  })
  afterAll(async () => {
    for (const one of twins) await one.close()
    for (const one of databases) await one.drop()
  })

  it('answer singulars and functions alike, and are the same to him again', async () => {
    const seed = chooseSeed(process.env.FC_SEED)
    const counts = new Map<string, number>()
    for (let i = 0; i < cases; i++) {
      const found = await runOwnTwins(await product, twins as [Tables, Tables], seed + i, counts)
      expect(found, `FC_SEED=${seed + i}: ${JSON.stringify(found, null, 1)}`).toBeNull()
    }
    const said = [...counts].sort().map(([outcome, count]) => `${count} × ${outcome}`)
    console.log(`${server.name}: ${cases} policies, seed ${seed}: ${said.join(', ')}`)
    const made = (counts.get('PUT 201 alike') ?? 0) + (counts.get('POST 201 alike') ?? 0)
    expect(made).toBeGreaterThan(0)
    for (const outcome of ['PUT 404 alike', 'GET 404 alike', 'POST 200 alike'])
      expect(counts.get(outcome) ?? 0, outcome).toBeGreaterThan(0)
  }, 240_000)
})

describeEachServer('random writes that wait for somebody else', server => {
  let database: TestDatabase
  let tables: Tables
  beforeAll(async () => {
    database = await emptyDatabase(server)
    tables = await openTables(await loadWriteProduct(sources), database.config as pg.ClientConfig)
  })
  afterAll(async () => {
    await tables?.close()
    await database?.drop()
  })

  it(
    'do what their caller may do then, and not what he might before',
    async () => {
      const product = await loadWriteProduct(sources)
      const seed = chooseSeed(process.env.FC_SEED)
      const counts = new Map<string, number>()
      const policies = Math.ceil(cases / 4)
      for (let i = 0; i < policies; i++) {
        const found = await runRaces(product, tables, seed + i, counts)
        expect(found, `FC_SEED=${seed + i}: ${JSON.stringify(found, null, 1)}`).toBeNull()
      }
      const said = [...counts].sort().map(([outcome, count]) => `${count} × ${outcome}`)
      console.log(`${server.name}: ${policies} policies, seed ${seed}: ${said.join(', ')}`)
      const waited = [...counts].filter(([outcome]) => outcome.includes(' waits, '))
      for (const then of ['may then', 'may not then'])
        expect(waited.filter(([outcome]) => outcome.endsWith(`, ${then}`)).length, then).toBeGreaterThan(0)
    },
    60_000 + cases * 2_000,
  )
})

describeEachServer('a right that ends while a write waits', server => {
  let api: VideosUnderTest
  let other: pg.Client
  let watching: pg.Client
  let video: number
  beforeAll(async () => {
    api = await startVideos(server)
    other = new pg.Client(api.database.config as pg.ClientConfig)
    await other.connect()
    watching = new pg.Client(api.database.config as pg.ClientConfig)
    await watching.connect()
    video = (await api.get('/videos?filter[state]=published&per_page=1&fields=id')).json.data[0].id
  }, 120_000)
  afterAll(async () => {
    await other?.end()
    await watching?.end()
    await api?.close()
  })

  const send = (method: string, path: string, body?: unknown, more: Readonly<Record<string, string>> = {}) =>
    api.get(path, {
      method,
      token: api.tokens.regular,
      headers: { 'content-type': 'application/json', ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const makeComment = async (): Promise<number> =>
    (await send('POST', '/comments', { video, text: 'mine' })).json.data.id
  const textOf = async (id: number) =>
    (await other.query<{ text: string }>('select text from comments where id = $1', [id])).rows[0]?.text

  /** Changes the record first, lets the write wait for it, and commits then. */
  async function race(change: string, id: number, write: () => ReturnType<typeof send>) {
    await other.query('begin')
    await other.query(change, [id])
    const answer = write()
    for (;;) {
      // In a transaction of its own: within one, this view stays as it was.
      const { rows } = await watching.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      if (rows.length > 0) break
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    await other.query('commit')
    return answer
  }

  const giveAway = 'update comments set user_id = 18 where id = $1'
  const remove = 'delete from comments where id = $1'

  it('changes nothing, by PATCH, PUT or DELETE, of one or of many', async () => {
    for (const write of [
      (id: number) => send('PATCH', `/comments/${id}`, { text: 'stolen' }),
      (id: number) => send('PATCH', `/comments/${id}`, { text: 'stolen' }, { 'if-match': '*' }),
      (id: number) => send('PATCH', `/videos/${video}/comments/${id}`, { text: 'stolen' }),
      (id: number) => send('PATCH', '/comments', [{ id, text: 'stolen' }]),
      (id: number) => send('DELETE', `/comments/${id}`),
      (id: number) => send('DELETE', '/comments', [id]),
    ]) {
      const id = await makeComment()
      const { status } = await race(giveAway, id, () => write(id))
      expect([403, 404, 409], write.toString()).toContain(status)
      expect(await textOf(id), write.toString()).toBe('mine')
    }
    expect(api.errors).toEqual([])
  })

  it('finds nothing of a record that was deleted meanwhile', async () => {
    const id = await makeComment()
    const { status } = await race(remove, id, () => send('PATCH', `/comments/${id}`, { text: 'late' }))
    expect([404, 409]).toContain(status)
    expect(await textOf(id)).toBeUndefined()
    expect(api.errors).toEqual([])
  })

  it('heeds a change that leaves the right as it was', async () => {
    const id = await makeComment()
    const change = `update comments set created_at = now() where id = $1`
    const { status } = await race(change, id, () => send('PATCH', `/comments/${id}`, { text: 'in time' }))
    expect([status, await textOf(id)]).toEqual([200, 'in time'])
  })
})
