// Reads while the way to the database breaks: every answer is right, or 503 with Retry-After, and nobody waits for ever.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { processMark } from '../../src/databases/embedded/process-mark.ts'
import { startEmbedded } from '../../src/databases/embedded/start-embedded.ts'
import type { ConnectOptions } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { eachOf, type Known, runLoad, type Tally } from '../faults/clients.ts'
import { type Proxied, startProxied } from '../faults/proxied.ts'
import { makeQuestions } from '../faults/questions.ts'
import { endSessions, sessionsOf } from '../faults/sessions.ts'
import { nap, tablesSql } from '../faults/tables.ts'
import { makeRandom, type Random } from '../hostile/random.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'
import type { FaultRules } from '../support/fault-proxy.ts'
import { chooseSeed } from '../support/seed.ts'

const seed = chooseSeed(process.env.FAULTS_SEED)

interface Driver {
  readonly name: string
  readonly options: Partial<ConnectOptions>
  /** At least, on the embedded server and on another; where there are none, it is not tried there. */
  readonly requests: readonly [number, number]
  /** Whether it gives up a connection from which nothing comes any more. */
  readonly noticesSilence: boolean
}

const drivers: readonly Driver[] = [
  { name: 'wire', options: { wire: true }, requests: [5_000, 1_000], noticesSilence: true },
  { name: 'stock driver', options: { wire: false }, requests: [1_000, 0], noticesSilence: false },
]

const calm: FaultRules = {}
const silence: FaultRules = { freeze: 0.02, split: 0.2 }
const weathers: readonly FaultRules[] = [
  { split: 0.6, splitBytes: 8 },
  { split: 0.3, splitBytes: 300, hold: 0.1, holdMs: 5 },
  { hold: 0.5, holdMs: 15 },
  { stall: 0.1, stallMs: 150 },
  { cut: 0.04 },
  { cut: 0.2, split: 0.4, splitBytes: 20 },
  { refuse: 0.7, cut: 0.05 },
  { cut: 0.03, stall: 0.04, split: 0.2, hold: 0.1, refuse: 0.2 },
]

const napping = `state = 'active' and query like '%naps%'`

/** The bodies that are right, asked for while all is well, and held to what the tables' rules say. */
async function learn(api: ApiUnderTest, count: number): Promise<readonly Known[]> {
  const known: Known[] = []
  for (const { path, data } of makeQuestions(count, makeRandom(seed))) {
    const reply = await api.get(path)
    expect([path, reply.status, reply.json.data]).toEqual([path, 200, data])
    known.push({ path, body: reply.text })
  }
  return known
}

async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const last = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > last) throw new Error(`${what} did not come true in ${timeoutMs} ms`)
    await sleep(20)
  }
}

