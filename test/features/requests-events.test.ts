// Following a command as an event stream.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SharedReads } from '../../src/following/shared-reads.ts'
import { spellEvent } from '../../src/formats/event-stream.ts'
import { type PortsUnderTest, servePorts, shortToken } from '../requests/port-requests.ts'
import { type EventReader, readEvents, type StreamEvent } from '../requests/read-events.ts'
import { pause, until } from '../requests/tasks.ts'
import { signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

const statusOf = ({ data }: StreamEvent): string => JSON.parse(data).status

describeEachServer('event streams of commands', server => {
  let ports: PortsUnderTest
  const open: EventReader[] = []
  beforeAll(async () => {
    ports = await servePorts(server)
  })
  afterAll(() => ports.close())
  const figures = () => ports.server.runtime().followers.figures()
  afterEach(async () => {
    for (const one of open.splice(0)) one.hangUp()
    await until(() => figures().streams === 0 && figures().reads === 0, 5_000)
    expect(ports.errors).toEqual([])
  })

  const follow = async (id: string, options: { token?: string; lastEventId?: string; query?: string } = {}) => {
    const { token = ports.tokens.ann, query = '', ...rest } = options
    const reader = await readEvents(`${ports.url}/port-requests/${id}${query}`, { token, ...rest })
    open.push(reader)
    return reader
  }
  const as = (status: string, id: string) =>
    ports.sql('update port_requests set status = $1 where id = $2', [status, id])
  const has = (reader: EventReader, count: number) => until(() => reader.events.length >= count, 15_000)

  it('tells each state as the caller would read it, and ends with the last', async () => {
    const id = await ports.ask(5)
    const reader = await follow(id)
    expect(reader.status).toBe(200)
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    })
    expect(reader.headers).not.toHaveProperty('etag')
    await has(reader, 1)
    const read = await ports.get(`/port-requests/${id}`, { token: ports.tokens.ann })
    const [first] = reader.events
    expect([first?.event, first?.id]).toEqual(['state', read.headers.get('etag')])
    expect(`{"data":${first?.data}}`).toBe(read.text)
    await as('running', id)
    await has(reader, 2)
    await ports.sql(`update port_requests set progress = '{"done":1,"total":2}' where id = $1`, [id])
    await has(reader, 3)
    await as('succeeded', id)
    expect(await reader.ended).toBe(true)
    expect(reader.events.map(statusOf)).toEqual(['pending', 'running', 'running', 'succeeded'])
  })

  it('answers 204 to who comes back with the last event, and else goes on from there', async () => {
    const id = await ports.ask(5)
    const reader = await follow(id)
    await has(reader, 1)
    const again = await follow(id, { lastEventId: reader.events[0]?.id ?? '' })
    await until(() => again.comments() > 0)
    await pause(200)
    expect(again.events).toEqual([])
    await as('failed', id)
    expect(await again.ended).toBe(true)
    expect(again.events.map(statusOf)).toEqual(['failed'])
    const last = again.events[0]?.id ?? ''
    expect((await follow(id, { lastEventId: last })).status).toBe(204)
    // Without its quotes too, as it stands in the field `lastEventId` of some clients.
    expect((await follow(id, { lastEventId: last.replaceAll('"', '') })).status).toBe(204)
    const stale = await follow(id, { lastEventId: reader.events[0]?.id ?? '' })
    expect(await stale.ended).toBe(true)
    expect(stale.events.map(statusOf)).toEqual(['failed'])
  })

  it('spells the row with the fields that are asked for, in each version as it is there', async () => {
    const id = await ports.ask(5)
    const chosen = await follow(id, { query: '?fields=status_description' })
    const old = await readEvents(`${ports.url}/v1/bareMetals/1/portRequests/${id}`, { token: ports.tokens.ann })
    open.push(old)
    await as('cancelled', id)
    expect([await chosen.ended, await old.ended]).toEqual([true, true])
    const data = chosen.events.map(one => JSON.parse(one.data))
    expect(data.at(-1)).toEqual({ id, status_description: 'Cancelled' })
    expect(old.events.map(statusOf).at(-1)).toBe(5)
  })

  it('is there for one command alone: elsewhere 406', async () => {
    const headers = { accept: 'text/event-stream' }
    for (const path of ['/port-requests', '/bare-metals/1', '/bare-metals/1/port-requests', '']) {
      const reply = await ports.get(path, { token: ports.tokens.admin, headers })
      expect([path, reply.status]).toEqual([path, 406])
    }
    const missing = await ports.get('/port-requests/00000000-0000-4000-8000-000000000000', {
      token: ports.tokens.ann,
      headers,
    })
    expect(missing.status).toBe(404)
    const id = await ports.ask(5)
    const head = await ports.get(`/port-requests/${id}`, { method: 'HEAD', token: ports.tokens.ann, headers })
    expect([head.status, head.headers.get('content-type'), head.text]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      '',
    ])
    const foreign = await ports.get(`/port-requests/${id}`, { token: ports.tokens.bob, headers })
    expect(foreign.status).toBe(404)
  })

  it('says nothing of states to who may not read them', async () => {
    const id = await ports.ask(5)
    const reader = await follow(id, { token: ports.tokens.watcher })
    await has(reader, 1)
    await as('running', id)
    await as('succeeded', id)
    await pause(500)
    expect(reader.events.map(({ data }) => data)).toEqual([`{"id":"${id}","port":5}`])
    expect(figures().streams).toBe(1)
  })

  it('ends alike for what is hidden now and for what was deleted', async () => {
    const [hidden, deleted] = [await ports.ask(5), await ports.ask(6)]
    const both = [await follow(hidden), await follow(deleted)]
    for (const one of both) await has(one, 1)
    await ports.sql('update port_requests set hidden = true, attempts = 1 where id = $1', [hidden])
    await ports.sql('delete from port_requests where id = $1', [deleted])
    expect(await Promise.all(both.map(one => one.ended))).toEqual([true, true])
    expect(both.map(one => one.events.length)).toEqual([1, 1])
    for (const id of [hidden, deleted])
      expect((await ports.get(`/port-requests/${id}`, { token: ports.tokens.ann })).status).toBe(404)
  }, 20_000)

  it('ends with the token', async () => {
    const id = await ports.ask(5)
    const reader = await follow(id, { token: await shortToken('ann', 2) })
    await has(reader, 1)
    const since = performance.now()
    expect(await reader.ended).toBe(true)
    expect(performance.now() - since).toBeLessThan(5_000)
    expect(reader.events.length).toBe(1)
  })

  it('frees everything when the client hangs up', async () => {
    const id = await ports.ask(5)
    const reader = await follow(id)
    await has(reader, 1)
    expect(figures()).toMatchObject({ streams: 1, reads: 1 })
    reader.hangUp()
    await until(() => figures().streams === 0 && figures().reads === 0, 3_000)
  })

  it('ends streams when what is served changes, as others may see it then', async () => {
    const reader = await follow(await ports.ask(5))
    await has(reader, 1)
    await ports.server.reload()
    expect(await reader.ended).toBe(true)
  })

  it('shows every state to 500 followers, over one connection that listens, with one statement for those who see the same', async () => {
    const id = await ports.ask(5)
    // As many tokens of as many people, with one role.
    const tokens = await Promise.all(Array.from({ length: 499 }, (_, i) => signToken(`admin ${i}`, { role: 'admin' })))
    const readers: EventReader[] = []
    for (let i = 0; i < tokens.length; i += 50)
      readers.push(...(await Promise.all(tokens.slice(i, i + 50).map(token => follow(id, { token })))))
    readers.push(await follow(id))
    await Promise.all(readers.map(one => has(one, 1)))
    // The giver sees fewer fields, so his is another statement.
    expect(figures()).toMatchObject({ streams: 500, reads: 2 })
    const states: readonly (readonly [string, number])[] = [
      ['running', 1],
      ['pending', 1],
      ['running', 2],
      ['succeeded', 2],
    ]
    let seen = 1
    for (const [status, attempts] of states) {
      ports.statements.length = 0
      await ports.sql('update port_requests set status = $1, attempts = $2 where id = $3', [status, attempts, id])
      seen += 1
      await Promise.all(readers.map(one => has(one, seen)))
      const reads = ports.statements.filter(text => text.includes('port_requests'))
      expect(reads.length).toBeLessThanOrEqual(6)
    }
    expect(await Promise.all(readers.map(one => one.ended))).toEqual(readers.map(() => true))
    for (const one of readers)
      expect(one.events.map(statusOf)).toEqual(['pending', 'running', 'pending', 'running', 'succeeded'])
    const listening = await ports.sql(
      `select count(*)::int from pg_stat_activity where datname = current_database() and query = 'listen colonnade_requests'`,
    )
    expect(listening).toEqual([{ count: 1 }])
  }, 90_000)

  it('ends streams when the server stops', async () => {
    const other = await servePorts(server)
    const id = await other.ask(5)
    const reader = await readEvents(`${other.url}/port-requests/${id}`, { token: other.tokens.ann })
    await has(reader, 1)
    const since = performance.now()
    await other.close()
    expect(await reader.ended).toBe(true)
    expect(performance.now() - since).toBeLessThan(5_000)
  }, 20_000)

  it('cuts off a client that takes nothing, and goes on for the others', async () => {
    const other = await servePorts(server, {}, { timeouts: { stallMs: 1_000 } })
    try {
      const id = await other.ask(5)
      const url = `${other.url}/port-requests/${id}`
      const slow = await readEvents(url, { token: other.tokens.ann })
      const quick = await readEvents(url, { token: other.tokens.ann })
      slow.stall()
      const note = 'x'.repeat(800_000)
      for (let done = 1; done <= 12; done += 1) {
        await other.sql(
          `update port_requests set progress = jsonb_build_object('done', $1::int, 'note', $2::text) where id = $3`,
          [done, note, id],
        )
        await until(() => quick.events.length > done, 15_000)
      }
      await until(() => other.server.runtime().followers.figures().streams === 1, 20_000)
      await other.sql(`update port_requests set status = 'failed' where id = $1`, [id])
      expect(await quick.ended).toBe(true)
      slow.hangUp()
    } finally {
      await other.close()
    }
  }, 60_000)

  it('counts what it holds, and not as slowness', async () => {
    const lines: string[] = []
    const other = await servePorts(
      server,
      {},
      {
        metrics: { port: 0, token: 'token-of-who-reads-metrics' },
        log: { level: 'info', write: line => void lines.push(line) },
      },
    )
    try {
      const metrics = async () => {
        const reply = await fetch(`${other.server.metricsUrl}/metrics`, {
          headers: { authorization: 'Bearer token-of-who-reads-metrics' },
        })
        return reply.text()
      }
      const id = await other.ask(5)
      const reader = await readEvents(`${other.url}/port-requests/${id}`, { token: other.tokens.ann })
      const held = other.get(`/port-requests/${id}`, { token: other.tokens.ann, headers: { prefer: 'wait=20' } })
      await until(() => other.server.runtime().followers.figures().answers === 1)
      await has(reader, 1)
      const during = await metrics()
      expect(during).toContain('colonnade_http_held{kind="answer"} 1')
      expect(during).toContain('colonnade_http_held{kind="stream"} 1')
      expect(during).toContain('colonnade_http_requests_in_flight 2')
      await pause(1_500)
      await other.sql(`update port_requests set status = 'failed' where id = $1`, [id])
      await held
      await reader.ended
      await until(async () => (await metrics()).includes('colonnade_http_requests_in_flight 0'))
      const after = await metrics()
      const [, sum] =
        /colonnade_http_request_duration_seconds_sum\{method="GET",route="\/api\/port-requests\/\{id\}"\} ([\d.e-]+)/.exec(
          after,
        ) ?? []
      expect(Number(sum)).toBeLessThan(1)
      const gets = lines.map(line => JSON.parse(line)).filter(one => one.method === 'GET')
      expect(gets.length).toBe(2)
      for (const one of gets) {
        expect(one.heldMs).toBeGreaterThan(1_400)
        expect(one.durationMs).toBeGreaterThanOrEqual(one.heldMs)
      }
    } finally {
      await other.close()
    }
  }, 30_000)
})

