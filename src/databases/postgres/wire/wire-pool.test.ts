// The pool before a server of a few words, and before real ones: who waits for whom, and what is left when callers or servers go.
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { describeEachServer, emptyDatabase } from '../../../../test/support/databases.ts'
import { commandComplete, dataRow } from '../../../../test/wire/backend-messages.ts'
import {
  type Answer,
  type FakeServer,
  type FakeServerOptions,
  type Question,
  startFakeServer,
} from '../../../../test/wire/fake-server.ts'
import { takeRows } from '../../../../test/wire/make-read.ts'
import { ApiError } from '../../../errors/api-error.ts'
import { sessionSettings } from '../session.ts'
import { WirePool, type WirePoolOptions } from './wire-pool.ts'

const pools: WirePool[] = []
const servers: FakeServer[] = []
const errors: Error[] = []
afterEach(async () => {
  await Promise.all(pools.splice(0).map(pool => pool.close()))
  await Promise.all(servers.splice(0).map(server => server.close()))
  errors.length = 0
})

function openPool(config: pg.ClientConfig, options: Partial<WirePoolOptions> = {}): WirePool {
  const pool = new WirePool({
    ...{ config, settings: sessionSettings(10_000), prepare: true, maxPrepared: 100, maxResultBytes: 1_000_000 },
    ...{ statementTimeoutMs: 10_000, maxConnections: 2, onError: (error: Error) => errors.push(error), ...options },
  })
  pools.push(pool)
  return pool
}

async function startBoth(
  given: FakeServerOptions,
  options: Partial<WirePoolOptions> = {},
): Promise<{ pool: WirePool; server: FakeServer }> {
  const server = await startFakeServer(given)
  servers.push(server)
  return { pool: openPool(server.config, options), server }
}

/** Resolves with the first column of the first row. */
async function ask(pool: WirePool, text: string, values: readonly string[] = [], isGone = () => false) {
  const rows = await pool.read({ name: text, text, values }, { isGone }, takeRows)
  return rows[0]?.[0]
}

const echo = ({ text, values }: Question) => ({ rows: [[`${text}:${values.join()}`]] })
const never = new Promise<Answer>(() => undefined)
const forever = () => never
const settledIn = (reads: readonly Promise<unknown>[]) => Promise.allSettled(reads)

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5)
}

