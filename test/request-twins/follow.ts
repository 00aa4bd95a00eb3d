// Follows a command in both twins, as a stream and with answers that are held, while it changes and is lost from sight.
import type { HttpResponse } from '../../src/request/http-request.ts'
import type { Data, Row, WorldTable } from '../non-interference/world.ts'
import type { Case, Found } from './case.ts'
import { areApart, type Both, waitFor } from './lane.ts'
import { changeRow } from './make-rows.ts'
import { requestTables } from './tables.sql.ts'
import type { Twin } from './twins.ts'

const lanes = [0, 1] as const

/** An event stream, and all that has come of it. */
interface Stream {
  readonly events: string[]
  isOver: boolean
  hangUp(): void
  readonly ended: Promise<void>
}

const steps = 3

export async function followAlike(one: Case): Promise<Found | null> {
  const { random, pair, view, lane, twins, count } = one
  const table = random.pick(requestTables)
  const ids = (pair[0][table] ?? []).map(row => row.id as string)
  const visible = ids.filter(one => view.isVisible(table, one, pair[0]))
  // Of what is over a stream ends at once.
  const open = visible.filter(one => view.isAwaited(table, one, pair[0]))
  const from = open.length > 0 && random.chance(0.8) ? open : visible
  const id = from.length > 0 && random.chance(0.95) ? random.pick(from) : random.pick([...ids, '99'])
  const target = `/api/${table}/${id}`
  const opened = await Promise.all(
    lanes.map(at => lane.begin({ method: 'GET', target, headers: { accept: 'text/event-stream' } }, at)),
  )
  const [first, second] = opened as [HttpResponse, HttpResponse]
  count(`stream ${first.status}`)
  if (
    areApart([
      { ...first, body: first.stream ? '' : first.body },
      { ...second, body: second.stream ? '' : second.body },
    ])
  )
    return { what: 'other answers', target, answers: opened }
  if (!first.stream || !second.stream) return null
  const streams = [readStream(first), readStream(second)] as const
  try {
    return await followSteps(one, table, id, streams)
  } finally {
    for (const stream of streams) stream.hangUp()
    for (const { followers } of lane.runtimes) followers.release()
    await Promise.all(streams.map(stream => stream.ended))
    await twins.load(pair)
  }
}

async function followSteps(one: Case, table: string, id: string, streams: Both<Stream>): Promise<Found | null> {
  const { pair, twins, lane, count } = one
  const target = `/api/${table}/${id}`
  const expected: Both<string[]> = [[], []]
  let now = pair
  for (let step = 0; step <= steps; step++) {
    const reads = await Promise.all(lanes.map(at => lane.ask({ method: 'GET', target }).then(both => both[at])))
    for (const at of lanes) {
      const read = reads[at] as HttpResponse
      const stream = streams[at]
      const event = eventOf(read)
      if (event !== null && event !== expected[at].at(-1)) expected[at].push(event)
      const isAt = () => stream.isOver || (event !== null && stream.events.at(-1) === event)
      await waitFor(isAt, 3_000)
      if (event === null && !stream.isOver)
        return { what: 'a stream goes on for who does not see the record', target, at, now }
      if (stream.events.join() !== expected[at].join())
        return {
          what: 'a stream says what no read says',
          target,
          at,
          events: stream.events,
          expected: expected[at],
          now,
        }
    }
    if (streams[0].isOver !== streams[1].isOver) await waitFor(() => streams[0].isOver && streams[1].isOver, 1_000)
    if (streams[0].isOver !== streams[1].isOver) return { what: 'one of the streams has ended', target, now }
    if (streams[0].events.join() !== streams[1].events.join())
      return { what: 'other events', target, events: streams.map(({ events }) => events), now }
    if (streams[0].isOver || step === steps) break
    const next = makeStep(one, now, table, id)
    if (!next) break
    const held = await holdBoth(one, { table, id }, now, reads as readonly HttpResponse[] as Both<HttpResponse>)
    if ('what' in held) return held
    await Promise.all(lanes.map(at => applyStep(twins.both[at], one, now[at], next[at], table, id)))
    now = next
    count('step of a stream')
    const found = await held.check(now)
    if (found) return found
  }
  await new Promise(resolve => setTimeout(resolve, 5))
  if (streams[0].events.join() !== streams[1].events.join())
    return { what: 'other events', target, events: streams.map(({ events }) => events), now }
  return null
}

interface Held {
  /** @param now the rows after the change */
  check(now: Both<Data>): Promise<Found | null>
}

