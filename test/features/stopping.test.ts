// A server that is told to stop answers in full what it has taken, and refuses the rest before it is taken.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createServer, type RunningServer, type ServerOptions } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { type Answered, type ReadConnection, readConnection } from '../operation/answer-reader.ts'
import { type CliProcess, makeFolder, startCli } from '../support/cli.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'

const sql = `
create table notes (id int generated always as identity primary key, ref text not null unique);
create table pages (id int primary key, text text not null);
insert into pages select i, repeat('all of a page ', 20) || i from generate_series(1, 200) i;
create table tomes as select 1 as id, repeat('all of a tome ', 1000000) as text;
insert into tomes values (2, repeat('all of a tome ', 50000));
alter table tomes add primary key (id);
create view naps as select id, 'slept' || pg_sleep(id / 1000.0)::text as dream from pages;`

const apiFile = `
import { defineApi, resource, tables } from 'colonnade'
const db = tables({
  notes: { key: 'id', columns: { id: 'int4 generated', ref: 'text' }, relationships: {} },
  pages: { key: 'id', columns: { id: 'int4', text: 'text' }, relationships: {} },
  naps: { key: 'id', columns: { id: 'int4', dream: 'text' }, relationships: {} },
} as const)
const guest = { read: 'all' } as const
export default defineApi({
  notes: resource(db.notes, { roles: { guest: { ...guest, write: { create: { only: ['ref'] } } } } }),
  pages: resource(db.pages, { roles: { guest } }),
  naps: resource(db.naps, { roles: { guest }, filters: ['id'] }),
}, { roles: { guest: 'anyone' } })
`