describe('WirePool', () => {
  it('lets no more reads wait than it may, and tells the others when to come again', async () => {
    const { pool } = await startBoth({ answer: forever })
    const reads = Array.from({ length: 1_300 }, (_, i) => ask(pool, `text ${i % 10}`))
    const refused = await settledIn(reads.slice(1_000))
    for (const one of refused) {
      const { reason } = one as PromiseRejectedResult
      expect(reason).toBeInstanceOf(ApiError)
      expect(reason).toMatchObject({ code: 'unavailable', headers: { 'retry-after': '1' } })
    }
    void pool.close()
    for (const one of await settledIn(reads)) expect(one).toMatchObject({ reason: { code: 'unavailable' } })
    await expect(ask(pool, 'late')).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('serves plans by turns', async () => {
    const served: string[] = []
    const answer = (question: Question) => {
      served.push(question.text)
      return echo(question)
    }
    const { pool } = await startBoth({ answer }, { maxConnections: 1 })
    await ask(pool, 'often')
    const reads = [
      ...Array.from({ length: 400 }, (_, i) => ask(pool, 'often', [`${i}`])),
      ...['x', 'y', 'z', 'x'].map(text => ask(pool, text)),
    ]
    await Promise.all(reads)
    const last = served.lastIndexOf('x')
    expect(served).toHaveLength(405)
    expect(last).toBeLessThan(100)
  })

  it('gathers inserts while two groups of them are committed, and commits those together', async () => {
    let open = Promise.withResolvers<void>()
    const seen: { readonly value: string; readonly session: number }[] = []
    const answer = async (question: Question) => {
      seen.push({ value: question.values[0] ?? '', session: question.session.id })
      if (question.values[0] !== 'gathered') await open.promise
      return echo(question)
    }
    const { pool, server } = await startBoth({ answer }, { maxConnections: 4 })
    const insert = (value: string) =>
      pool.read({ name: 'i', text: 'i', values: [value] }, { isGone: () => false }, takeRows, 'grouped')
    // Plans that are not known take a connection each.
    const first = ['a', 'b', 'c', 'd'].map(text => ask(pool, text))
    await until(() => server.sessions.length === 4 && seen.length === 4)
    open.resolve()
    await Promise.all(first)
    await Promise.all(Array.from({ length: 20 }, () => insert('gathered')))
    for (let since = Number.NEGATIVE_INFINITY; performance.now() - since > 40; ) {
      open = Promise.withResolvers()
      seen.length = 0
      since = performance.now()
      const groups = [insert('one')]
      await until(() => seen.length === 1)
      groups.push(insert('two'))
      await until(() => seen.length === 2)
      const gathered = []
      for (let i = 0; i < 20; i += 1) {
        gathered.push(insert('gathered'))
        await turn()
      }
      open.resolve()
      await Promise.all([...groups, ...gathered])
      // Where that took so long that both groups seemed to hang, others went ahead: once more.
    }
    expect(new Set(seen.filter(one => one.value === 'gathered').map(one => one.session)).size).toBe(1)
  })

  it('moves what stands behind a statement that hangs, and answers it', async () => {
    const answer = (question: Question) => (question.values[0] === 'hang' ? forever() : echo(question))
    const { pool, server } = await startBoth({ answer })
    for (let i = 0; i < 20; i += 1) await ask(pool, 'q', ['0'])
    let hanging = true
    const gone = { now: false }
    const hung = ask(pool, 'q', ['hang'], () => gone.now).finally(() => {
      hanging = false
    })
    const reads = Array.from({ length: 30 }, (_, i) => ask(pool, 'q', [`${i}`]))
    expect(await Promise.all(reads)).toEqual(reads.map((_, i) => `q:${i}`))
    expect(hanging).toBe(true)
    expect(server.sessions).toHaveLength(2)
    gone.now = true
    await expect(hung).rejects.toThrow('hung up')
  })

  it('cancels the statement of a caller that is gone, never a neighbour of it', async () => {
    const answer = (question: Question) => (question.values[0] === 'hang' ? forever() : echo(question))
    const { pool, server } = await startBoth({ answer }, { maxConnections: 3 })
    for (let i = 0; i < 20; i += 1) await ask(pool, 'q', ['0'])
    for (let round = 1; round <= 5; round += 1) {
      let gone = false
      const hung = ask(pool, 'q', ['hang'], () => gone)
      const before = Array.from({ length: 20 }, (_, i) => ask(pool, 'q', [`${i}`]))
      await sleep(10)
      gone = true
      const after = Array.from({ length: 20 }, (_, i) => ask(pool, 'q', [`${i}`]))
      await expect(hung).rejects.toThrow('hung up')
      expect(await Promise.all([...before, ...after])).toEqual([...before, ...after].map((_, i) => `q:${i % 20}`))
      await until(() => server.cancels.length >= round)
      expect(server.cancels).toHaveLength(round)
    }
    expect(errors).toEqual([])
  })

  it('goes on where the server gave no key to cancel by', async () => {
    const wake: (() => void)[] = []
    const answer = (question: Question): Answer | Promise<Answer> =>
      question.text === 'hang' ? new Promise(resolve => wake.push(() => resolve({ rows: [] }))) : echo(question)
    const { pool, server } = await startBoth({ answer, withKey: false }, { maxConnections: 1 })
    let gone = false
    const hung = ask(pool, 'hang', [], () => gone)
    await until(() => wake.length === 1)
    gone = true
    await expect(hung).rejects.toThrow('hung up')
    const next = ask(pool, 'next')
    for (const one of wake) one()
    expect(await next).toBe('next:')
    expect(server.sessions).toHaveLength(1)
  })

  it('does not ask again and again to cancel what the server goes on with', async () => {
    const wake: (() => void)[] = []
    const answer = async (question: Question): Promise<Answer> => {
      if (question.text !== 'deaf') return echo(question)
      await new Promise<void>(resolve => wake.push(resolve))
      return { error: '57014' }
    }
    const { pool, server } = await startBoth({ answer, isDeaf: true }, { maxConnections: 1 })
    let gone = false
    const hung = ask(pool, 'deaf', [], () => gone)
    await until(() => wake.length === 1)
    gone = true
    await expect(hung).rejects.toThrow('hung up')
    await sleep(400)
    expect(server.cancels).toHaveLength(1)
    for (const one of wake) one()
    expect(await ask(pool, 'next')).toBe('next:')
  })

  it('never runs plans that are slow on all connections', async () => {
    let running = 0
    let most = 0
    const answer = async (question: Question): Promise<Answer> => {
      if (question.text !== 'slow') {
        if (question.text.startsWith('warm')) await sleep(30)
        return echo(question)
      }
      running += 1
      most = Math.max(most, running)
      await sleep(80)
      running -= 1
      return echo(question)
    }
    const { pool, server } = await startBoth({ answer }, { maxConnections: 3 })
    while (server.sessions.length < 3) await Promise.all(['warm 1', 'warm 2', 'warm 3'].map(text => ask(pool, text)))
    await ask(pool, 'slow')
    most = 0
    const slow = Array.from({ length: 8 }, (_, i) => ask(pool, 'slow', [`${i}`]))
    const quick = Array.from({ length: 8 }, (_, i) => ask(pool, 'quick', [`${i}`]))
    expect(await Promise.race([Promise.all(quick), Promise.all(slow)])).toEqual(quick.map((_, i) => `quick:${i}`))
    expect(await Promise.all(slow)).toEqual(slow.map((_, i) => `slow:${i}`))
    expect(most).toBe(2)
  })

  it('tries a server that is away ever more rarely, and reads once it is back', async () => {
    let away = true
    let attempts = 0
    const admit = () => {
      attempts += 1
      return !away
    }
    const { pool } = await startBoth({ answer: echo, admit }, { maxConnections: 3 })
    let refused = 0
    const last = performance.now() + 700
    while (performance.now() < last) {
      const settled = await settledIn([ask(pool, 'a'), ask(pool, 'b')])
      for (const { status } of settled) expect(status).toBe('rejected')
      refused += settled.length
      await sleep(2)
    }
    expect(refused).toBeGreaterThan(20)
    expect(attempts).toBeGreaterThan(1)
    expect(attempts).toBeLessThan(refused / 2)
    away = false
    let answered: unknown
    while (answered !== 'a:') answered = await ask(pool, 'a').catch(() => sleep(20))
    expect(await Promise.all([ask(pool, 'a'), ask(pool, 'b')])).toEqual(['a:', 'b:'])
  })

  it('sends a read whose connection is lost once more, and no oftener', async () => {
    const times = new Map<string, number>()
    const answer = (question: Question) => {
      const key = question.values.join()
      const count = (times.get(key) ?? 0) + 1
      times.set(key, count)
      if (question.text === 'cut' && count <= Number(key)) question.session.socket.destroy()
      return echo(question)
    }
    const { pool } = await startBoth({ answer })
    expect(await ask(pool, 'cut', ['0'])).toBe('cut:0')
    expect(await ask(pool, 'cut', ['1'])).toBe('cut:1')
    await expect(ask(pool, 'cut', ['2'])).rejects.toThrow('closed')
    expect(times.get('2')).toBe(2)
    expect(await ask(pool, 'after')).toBe('after:')
  })

  it('gives up a connection whose rows lie about their columns', async () => {
    const raw = Buffer.concat([dataRow(['x'], 5), commandComplete(1)])
    const answer = (question: Question) => (question.text === 'lie' ? { raw } : echo(question))
    const { pool, server } = await startBoth({ answer }, { maxConnections: 1 })
    await expect(ask(pool, 'lie')).rejects.toThrow('columns')
    expect(await ask(pool, 'after')).toBe('after:')
    expect(server.sessions).toHaveLength(2)
  })

  it('fails a read of more values than a statement can have, and no other', async () => {
    const { pool } = await startBoth({ answer: ({ values }) => ({ rows: [[`${values.length}`]] }) })
    const reads = [1, 65_535, 65_536].map(length =>
      ask(
        pool,
        'a',
        Array.from({ length }, () => ''),
      ),
    )
    const [few, most, more] = await settledIn(reads)
    expect([few, most]).toMatchObject([{ value: '1' }, { value: '65535' }])
    expect((more as PromiseRejectedResult).reason).toBeInstanceOf(RangeError)
  })

  it('fails a read whose taker throws, and no other', async () => {
    const { pool } = await startBoth({ answer: echo })
    const failing = pool.read({ name: 'a', text: 'a', values: [] }, { isGone: () => false }, () => {
      throw new RangeError('taken wrongly')
    })
    const [failed, right] = await settledIn([failing, ask(pool, 'b')])
    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'taken wrongly' } })
    expect(right).toMatchObject({ value: 'b:' })
  })
})