/** Held until the record is another than it is now: it is answered as a read is then, or not at all. */
async function holdBoth(
  one: Case,
  name: { readonly table: string; readonly id: string },
  now: Both<Data>,
  reads: Both<HttpResponse>,
): Promise<Held | Found> {
  const { lane, count, view } = one
  const target = `/api/${name.table}/${name.id}`
  const { etag = '"none"' } = reads[0].headers
  const isOver: [boolean, boolean] = [false, false]
  const headers = { prefer: 'wait=30', 'if-none-match': etag }
  const figures = (at: 0 | 1) => lane.runtimes[at].followers.figures().answers
  // Those of steps before may be held still.
  const before = lanes.map(figures)
  const answers = lanes.map(async at => {
    const answer = await lane.begin({ method: 'GET', target, headers }, at)
    isOver[at] = true
    return answer
  })
  const areOver = () => isOver[0] && isOver[1]
  const found = (what: string, more: object = {}): Found => ({ what, target, now, reads, ...more })
  // Who sees nothing of the state is answered at once.
  if (!view.isAwaited(name.table, name.id, now[0])) {
    if (!(await waitFor(areOver, 3_000))) return found('a wait tells that a state is not known')
    const both = (await Promise.all(answers)) as [HttpResponse, HttpResponse]
    count(`not held: ${both[0].status}`)
    return areApart(both) ? found('other answers', { answers: both }) : { check: async () => null }
  }
  await waitFor(() => lanes.every(at => isOver[at] || figures(at) > (before[at] ?? 0)), 3_000)
  return {
    async check(then) {
      const [after] = await lane.ask({ method: 'GET', target })
      const isNews =
        after.status !== 200 || after.headers.etag !== etag || !view.isAwaited(name.table, name.id, then[0])
      if (isNews) await waitFor(areOver, 3_000)
      else await waitFor(() => isOver[0] || isOver[1], 8)
      if (!isNews) return isOver[0] || isOver[1] ? found('a wait ends though nothing is another', { then }) : null
      if (!areOver()) return found('a wait goes on though the record is another', { then })
      const both = (await Promise.all(answers)) as [HttpResponse, HttpResponse]
      count(`wait ended with ${both[0].status}`)
      if (areApart(both)) return found('other answers', { answers: both, then })
      const [{ status, body }] = both
      const isSame = status === 304 ? after.headers.etag === etag : status === after.status && body === after.body
      return isSame ? null : found('a wait is answered with what no read says', { answers: both, then })
    },
  }
}

function eventOf({ status, headers, body }: HttpResponse): string | null {
  return status === 200 ? `id: ${headers.etag}\ndata: ${body.slice('{"data":'.length, -1)}` : null
}

function readStream({ stream }: HttpResponse): Stream {
  const events: string[] = []
  const iterator = (stream as AsyncIterable<string>)[Symbol.asyncIterator]()
  let isGone = false
  const state = {
    events,
    isOver: false,
    hangUp() {
      isGone = true
    },
    ended: Promise.resolve(),
  }
  state.ended = (async () => {
    for (;;) {
      const { done, value } = await iterator.next().catch(() => ({ done: true, value: undefined }))
      if (done || isGone) break
      const [, said] = /^event: state\n(.*)\n\n$/s.exec(value ?? '') ?? []
      if (said !== undefined) events.push(said)
    }
    state.isOver = true
    await iterator.return?.()
  })()
  return state
}

/** The record in both, changed alike where the caller sees it and otherwise where he does not, so that they stay the same to him. */
function makeStep(
  { view, twins, random, options }: Case,
  now: Both<Data>,
  table: string,
  id: string,
): Both<Data> | null {
  const { world } = twins
  const of = world.tables.get(table) as WorldTable
  // That it is lost from sight is what few changes come to.
  const isLoss = random.chance(0.5)
  for (let tries = 0; tries < 40; tries++) {
    const row = now[0][table]?.find(one => one.id === id)
    if (!row || !now[1][table]?.some(one => one.id === id)) return null
    const changed = random.chance(0.7) ? changeRow(row, of, now[0], random, options) : row
    const names = Object.keys(changed).filter(name => changed[name] !== row[name])
    const next = now.map(data => {
      const mine = data[table]?.find(one => one.id === id) as Row
      const same: Row = { ...mine, ...Object.fromEntries(names.map(name => [name, changed[name] ?? null])) }
      const own = random.chance(0.6) ? changeRow(same, of, data, random, options) : same
      return { ...data, [table]: (data[table] ?? []).map(one => (one.id === id ? own : one)) }
    }) as [Data, Data]
    if (!isWhole(next[0]) || !isWhole(next[1])) continue
    if (isLoss && tries < 30 && view.isVisible(table, id, next[0])) continue
    if (JSON.stringify(next) !== JSON.stringify(now) && view.describe(next[0]) === view.describe(next[1])) return next
  }
  return null
}

/** Foreign keys lead somewhere, and labels are one's own. */
function isWhole(data: Data): boolean {
  const has = (table: string, id: string | null | undefined) =>
    id === null || id === undefined || (data[table] ?? []).some(row => row.id === id)
  const labels = (data.files ?? []).flatMap(({ label }) => label ?? [])
  return (
    new Set(labels).size === labels.length &&
    requestTables.every(table =>
      (data[table] ?? []).every(row => has('gates', row.gate_id) && has('folks', row.owner_id)),
    )
  )
}

/** As a worker or somebody else would: whoever follows it is told. */
async function applyStep(
  { client }: Twin,
  { twins }: Case,
  before: Data,
  after: Data,
  table: string,
  id: string,
): Promise<void> {
  const { columns } = twins.world.tables.get(table) as WorldTable
  const [old, now] = [before, after].map(data => data[table]?.find(row => row.id === id)) as [Row, Row]
  const changed = columns.filter(({ name }) => old[name] !== now[name] || name === 'attempts')
  const set = changed.map(({ name, type }, i) => `${name} = $${i + 2}::${type}`)
  await client.query(`update ${table} set ${set.join()} where id = $1`, [
    id,
    ...changed.map(({ name }) => now[name] ?? null),
  ])
}
