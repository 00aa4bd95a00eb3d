// Many clients that read slowly do not fill the memory of the server, and what they read is right in the end.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { emptyDatabase, servers, type TestDatabase } from '../support/databases.ts'
import { type ServingProcess, startServing } from '../wire/start-serving.ts'

/** Resident memory above that of the idle server. */
const maxBytes = 150 * 1024 * 1024
const readers = 500
const exportRows = 200_000

const sql = `
create table documents (id int primary key, body text not null);
insert into documents select i, repeat(md5(i::text), 35) from generate_series(1, 2000) i;
create table entries (id int primary key, body text not null);
insert into entries select i, repeat(md5(i::text), 3) from generate_series(1, ${exportRows}) i;
analyze`

let database: TestDatabase
let serving: ServingProcess

beforeAll(async () => {
  const [server] = servers()
  if (!server) throw new Error('there is no server')
  database = await emptyDatabase(server)
  await withClient(database.config, client => client.query(sql))
})
// Each test has a server that is idle when it begins.
beforeEach(async () => {
  serving = await startServing(database, 'open')
})
afterEach(() => serving.stop())

/** Reads at most so many bytes at a time, and the next ones only when it is told to. */
class SlowReader {
  readonly path: string
  readonly #socket: Socket
  #left = 0
  readonly #received: Buffer[] = []
  readonly ended: Promise<void>

  constructor(path: string, { accept = 'application/json', pieceBytes = 512 } = {}) {
    this.path = path
    this.#socket = connect({
      ...{ port: serving.port, host: '127.0.0.1' },
      onread: {
        buffer: Buffer.alloc(pieceBytes),
        callback: (count, buffer) => {
          this.#received.push(Buffer.from(buffer.subarray(0, count)))
          this.#left -= 1
          // Nothing more is asked of the system until it is to be read.
          return this.#left > 0
        },
      },
    })
    this.ended = new Promise(resolve => this.#socket.once('close', () => resolve()).on('error', () => resolve()))
    const head = [
      `GET /api${path} HTTP/1.1`,
      `Host: 127.0.0.1:${serving.port}`,
      `Accept: ${accept}`,
      'Connection: close',
    ]
    this.#socket.write(`${head.join('\r\n')}\r\n\r\n`)
  }

  /** Reads so many pieces, as they come. */
  read(pieces: number): void {
    this.#left = pieces
    this.#socket.resume()
  }

  get received(): number {
    return this.#received.reduce((sum, { length }) => sum + length, 0)
  }

  /** What came, and comes until the server closes the connection. */
  async finish(): Promise<string> {
    this.read(Number.POSITIVE_INFINITY)
    await this.ended
    return Buffer.concat(this.#received).toString()
  }

  leave(): void {
    this.#socket.destroy()
  }
}

const page = (reader: number) => `/documents?page[size]=${10 + (reader % 10) * 10}&sort=id&id[gt]=${reader % 700}`
const fetchText = (path: string) => fetch(`http://127.0.0.1:${serving.port}/api${path}`).then(reply => reply.text())
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`

it(`holds little for ${readers} clients that read a page slowly`, { timeout: 120_000 }, async () => {
  for (let i = 0; i < 300; i += 1) await fetchText(page(i))
  await sleep(500)
  await serving.begin()
  const idle = (await serving.measure()).bytes
  const open = Array.from({ length: readers }, (_, i) => new SlowReader(page(i)))
  for (let round = 0; round < 40; round += 1) {
    for (const reader of open) reader.read(1)
    await sleep(100)
  }
  const { peakBytes, errors } = await serving.measure()
  for (const reader of open) expect(reader.received).toBeGreaterThan(0)
  const sample = open.filter((_, i) => i % 23 === 0)
  for (const reader of open) if (!sample.includes(reader)) reader.leave()
  for (const reader of sample) {
    const answer = await reader.finish()
    const wanted = await fetchText(reader.path)
    expect(wanted.length).toBeGreaterThan(11_000)
    expect(answer.slice(0, 15)).toBe('HTTP/1.1 200 OK')
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(wanted)
  }
  console.log(
    `${readers} slow readers: ${megabytes(peakBytes - idle)} above the ${megabytes(idle)} of the idle server.`,
  )
  expect(errors).toEqual([])
  expect(peakBytes - idle).toBeLessThan(maxBytes)
})

it(`holds little of an export of ${exportRows} rows that is read slowly`, { timeout: 120_000 }, async () => {
  for (let i = 0; i < 300; i += 1) await fetchText(page(i))
  await sleep(500)
  await serving.begin()
  const idle = (await serving.measure()).bytes
  const accept = 'application/x-ndjson'
  const stalled = new SlowReader('/entries?sort=id', { accept })
  const slow = new SlowReader('/entries?sort=id', { accept, pieceBytes: 64 * 1024 })
  for (let round = 0; round < 300; round += 1) {
    slow.read(1)
    if (round % 10 === 0) stalled.read(1)
    await sleep(10)
  }
  const text = await slow.finish()
  const { peakBytes, errors } = await serving.measure()
  stalled.leave()
  const ids = [...text.matchAll(/\{"id":(\d+),"body":"[0-9a-f]{96}"[^\n]*\}\n/g)].map(match => Number(match[1]))
  expect(stalled.received).toBeLessThan(text.length / 100)
  expect(ids).toHaveLength(exportRows)
  expect(ids.every((id, i) => id === i + 1)).toBe(true)
  expect(text.endsWith('0\r\n\r\n')).toBe(true)
  console.log(
    `An export of ${megabytes(text.length)}: ${megabytes(peakBytes - idle)} above the ${megabytes(idle)} of the idle server.`,
  )
  expect(errors).toEqual([])
  expect(peakBytes - idle).toBeLessThan(maxBytes)
})
