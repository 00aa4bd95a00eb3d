import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { Agent, get as httpGet } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { createServer } from '../../src/create-server.ts'
import { startEmbedded } from '../../src/databases/embedded/start-embedded.ts'
import { type ConnectOptions, connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { defineApi, resource, tables } from '../../src/index.ts'
import { makeRandom } from '../hostile/random.ts'
import { type ApiUnderTest, type Reply, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'

/** `naps/1` takes no time, `naps/N` N hundredths of a second. */
const schema = `
create table pets (id int primary key, name text not null, weight int);
insert into pets select i, 'pet ' || i, i * 10 from generate_series(1, 100) i;
create table waits (id int primary key);
insert into waits select generate_series(1, 3000);
create view naps as select id, 'slept ' || id || pg_sleep(id / 100.0)::text as dream from waits;`

const config = (database: TestDatabase) => database.config as pg.ClientConfig
const run = (database: TestDatabase, statement: string) =>
  withClient(config(database), client => client.query(statement))
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 5_000): Promise<void> {
  const last = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > last) throw new Error(`${what} did not come true in ${timeoutMs} ms`)
    await sleep(10)
  }
}

const nap = (hundredths: number) => `/naps?id=${hundredths}&fields=id,dream`
const slept = (hundredths: number) => [{ id: hundredths, dream: `slept ${hundredths}` }]

/** 200 with the right record, or 503 that says when to come again. */
function checkPet(id: number, reply: Reply): 'answered' | 'away' {
  if (reply.status === 200) {
    expect(reply.json.data).toMatchObject({ id, name: `pet ${id}` })
    return 'answered'
  }
  expect(reply.status).toBe(503)
  checkAway(reply, 'unavailable')
  return 'away'
}

function checkAway(reply: Reply, code: string): void {
  expect(reply.status).toBe(503)
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(reply.headers.get('cache-control')).toBe('no-store')
  expect(reply.json.errors[0]).toMatchObject({ code, status: '503' })
  expect(reply.text).not.toMatch(/select|pg_|naps|pets|postgres|socket|ECONN|administrator|127\.0\.0\.1/i)
}