describe('what followers share', () => {
  const signals = () => {
    const wakers = new Map<string, () => void>()
    return {
      wakers,
      ready: async () => undefined,
      follow(row: string, wake: () => void) {
        wakers.set(row, wake)
        return () => void wakers.delete(row)
      },
      get size() {
        return wakers.size
      },
      close: async () => undefined,
    }
  }
  const listener = (told: (value: number) => void) => ({ told, failed: () => undefined, released: () => undefined })

  it('reads once for all changes that come while it reads, and tells nobody of a read that began before he came', async () => {
    const by = signals()
    const shared = new SharedReads<number>(by, 60_000)
    let reads = 0
    const pending: (() => void)[] = []
    const reading = {
      row: 'jobs 1',
      read: () => {
        reads += 1
        const value = reads
        return new Promise<number>(resolve => pending.push(() => resolve(value)))
      },
      rowOf: () => 'jobs 1',
    }
    const [first, second]: number[][] = [[], []]
    const one = await shared.join(
      'a',
      reading,
      listener(value => first?.push(value)),
    )
    for (let i = 0; i < 5; i += 1) by.wakers.get('jobs 1')?.()
    const two = await shared.join(
      'a',
      reading,
      listener(value => second?.push(value)),
    )
    pending.shift()?.()
    await until(() => pending.length > 0)
    pending.shift()?.()
    await until(() => second?.length === 1)
    expect([first, second, reads]).toEqual([[1, 2], [2], 2])
    one.leave()
    two.leave()
    expect([shared.size, by.size]).toEqual([0, 0])
  })

  it('follows the row that was found, where it was asked for by another name', async () => {
    const by = signals()
    const shared = new SharedReads<number>(by, 60_000)
    let reads = 0
    const reading = { row: null, read: async () => ++reads, rowOf: () => 'jobs 7' }
    const seen: number[] = []
    const one = await shared.join(
      'a',
      reading,
      listener(value => seen.push(value)),
    )
    await until(() => seen.length === 1)
    // Read once more after it was followed: a change between would be missed.
    expect([seen, [...by.wakers.keys()]]).toEqual([[2], ['jobs 7']])
    one.leave()
  })

  it('spells data with line breaks as one event', () => {
    expect(spellEvent({ name: 'state', id: '"a"', data: '{"a":\r\n1,\n"b":2}' })).toBe(
      'event: state\nid: "a"\ndata: {"a":\ndata: 1,\ndata: "b":2}\n\n',
    )
  })
})