function print(what: string, tally: Tally, more: object = {}): void {
  const { right, away, wrong, hung } = tally
  const counts = { right, away, wrong: wrong.length, hung: hung.length, ...more }
  console.log(
    `${what}: ${Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
  )
}

function expectNoneWrong({ wrong, hung }: Tally): void {
  expect([wrong.slice(0, 5), hung.slice(0, 5)], `FAULTS_SEED=${seed}`).toEqual([[], []])
}

/** Nothing is answered with 503 any more, without anybody having restarted anything. */
async function expectRecovery(api: ApiUnderTest, all: readonly Known[]): Promise<void> {
  const { url } = api
  const isWell = async () => {
    const tally = await runLoad({ url, clients: 16, next: eachOf(all.slice(0, 64)) })
    expectNoneWrong(tally)
    return tally.away === 0
  }
  await until('an answer to everything', isWell)
  expect(await runLoad({ url, clients: 32, next: eachOf(all), all })).toEqual({
    right: all.length,
    away: 0,
    wrong: [],
    hung: [],
  })
}

/** Any of them, until it is told to stop. */
function endless(all: readonly Known[]): { next: () => Known | undefined; stop: () => void } {
  const random = makeRandom(seed)
  let stopped = false
  return {
    next: () => (stopped ? undefined : random.pick(all)),
    stop: () => {
      stopped = true
    },
  }
}

describeEachServer('faults', server => {
  const open: { close(): Promise<void> }[] = []
  async function start(driver: Driver, options: Partial<ConnectOptions> = {}): Promise<Proxied> {
    const started = await startProxied(server, makeRandom(seed), { poolSize: 4, ...driver.options, ...options })
    open.push(started)
    return started
  }
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close()
  })

  const place = server.name.startsWith('embedded') ? 0 : 1
  describe.each(drivers.filter(each => each.requests[place] > 0))('$name', driver => {
    const label = `${driver.name} on ${server.name}`
    const requests = driver.requests[place]

    it('answers rightly or with 503 while connections are cut, stalled, split and held', async () => {
      const { api, proxy, database } = await start(driver, { statementTimeoutMs: 1_000 })
      const all = await learn(api, 300)
      const random = makeRandom(seed)
      let asked = 0
      let rounds = 0
      // A busy machine takes longer to meet all of them.
      const hasMetAll = () => {
        const { cuts, stalls, splits, holds, refusals, freezes } = proxy.counts
        return Math.min(cuts, splits, holds) > 5 && Math.min(stalls, refusals, driver.noticesSilence ? freezes : 1) > 0
      }
      const isEnough = () => asked >= requests && rounds >= 2 && (hasMetAll() || rounds >= 40)
      const next = () => {
        if (isEnough()) return undefined
        asked++
        return random.pick(all)
      }
      const load = runLoad({ url: api.url, clients: 32, next, all })
      // Each of them in every round, in an order of its own; silence takes long to be noticed, and comes every second time.
      for (; !isEnough(); rounds++) {
        const withSilence = driver.noticesSilence && rounds % 2 === 0
        for (const rules of shuffle(withSilence ? [...weathers, silence] : weathers, random)) {
          proxy.setRules(rules)
          await sleep(50 + random.below(100))
          proxy.setRules(calm)
          await sleep(random.below(40))
        }
      }
      const tally = await load
      print(`${label}, cut and stalled`, tally, proxy.counts)
      expectNoneWrong(tally)
      expect(tally.right + tally.away).toBe(asked)
      expect(tally.right).toBeGreaterThan(asked / 10)
      const { cuts, stalls, splits, holds, refusals, freezes } = proxy.counts
      expect(Math.min(cuts, splits, holds)).toBeGreaterThan(5)
      expect(Math.min(stalls, refusals, driver.noticesSilence ? freezes : 1)).toBeGreaterThan(0)
      await expectRecovery(api, all)
      // What was given up is also closed.
      await until('the end of old sessions', async () => (await sessionsOf(server, database)).length <= 10)
      expect(api.errors.filter(isInternal)).toEqual([])
    }, 120_000)

    it('answers everything rightly where the network only splits, holds and delays', async () => {
      const { api, proxy } = await start(driver)
      const all = await learn(api, 100)
      const random = makeRandom(seed)
      let left = 600
      proxy.setRules({ split: 0.7, splitBytes: 6, hold: 0.1, holdMs: 5, stall: 0.05, stallMs: 20 })
      const next = () => (left-- > 0 ? random.pick(all) : undefined)
      const tally = await runLoad({ url: api.url, clients: 16, next, all })
      print(`${label}, only split`, tally, proxy.counts)
      expect(tally).toEqual({ right: 600, away: 0, wrong: [], hung: [] })
      // Of reads, of the driver and of the listener: none was given up, for then there would be more.
      expect(proxy.counts.connections).toBeLessThanOrEqual(9)
      expect(api.errors).toEqual([])
    })

    it('recovers by itself after a time in which nobody could connect', async () => {
      const { api, proxy } = await start(driver, { statementTimeoutMs: 1_500 })
      const all = await learn(api, 100)
      const { next, stop } = endless(all)
      const load = runLoad({ url: api.url, clients: 16, next, all })
      proxy.setRules({ refuse: 1, cut: 1 })
      await sleep(1_500)
      proxy.setRules(calm)
      await expectRecovery(api, all)
      stop()
      const tally = await load
      print(`${label}, nobody connects`, tally, proxy.counts)
      expectNoneWrong(tally)
      expect(tally.away).toBeGreaterThan(0)
    })

    it.skipIf(!driver.noticesSilence)(
      'gives up connections that have fallen silent, and recovers',
      async () => {
        const { api, proxy, database } = await start(driver, { statementTimeoutMs: 1_000 })
        const all = await learn(api, 100)
        for (const when of ['busy', 'idle', 'connecting']) {
          let left = 300
          const next = () => (left-- > 0 ? all[left % 100] : undefined)
          if (when === 'idle') proxy.freezeAll()
          const load = runLoad({ url: api.url, clients: 16, next, all })
          if (when === 'busy') await sleep(20)
          if (when === 'connecting') proxy.setRules({ cut: 1, freezeAt: 3 })
          else proxy.freezeAll()
          await sleep(500)
          proxy.setRules({ freezeAt: when === 'connecting' ? 3 : 0 })
          await sleep(500)
          proxy.setRules(calm)
          const tally = await load
          print(`${label}, silent while ${when}`, tally, proxy.counts)
          expectNoneWrong(tally)
          await expectRecovery(api, all)
        }
        await until('the end of silent sessions', async () => (await sessionsOf(server, database)).length <= 10)
      },
      60_000,
    )

    it('answers rightly or with 503 while its sessions are ended again and again', async () => {
      const { api, database } = await start(driver)
      const all = await learn(api, 100)
      const { next, stop } = endless(all)
      const load = runLoad({ url: api.url, clients: 16, next, all })
      let ended = 0
      for (let i = 0; i < 15; i++) {
        await sleep(80)
        ended += await endSessions(server, database)
      }
      stop()
      const tally = await load
      print(`${label}, sessions ended`, tally, { ended })
      expectNoneWrong(tally)
      expect(ended).toBeGreaterThan(15)
      expect(tally.right).toBeGreaterThan(100)
      await expectRecovery(api, all)
      expect(api.errors.filter(isInternal)).toEqual([])
    })

    it('cancels what slow readers who hang up have asked, and never what their neighbours ask', async () => {
      const { api, proxy, database } = await start(driver, { statementTimeoutMs: 60_000 })
      const all = await learn(api, 50)
      const random = makeRandom(seed)
      // Cancels come late and in pieces. One that overtakes its statement does nothing, and the stock driver sends no other.
      const stall = driver.noticesSilence ? 0.1 : 0
      proxy.setRules({ stall, stallMs: 20, split: 0.2, splitBytes: 4 })
      let slow = 100
      const hangUps = Array.from({ length: 5 }, async () => {
        while (slow-- > 0) {
          // Some would end by themselves about when the cancel comes.
          const hundredths = random.chance(0.5) ? 3_000 : 3 + random.below(6)
          const hangUp = AbortSignal.timeout(random.below(120))
          const reply = fetch(api.url + nap(hundredths), { signal: hangUp }).then(response => response.text())
          await reply.catch(() => undefined)
        }
      })
      let quick = 600
      const tally = await runLoad({
        url: api.url,
        clients: 8,
        next: () => (quick-- > 0 ? random.pick(all) : undefined),
        all,
      })
      await Promise.all(hangUps)
      print(`${label}, beside hang-ups`, tally, { cancels: proxy.counts.cancels })
      await until('the end of all naps', async () => (await sessionsOf(server, database, napping)).length === 0, 10_000)
      expect(tally).toEqual({ right: 600, away: 0, wrong: [], hung: [] })
      expect(proxy.counts.cancels).toBeGreaterThan(5)
      expect(api.errors).toEqual([])
    })

    it('answers 503 where more is slow than the pool can hold, and recovers', async () => {
      const { api } = await start(driver, { statementTimeoutMs: 1_000, poolSize: 2 })
      const all = await learn(api, 50)
      let naps = 300
      const isSlow = { path: nap(3_000), body: 'never' }
      const slow = await runLoad({ url: api.url, clients: 300, next: () => (naps-- > 0 ? isSlow : undefined) })
      print(`${label}, all of it slow`, slow)
      expect(slow).toEqual({ right: 0, away: 300, wrong: [], hung: [] })
      await expectRecovery(api, all)
    }, 60_000)

    it('fails only those requests that fail, whatever was sent together with them', async () => {
      const { api } = await start(driver, { poolSize: 2 })
      const all = await learn(api, 100)
      const random = makeRandom(seed)
      const isOf = (path: string, status: number, code: string) => async () => {
        const reply = await api.get(path)
        expect([path, reply.status, reply.json.errors?.[0].code]).toEqual([path, status, code])
      }
      const failures = [
        isOf('/loads?aggregate[amount]=sum', 422, 'aggregate_out_of_range'),
        isOf('/ratios?id=0&fields=id,ratio', 500, 'internal'),
      ]
      let failed = 0
      for (let round = 0; round < 20; round++) {
        await Promise.all(
          Array.from({ length: 40 }, async () => {
            if (random.chance(0.25)) {
              failed++
              return random.pick(failures)()
            }
            const { path, body } = random.pick(all)
            const reply = await api.get(path)
            expect([path, reply.status, reply.text]).toEqual([path, 200, body])
          }),
        )
      }
      console.log(`${label}: ${failed} of 800 failed, as they had to`)
      expect(failed).toBeGreaterThan(50)
    })

    it('answers rightly while columns are added and change their types', async () => {
      const { api, database } = await start(driver)
      const all = await learn(api, 100)
      const { next, stop } = endless(all)
      const load = runLoad({ url: api.url, clients: 8, next, all })
      const config = { ...(server.config as pg.ClientConfig), database }
      await withClient(config, async client => {
        for (const type of ['int8', 'numeric', 'int4', 'int8', 'int4']) {
          await client.query(`alter table pets alter column weight type ${type}`)
          await sleep(60)
          await client.query(`alter table pets add column as_${type} text, alter column name type varchar(90)`)
          await sleep(60)
          await client.query(`alter table pets drop column as_${type}, alter column name type text`)
          await sleep(60)
        }
      })
      stop()
      const tally = await load
      print(`${label}, tables changed`, tally)
      expect(tally).toEqual({ right: tally.right, away: 0, wrong: [], hung: [] })
      expect(tally.right).toBeGreaterThan(100)
      expect(api.errors).toEqual([])
    })

    it('prepares anew what could not be prepared while a table was away', async () => {
      const { api, database } = await start(driver, { poolSize: 2 })
      const path = '/toys?id[in]=5,6&sort=id&fields=id,name'
      const ask = () => Promise.all(Array.from({ length: 30 }, () => api.get(path)))
      const config = { ...(server.config as pg.ClientConfig), database }
      const run = (text: string) => withClient(config, client => client.query(text))
      await run('alter table toys rename to hidden')
      for (const { status, headers, text } of await ask())
        expect(status === 503 ? headers.get('retry-after') : status, text).toEqual(status === 503 ? '2' : 404)
      await run('alter table hidden rename to toys')
      await api.server.reload()
      for (const { status, json } of await ask())
        expect([status, json.data]).toEqual([
          200,
          [
            { id: 5, name: 'toy 5' },
            { id: 6, name: 'toy 6' },
          ],
        ])
    })
  })
})

describe.each(drivers)('faults of a server that ends ($name)', driver => {
  it('answers rightly or with 503 while the server is killed and shut down, and after its return', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'colonnade-faults-'))
    const embedded = await startEmbedded({ dir })
    const database = { config: embedded.config, url: embedded.url, drop: async () => undefined }
    await withClient(embedded.config as pg.ClientConfig, client => client.query(tablesSql))
    const api = await startApi('open', database, { poolSize: 4, statementTimeoutMs: 2_000, ...driver.options })
    const here = { name: 'embedded', major: 18, config: embedded.config }
    try {
      const all = await learn(api, 100)
      // Killed; fast shutdown (57P01); immediate shutdown (57P02). Whoever embeds it starts it again.
      for (const signal of ['SIGKILL', 'SIGINT', 'SIGQUIT'] as const) {
        const { next, stop } = endless(all)
        const load = runLoad({ url: api.url, clients: 16, next, all })
        await sleep(200)
        const old = await sessionsOf(here, embedded.config.database)
        const postmaster = Number(readFileSync(join(embedded.home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
        process.kill(postmaster, signal)
        await until('the end of the old processes', async () => ![postmaster, ...old].some(processMark))
        const first = all[0] as Known
        await until('the return', async () => (await api.get(first.path)).status === 200, 20_000)
        await sleep(200)
        stop()
        const tally = await load
        print(`${driver.name}, ${signal}`, tally, { sessions: old.length })
        expectNoneWrong(tally)
        expect(tally.away).toBeGreaterThan(0)
        await expectRecovery(api, all)
      }
      expect(api.errors.filter(isInternal)).toEqual([])
    } finally {
      await api.close()
      await embedded.stop()
      await rm(dir, { recursive: true, force: true })
    }
  }, 90_000)
})

function shuffle<T>(items: readonly T[], random: Random): readonly T[] {
  const left = [...items]
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T)
}

function isInternal(error: unknown): boolean {
  return !(error instanceof Error) || ('code' in error && error.code === 'internal')
}