describeEachServer('resilience', server => {
  const open: ApiUnderTest[] = []
  async function start(options: Partial<ConnectOptions> = {}): Promise<ApiUnderTest> {
    const database = await emptyDatabase(server)
    await run(database, schema)
    const api = await startApi('open', database, options)
    open.push(api)
    return api
  }
  afterEach(async () => {
    for (const api of open.splice(0)) await api.close()
  })

  /** What the server's connections do; our own look is left out. */
  async function sessions(api: ApiUnderTest, where = 'true'): Promise<number[]> {
    const { rows } = await withClient(server.config as pg.ClientConfig, client =>
      client.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = $1 and backend_type = 'client backend' and query !~* '^listen' and (${where}) order by pid`,
        [api.database.config.database],
      ),
    )
    return rows.map(row => row.pid)
  }
  /** Ends sessions of this test's database: chosen first, ended after, or the planner could end all sessions of the server. */
  async function endSessions(api: ApiUnderTest, where: string): Promise<void> {
    await withClient(server.config as pg.ClientConfig, client =>
      client.query(
        `with ours as materialized (select pid from pg_stat_activity where datname = $1 and (${where})) select pg_terminate_backend(pid) from ours`,
        [api.database.config.database],
      ),
    )
  }
  const napping = `state = 'active' and query like '%naps%'`

  it('cancels the statement of a client that hangs up, and uses its connection again', async () => {
    const api = await start({ poolSize: 1 })
    await api.get('/pets/1')
    const before = await sessions(api)
    const hangUp = new AbortController()
    const reply = fetch(api.url + nap(3000), { signal: hangUp.signal })
    await until('the nap', async () => (await sessions(api, napping)).length === 1)
    hangUp.abort()
    await expect(reply).rejects.toThrow()
    await until('the end of the nap', async () => (await sessions(api, napping)).length === 0, 2_000)
    expect((await api.get('/pets/2')).json.data.name).toBe('pet 2')
    expect(await sessions(api)).toEqual(before)
    expect(api.errors).toEqual([])
  })

  it('cancels also when all connections are taken, and lets the next one in', async () => {
    const api = await start({ poolSize: 2 })
    const hangUp = new AbortController()
    // Not the same one: identical reads share a statement.
    const gone = [2997, 2998, 2999, 3000].map(hundredths =>
      fetch(api.url + nap(hundredths), { signal: hangUp.signal }).catch(() => 'gone'),
    )
    await until('two naps', async () => (await sessions(api, napping)).length === 2)
    const waiting = api.get('/pets/3')
    const since = performance.now()
    hangUp.abort()
    expect((await waiting).json.data.name).toBe('pet 3')
    expect(performance.now() - since).toBeLessThan(2_000)
    expect(await Promise.all(gone)).toEqual(['gone', 'gone', 'gone', 'gone'])
    // Those that waited for a connection never ran.
    expect(api.statements.filter(text => text.includes('naps')).length).toBeLessThanOrEqual(2)
    expect(api.errors).toEqual([])
  })

  it('never harms a neighbour by a cancel, whenever it comes', async () => {
    const api = await start({ poolSize: 3 })
    const random = makeRandom(7)
    let stopped = false
    const neighbours = [1, 2].map(async () => {
      let answered = 0
      while (!stopped) {
        const reply = await api.get(nap(1))
        expect([reply.status, reply.json.data]).toEqual([200, slept(1)])
        answered++
      }
      return answered
    })
    for (let i = 0; i < 100; i++) {
      const hangUp = new AbortController()
      const reply = fetch(api.url + nap(2), { signal: hangUp.signal })
        .then(response => response.text())
        .catch(() => undefined)
      await sleep(random.next() * 30)
      hangUp.abort()
      await reply
    }
    stopped = true
    for (const answered of await Promise.all(neighbours)) expect(answered).toBeGreaterThan(20)
    expect(api.errors).toEqual([])
  })

  it('answers 503 with Retry-After, and nothing of the inside, where a statement takes too long', async () => {
    const api = await start({ statementTimeoutMs: 300, poolSize: 1 })
    checkAway(await api.get(nap(3000)), 'timeout')
    expect((await api.get(nap(1))).json.data).toEqual(slept(1))
  })

  it('answers each request rightly or with 503 while its sessions are ended, and recovers by itself', async () => {
    const api = await start({ poolSize: 4 })
    const counts = { answered: 0, away: 0 }
    let stopped = false
    const clients = [1, 2, 3, 4, 5, 6].map(async client => {
      for (let i = 0; !stopped; i++) {
        const id = 1 + ((client * 17 + i) % 100)
        counts[checkPet(id, await api.get(`/pets/${id}?fields=id,name`))]++
      }
    })
    for (let i = 0; i < 8; i++) {
      await sleep(100)
      await endSessions(api, "query !~* '^listen'")
    }
    await sleep(100)
    stopped = true
    await Promise.all(clients)
    for (let id = 1; id <= 10; id++) expect(checkPet(id, await api.get(`/pets/${id}`))).toBe('answered')
    expect(counts.answered).toBeGreaterThan(100)
    for (const error of api.errors) expect(error).not.toMatchObject({ code: 'internal' })
  })

  it('answers rightly after the tables changed under prepared statements', async () => {
    const api = await start({ poolSize: 3 })
    const ask = () =>
      Promise.all([1, 2, 3, 4, 5, 6].map(() => api.get('/pets?id[in]=7,8&sort=id&fields=id,name,weight')))
    const changes = [
      'alter table pets add column colour text',
      'alter table pets alter column weight type int8',
      'alter table pets alter column name type varchar(90)',
      'alter table pets drop column colour',
      'create index on pets (weight)',
      'alter table pets alter column weight type numeric',
      'analyze pets',
    ]
    await ask()
    for (const change of changes) {
      await run(api.database, change)
      for (const reply of await ask()) {
        expect([change, reply.status, reply.json.data]).toEqual([
          change,
          200,
          [
            { id: 7, name: 'pet 7', weight: 70 },
            { id: 8, name: 'pet 8', weight: 80 },
          ],
        ])
      }
    }
    expect(api.errors).toEqual([])
  })

  it('swaps in a new table on NOTIFY, without dropping what runs', async () => {
    const api = await start()
    const running = api.get(nap(100))
    await until('the nap', async () => (await sessions(api, napping)).length === 1)
    expect((await api.get('/toys')).status).toBe(404)
    await run(
      api.database,
      `create table toys (id int primary key, name text); insert into toys values (1, 'ball'); notify colonnade, 'reload'`,
    )
    await until('the new table', async () => (await api.get('/toys/1')).status === 200)
    expect((await api.get('/toys/1')).json.data).toEqual({ id: 1, name: 'ball' })
    const reply = await running
    expect([reply.status, reply.json.data]).toEqual([200, slept(100)])
    expect(api.errors).toEqual([])
  })

  it('answers 503 and follows by itself when a column is renamed and nobody notifies', async () => {
    const api = await start()
    expect((await api.get('/pets/1?fields=weight')).status).toBe(200)
    await run(api.database, 'alter table pets rename column weight to mass')
    const reply = await api.get('/pets/1?fields=weight')
    expect([reply.status, reply.json.errors[0].code, reply.headers.get('retry-after')]).toEqual([
      503,
      'unavailable',
      '2',
    ])
    expect(reply.text).not.toMatch(/weight|column/)
    await until('the renamed column', async () => (await api.get('/pets/1?fields=mass')).status === 200)
    expect((await api.get('/pets/1?fields=weight')).json.errors[0].code).toBe('unknown_field')
  })

  it('answers the same shapes rightly before and after a reload on the same connections', async () => {
    const api = await start({ poolSize: 1 })
    for (let i = 1; i <= 3; i++) await api.get(`/pets?id=${i}`)
    await run(api.database, 'create table a_first (id int primary key)')
    await api.server.reload()
    expect((await api.get('/a-first')).json.data).toEqual([])
    expect((await api.get('/pets/4')).json.data.name).toBe('pet 4')
    expect(api.errors).toEqual([])
  })

  it('reloads once for many notifications that come at once', async () => {
    const database = await emptyDatabase(server)
    await run(database, schema)
    let reloads = 0
    const running = await createServer({
      database: connectPostgres({ config: config(database) }),
      api: 'open',
      onReload: () => void reloads++,
    })
    try {
      await withClient(config(database), async client => {
        for (let i = 0; i < 200; i++)
          await client.query(`select pg_notify('colonnade', 'reload'), pg_notify('colonnade', 'else')`)
      })
      await until('a reload', () => reloads > 0)
      await sleep(500)
      expect(reloads).toBeLessThan(60)
    } finally {
      await running.close()
    }
  })

  it('reloads by itself after the listening connection was cut, and listens again', async () => {
    const api = await start()
    await endSessions(api, "query ~* '^listen'")
    await run(api.database, `create table toys (id int primary key); notify colonnade, 'reload'`)
    await until('the first table', async () => (await api.get('/toys')).status === 200)
    await run(api.database, `create table games (id int primary key); notify colonnade, 'reload'`)
    await until('the second table', async () => (await api.get('/games')).status === 200)
  })

  it('keeps what it serves when a reload fails', async () => {
    const database = await emptyDatabase(server)
    await run(database, `${schema} create table toys (id int primary key);`)
    const db = tables({
      pets: { key: 'id', columns: { id: 'int4', name: 'text' } },
      toys: { key: 'id', columns: { id: 'int4' } },
    } as const)
    const everyone = { roles: { guest: { read: 'all' } } } as const
    const definition = defineApi(
      { pets: resource(db.pets, everyone), toys: resource(db.toys, everyone) },
      { roles: { guest: 'anyone' } },
    )
    const api = await startApi(definition, database)
    open.push(api)
    await run(database, `drop table toys; notify colonnade, 'reload'`)
    await until('the failure', () => api.errors.length > 0)
    expect(String(api.errors[0])).toContain('toys')
    expect((await api.get('/pets/5')).json.data).toEqual({ id: 5, name: 'pet 5' })
    await run(
      database,
      `create table toys (id int primary key); insert into toys values (9); notify colonnade, 'reload'`,
    )
    await until('the table again', async () => (await api.get('/toys/9')).status === 200)
  })

  it('answers what runs before it closes, and closes connections that are kept', async () => {
    const api = await start()
    const agent = new Agent({ keepAlive: true })
    const viaAgent = async (path: string) => {
      const [response] = await once(httpGet(api.url + path, { agent }), 'response')
      let body = ''
      for await (const chunk of response) body += chunk
      return { status: response.statusCode, connection: response.headers.connection, data: JSON.parse(body).data }
    }
    expect((await viaAgent('/pets/1')).connection).toBe('keep-alive')
    const running = viaAgent(nap(50))
    await until('the nap', async () => (await sessions(api, napping)).length === 1)
    const since = performance.now()
    const closed = open.pop()?.close()
    await expect(fetch(`${api.url}/pets/1`)).rejects.toThrow()
    expect(await running).toEqual({ status: 200, connection: 'close', data: slept(50) })
    await closed
    expect(performance.now() - since).toBeLessThan(3_000)
    agent.destroy()
    expect(await sessions(api)).toEqual([])
  })

  it('closes without waiting for those who ask nothing', async () => {
    const api = await start()
    const sockets = ['', 'GET /api/pe', `GET /api/pets HTTP/1.1\r\nHost: localhost\r\n\r\n`].map(text => {
      const socket = connect(api.server.port, '127.0.0.1')
      socket.on('error', () => undefined).write(text)
      return socket
    })
    await Promise.all(sockets.slice(2).map(socket => once(socket, 'data')))
    const since = performance.now()
    await open.pop()?.close()
    expect(performance.now() - since).toBeLessThan(2_000)
    for (const socket of sockets) socket.destroy()
  })

  it('keeps cursors over a reload', async () => {
    const api = await start()
    const { json } = await api.get('/pets?per_page=5')
    await api.server.reload()
    const next = await api.get(json.links.next.slice('/api'.length))
    expect(next.json.data[0].id).toBe(6)
  })
})

describe('a database that is away', () => {
  it('is an error with a name at the start', async () => {
    const database = connectPostgres({ config: { host: '127.0.0.1', port: 1, user: 'postgres', database: 'none' } })
    await expect(createServer({ database, api: 'open' })).rejects.toMatchObject({ code: 'unavailable' })
    await database.close()
  })

  it('answers 503 while it restarts or has stopped, and rightly as soon as it is back', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'colonnade-resilience-'))
    const embedded = await startEmbedded({ dir })
    const database = { config: embedded.config, url: embedded.url, drop: async () => undefined }
    await run(database, schema)
    const api = await startApi('open', database)
    const postmaster = async () =>
      Number((await readFile(join(embedded.home, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
    try {
      expect(checkPet(1, await api.get('/pets/1'))).toBe('answered')
      // Killed: whoever embeds it starts it again, and it recovers.
      process.kill(await postmaster(), 'SIGKILL')
      const seen = new Set<string>()
      await until(
        'the restart',
        async () => {
          const outcome = checkPet(2, await api.get('/pets/2'))
          seen.add(outcome)
          return outcome === 'answered' && seen.has('away')
        },
        20_000,
      )
      await run(database, `create table toys (id int primary key); notify colonnade, 'reload'`)
      await until('the new table', async () => (await api.get('/toys')).status === 200, 10_000)

      await embedded.stop()
      const since = performance.now()
      checkAway(await api.get('/pets/3'), 'unavailable')
      expect(performance.now() - since).toBeLessThan(1_000)
      const again = await startEmbedded({ dir })
      expect(again.url).toBe(embedded.url)
      await until('the return', async () => checkPet(4, await api.get('/pets/4')) === 'answered', 20_000)
      await api.close()
      await again.stop()
    } finally {
      await embedded.stop()
      await rm(dir, { recursive: true, force: true })
    }
  }, 60_000)
})
