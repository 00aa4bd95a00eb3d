// Sends the requests of the bare-metal example's README, in their order, and holds the answers to what stands there.
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BareMetalUnderTest, startBareMetal } from '../bare-metal/start-bare-metal.ts'
import { describeEachServer } from '../support/databases.ts'
import { type Exchange, readExchanges } from '../support/exchanges.ts'

/** The key of a port that is made on the way: the next one, which depends on how many there are. */
const madePort = '1001'
const varying = new RegExp(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|${madePort})$`)

describeEachServer('the README of the bare-metal example', server => {
  let api: BareMetalUnderTest
  /** What stands in the README, and what it is in this run. */
  const meant = new Map<string, string>()
  const inThisRun = (text: string) => {
    let said = text
    for (const [shown, actual] of meant) said = said.replaceAll(shown, actual)
    return said
  }

  beforeAll(async () => {
    api = await startBareMetal(server)
  })
  afterAll(async () => {
    expect(api.errors).toEqual([])
    await api.close()
  })

  async function send({ method, path, headers, body }: Exchange) {
    const who = (headers.Authorization ?? '').replace('Bearer ', '').toLowerCase() as keyof typeof api.tokens
    return fetch(api.url.replace(/\/api$/, inThisRun(path)), {
      method,
      headers: { ...headers, Authorization: `Bearer ${api.tokens[who]}` },
      ...(body !== undefined && { body: inThisRun(body) }),
    })
  }

  /** As the README tells clients: again after `Retry-After`, until there is an answer without one. */
  async function ask(exchange: Exchange) {
    for (;;) {
      const response = await send(exchange)
      const retryAfter = response.headers.get('retry-after')
      if (exchange.method !== 'GET' || retryAfter === null) return { response, text: await response.text() }
      await response.body?.cancel()
      await pause(Number(retryAfter) * 1_000)
    }
  }

  it('shows what is answered', async () => {
    const all = await readExchanges('../examples/bare-metal/README.md')
    expect(all.length).toBeGreaterThan(20)
    for (const exchange of all) {
      const { response, text } = await ask(exchange)
      const where = `${exchange.method} ${exchange.path}: ${text}`
      expect(response.status, where).toBe(exchange.status)
      if (response.headers.get('content-type')?.startsWith('application/json')) {
        const shown: unknown = JSON.parse((exchange.answer ?? '').replaceAll(',…', ''))
        const actual: unknown = JSON.parse(text)
        learn(shown, actual, meant)
        expect(actual, where).toMatchObject(expected(JSON.parse(inThisRun(JSON.stringify(shown)))))
      } else expect(text.replaceAll('\r', ''), where).toContain((exchange.answer ?? '').replace('…', ''))
      for (const [name, value] of Object.entries(exchange.answered))
        expect([name, response.headers.get(name)], where).toEqual([name, inThisRun(value)])
    }
  })
})

/** Learns what the keys that stand in an answer are in this run. */
function learn(shown: unknown, actual: unknown, meant: Map<string, string>): void {
  if (typeof shown === 'object' && shown !== null && typeof actual === 'object' && actual !== null) {
    for (const [name, value] of Object.entries(shown)) learn(value, (actual as Record<string, unknown>)[name], meant)
  } else if (varying.test(String(shown)) && typeof actual === typeof shown && !meant.has(String(shown)))
    meant.set(String(shown), String(actual))
}

/** Times of a run are times. */
function expected(shown: unknown): object {
  const isRunTime = (value: unknown) => typeof value === 'string' && /^2026-\d\d-\d\dT/.test(value)
  return JSON.parse(JSON.stringify(shown), (_, value) =>
    isRunTime(value) ? expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) : value,
  )
}