const connections = 50
const inFlight = 2_000

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** One of them in five is a POST, one a page of 60 kB, one takes a while. */
function requestOf(number: number): string {
  const get = (path: string) => `GET /api${path} HTTP/1.1\r\nHost: localhost\r\nRequest-Id: r${number}\r\n\r\n`
  if (number % 5 === 0) {
    const body = JSON.stringify({ ref: `note ${number}` })
    const head = `POST /api/notes HTTP/1.1\r\nHost: localhost\r\nRequest-Id: r${number}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    return head + body
  }
  if (number % 5 === 1) return get('/pages?page[size]=100')
  if (number % 5 === 2) return get(`/naps?id=${1 + (number % 40)}&fields=id,dream`)
  return get(`/pages/${1 + (number % 200)}`)
}

/** Whole and right, or a refusal that says when to come again. */
function checkAnswer({ status, headers, body }: Answered, number: number): void {
  expect(headers['request-id']).toBe(`r${number}`)
  const parsed = JSON.parse(body)
  if (status === 503) {
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    return
  }
  expect(status).toBe(number % 5 === 0 ? 201 : 200)
  if (number % 5 === 0) expect(parsed.data.ref).toBe(`note ${number}`)
  if (number % 5 === 1) expect(parsed.data).toHaveLength(100)
  if (number % 5 > 2) expect(parsed.data.id).toBe(1 + (number % 200))
}

const isAcknowledged = ({ status }: Answered) => status === 201

describeEachServer('stopping', server => {
  const folder = makeFolder()
  let database: TestDatabase
  let served: CliProcess
  let port: number
  beforeAll(async () => {
    database = await emptyDatabase(server)
    await withClient(database.config as pg.ClientConfig, client => client.query(sql))
    writeFileSync(join(folder.path, 'api.ts'), apiFile)
  })
  afterEach(async () => {
    if (served?.child.exitCode === null) await served.end('SIGKILL')
  })
  afterAll(async () => {
    folder.remove()
    await database.drop()
  })

  async function serve(...options: string[]): Promise<void> {
    served = startCli(['serve', database.url, '--json', '--port', '0', ...options], { cwd: folder.path })
    port = Number(new URL(JSON.parse(await served.ready).url).port)
  }
  async function notes(): Promise<Set<string>> {
    const { rows } = await withClient(database.config as pg.ClientConfig, client =>
      client.query<{ ref: string }>('select ref from notes'),
    )
    return new Set(rows.map(({ ref }) => ref))
  }

  /** Every request that was sent is answered in full, or nothing of its answer came and nothing of it was done. */
  async function checkAll(
    sent: ReadonlyMap<ReadConnection, readonly number[]>,
  ): Promise<{ answered: number; refused: number }> {
    const written = await notes()
    let answered = 0
    let refused = 0
    for (const [{ answers, leftover }, numbers] of sent) {
      expect(leftover()).toBe(0)
      expect(answers.length).toBeLessThanOrEqual(numbers.length)
      for (const [index, number] of numbers.entries()) {
        const answer = answers[index]
        if (answer) checkAnswer(answer, number)
        if (number % 5 === 0)
          expect({ number, isThere: written.has(`note ${number}`) }).toEqual({
            number,
            isThere: answer !== undefined && isAcknowledged(answer),
          })
        if (answer) answered += 1
        else refused += 1
      }
    }
    return { answered, refused }
  }

  it('loses none of 2,000 pipelined requests over 50 connections', async () => {
    await serve()
    const sent = new Map<ReadConnection, number[]>()
    for (let i = 0; i < connections; i += 1) {
      const connection = readConnection(port)
      await once(connection.socket, 'connect')
      sent.set(connection, [])
    }
    let number = 10_000
    for (const [connection, numbers] of sent) {
      for (let i = 0; i < inFlight / connections; i += 1) numbers.push(number++)
      connection.send(numbers.map(requestOf).join(''))
    }
    // Then what was sent has arrived, if not been read.
    await expect.poll(() => [...sent.keys()].some(({ answers }) => answers.length > 0), { interval: 1 }).toBe(true)
    const stopped = served.end('SIGTERM')
    await Promise.all([...sent.keys()].map(({ closed }) => closed))
    expect(await stopped).toBe(0)
    const { answered, refused } = await checkAll(sent)
    expect(answered + refused).toBe(inFlight)
    expect(answered).toBeGreaterThan(inFlight / 20)
  })

  it('loses none that come one after another over 50 kept connections', async () => {
    await serve()
    const sent = new Map<ReadConnection, number[]>()
    let number = 100_000
    const ask = (connection: ReadConnection) => {
      sent.get(connection)?.push(number)
      connection.send(requestOf(number))
      number += 1
    }
    for (let i = 0; i < connections; i += 1) {
      const connection: ReadConnection = readConnection(port, ({ headers }) => {
        // As RFC 9112 9.6 says: after this nothing is sent any more.
        if (headers.connection !== 'close') ask(connection)
      })
      sent.set(connection, [])
      ask(connection)
    }
    while (number < 100_000 + inFlight) await sleep(5)
    const stopped = served.end('SIGTERM')
    await Promise.all([...sent.keys()].map(({ closed }) => closed))
    expect(await stopped).toBe(0)
    const { answered, refused } = await checkAll(sent)
    expect(answered).toBeGreaterThan(inFlight - connections)
    // Of each connection at most the one that crossed the end of it.
    expect(refused).toBeLessThanOrEqual(connections)
    await expect(fetch(`http://127.0.0.1:${port}/api`)).rejects.toThrow()
  })

  it('is not ready while it waits to stop, and answers all that come meanwhile with Connection: close', async () => {
    await serve('--stop-delay', '1500')
    const health = `http://127.0.0.1:${port}/health/ready`
    const late = 50_000
    const kept = readConnection(port, ({ headers }) => {
      // Which no client should do.
      if (headers.connection === 'close') kept.send(requestOf(late))
    })
    kept.send(requestOf(3))
    await expect.poll(() => kept.answers.length).toBe(1)
    expect(kept.answers[0]?.headers.connection).not.toBe('close')
    expect((await fetch(health)).status).toBe(200)

    const stopped = served.end('SIGTERM')
    await expect.poll(async () => (await fetch(health)).status).toBe(503)
    // Old connections and new ones.
    kept.send(requestOf(4))
    const fresh = readConnection(port)
    fresh.send(requestOf(8))
    await Promise.all([kept.closed, fresh.closed])
    expect([kept.answers[1], fresh.answers[0]].map(answer => answer?.headers.connection)).toEqual(['close', 'close'])
    expect(kept.answers).toHaveLength(2)
    expect([kept.answers[1]?.status, fresh.answers[0]?.status]).toEqual([200, 200])
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200)
    expect(await stopped).toBe(0)
    expect(await notes()).not.toContain(`note ${late}`)
  })

  it('ends at once at a second signal', async () => {
    await serve('--stop-delay', '60000')
    const stopped = served.end('SIGTERM')
    await sleep(700)
    served.child.kill('SIGTERM')
    expect(await stopped).toBe(130)
  })

  async function start(stop: ServerOptions['stop'] = {}): Promise<RunningServer> {
    return createServer({
      database: connectPostgres({ config: database.config as pg.ClientConfig }),
      api: 'open',
      stop,
    })
  }

  it('does not cut off an answer that is read slowly', async () => {
    const running = await start()
    const connection = readConnection(running.port)
    // More than sockets hold, so that a part of the answer waits in the server.
    connection.socket.pause()
    connection.send('GET /api/tomes/1?fields=id,text HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await sleep(500)
    const closed = running.close()
    await sleep(600)
    connection.socket.resume()
    await Promise.all([closed, connection.closed])
    expect(connection.leftover()).toBe(0)
    expect(connection.answers).toHaveLength(1)
    expect(JSON.parse(connection.answers[0]?.body ?? '').data.text).toHaveLength(14_000_000)
  })

  it('does not reset a connection whose last answer is not read yet', async () => {
    const running = await start({ delayMs: 1_000 })
    const closed = running.close()
    const connection = readConnection(running.port)
    connection.socket.pause()
    const get = 'GET /api/tomes/2?fields=id,text HTTP/1.1\r\nHost: localhost\r\n\r\n'
    connection.send(get)
    // By then all of it is in the sockets.
    await sleep(400)
    connection.send(get)
    await sleep(200)
    connection.socket.resume()
    await Promise.all([closed, connection.closed])
    expect(connection.leftover()).toBe(0)
    expect(connection.answers).toHaveLength(1)
    expect(JSON.parse(connection.answers[0]?.body ?? '').data.text).toHaveLength(700_000)
  })

  it('waits no longer than it may for who reads nothing', async () => {
    const running = await start({ timeoutMs: 500 })
    const connection = readConnection(running.port)
    connection.socket.pause()
    const request = 'GET /api/pages?page[size]=100 HTTP/1.1\r\nHost: localhost\r\n\r\n'
    connection.send(request.repeat(500))
    await sleep(300)
    await running.close()
    connection.socket.destroy()
  })
})