describeEachServer('WirePool before a real server', server => {
  const countPrepared = 'select count(*)::text from pg_prepared_statements'

  it('keeps no more statements prepared than it may', async () => {
    const database = await emptyDatabase(server)
    const pool = openPool(database.config as pg.ClientConfig, { maxPrepared: 5, maxConnections: 1 })
    for (let round = 0; round < 3; round += 1)
      for (let i = 0; i < 30; i += 1) {
        const group = [i, i + 1, i % 3].map(n => ask(pool, `select '${n}' || $1::text`, ['é']))
        const failing = ask(pool, `select (1 / ($1::int - ${i}))::text`, [`${i}`])
        await expect(failing).rejects.toMatchObject({ code: '22012' })
        expect(await Promise.all(group)).toEqual([`${i}é`, `${i + 1}é`, `${i % 3}é`])
      }
    expect(Number(await ask(pool, countPrepared))).toBeGreaterThan(1)
    expect(Number(await ask(pool, countPrepared))).toBeLessThanOrEqual(6)
  })

  it('prepares nothing where it shall not', async () => {
    const database = await emptyDatabase(server)
    const pool = openPool(database.config as pg.ClientConfig, { prepare: false, maxConnections: 1 })
    const reads = Array.from({ length: 20 }, (_, i) => ask(pool, `select '${i % 4}' || $1::text`, ['']))
    expect(await Promise.all(reads)).toEqual(reads.map((_, i) => `${i % 4}`))
    expect(await ask(pool, countPrepared)).toBe('0')
  })

  it('answers quick reads while others hold all other connections, and cancels those whose callers go', async () => {
    const database = await emptyDatabase(server)
    const pool = openPool(database.config as pg.ClientConfig, { maxConnections: 3 })
    const gone = { now: false }
    const slow = (i: number) => ask(pool, `select pg_sleep(30)::text || ${i}`, [], () => gone.now)
    const sleeping = [slow(1), slow(2)]
    for (let i = 0; i < 50; i += 1)
      expect(await Promise.all([1, 2, 3, 4].map(n => ask(pool, 'select $1::text', [`${n}`])))).toEqual([...'1234'])
    gone.now = true
    for (const one of await settledIn(sleeping)) expect(one).toMatchObject({ reason: { message: /hung up/ } })
    const running = `select count(*)::text from pg_stat_activity where datname = current_database() and state = 'active' and query like '%pg\\_sleep(30)%'`
    await expect.poll(() => ask(pool, running.replace('30)%', '3%'))).toBe('0')
    expect(errors).toEqual([])
  })
})
