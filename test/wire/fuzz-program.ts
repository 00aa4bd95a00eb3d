// A program: reads from a server that answers wrongly in every way it can, and tells what became of the reads and of its own memory.
import { setTimeout as sleep } from 'node:timers/promises'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { ByteWriter } from '../../src/formats/byte-writer.ts'
import { compilePlainRecord } from '../../src/formats/json-record.ts'
import { type RowBytes, type Rows, textOf } from '../../src/formats/rows.ts'
import { int4 } from '../../src/types/integers.ts'
import { text } from '../../src/types/text.ts'
import { timestamptz } from '../../src/types/timestamps.ts'
import { makeRandom } from '../hostile/random.ts'
import { dataRow, message, noticeResponse } from './backend-messages.ts'
import { type Question, type Session, startFakeServer } from './fake-server.ts'
import { type Mutation, mutateStream, mutations } from './mutate-stream.ts'

export interface FuzzResult {
  readonly reads: number
  readonly answered: number
  /** How many failed with what: the name of the error, and its code. */
  readonly failed: Readonly<Record<string, number>>
  /** Reads that were neither within their time limit. */
  readonly unsettled: number
  readonly unhandled: readonly string[]
  /** Streams that were spoilt, by how. */
  readonly spoilt: Readonly<Record<string, number>>
  /** Sound answers that were not the read's own. */
  readonly wrong: number
  /** Bytes held at most while it ran, and at the end, beyond those at the beginning. */
  readonly peakBytes: number
  readonly leftBytes: number
}

const [seed = 1, seconds = 20, pools = 40] = process.argv.slice(2).map(Number)
const random = makeRandom(seed)
const unhandled: string[] = []
for (const event of ['unhandledRejection', 'uncaughtExceptionMonitor'] as const)
  process.on(event, (error: unknown) => unhandled.push(String(error instanceof Error ? error.stack : error)))

const endless: Readonly<Record<string, Buffer>> = {
  'endless rows of nothing': message('D'),
  'endless rows without columns': dataRow([]),
  'endless rows': dataRow(['word', '1', null, '2024-01-01 00:00:00+00']),
  'endless large rows': dataRow(['x'.repeat(30_000)]),
  'endless notices': noticeResponse(),
}
const kinds = [...mutations, ...mutations, ...mutations, ...Object.keys(endless), 'silence', 'none'] as const

/** What is done to a session, after how many sound writes. */
const plans = new WeakMap<Session, { readonly kind: string; after: number }>()
const spoilt: Record<string, number> = {}

const server = await startFakeServer({
  answer: ({ text, values }: Question) => {
    if (text.endsWith('error')) return { error: '22012' }
    const rows = 1 + (text.length % 7)
    return {
      rows: Array.from({ length: rows }, (_, i) => [`${values[0]}`, `${i}`, '{"a":[1]}', '2024-01-01 00:00:00.5+00']),
    }
  },
  tamper(bytes, session) {
    let plan = plans.get(session)
    if (!plan || (plan.kind === 'none' && plan.after < 0)) {
      plan = { kind: random.pick(kinds), after: random.below(4) }
      plans.set(session, plan)
    }
    plan.after -= 1
    if (plan.kind === 'none' || plan.after >= 0) return bytes
    const one = endless[plan.kind]
    // What floods or is silent stays so, and what was cut ends there: TCP goes on after no loss. The rest is spoilt at every write.
    const goesOn = plan.kind !== 'silence' && plan.kind !== 'cut' && !one
    if (plan.after === -1 || goesOn) spoilt[plan.kind] = (spoilt[plan.kind] ?? 0) + 1
    if (plan.kind === 'silence' || (plan.kind === 'cut' && plan.after < -1)) return bytes.subarray(0, 0)
    if (!one) return mutateStream(bytes, plan.kind as Mutation, random)
    if (plan.after === -1) void flood(session, one)
    return bytes.subarray(0, 0)
  },
})

async function flood({ socket }: Session, one: Buffer): Promise<void> {
  const chunk = Buffer.concat(Array.from({ length: Math.ceil(65_536 / one.length) }, () => one))
  while (!socket.destroyed) {
    if (socket.writableLength < 1_000_000) socket.write(chunk)
    await sleep(5)
  }
}

const out = new ByteWriter()
const write = compilePlainRecord({
  outputs: [
    { kind: 'value', name: 'word', guard: -1, index: 0, type: text },
    { kind: 'value', name: 'number', guard: 0, index: 1, type: int4 },
    { kind: 'json', name: 'json', guard: -1, index: 2 },
    { kind: 'value', name: 'at', guard: -1, index: 3, type: timestamptz },
    { kind: 'key', name: 'key', guard: -1, parts: [{ name: 'far', index: 40, type: text }] },
  ],
  ...{ cursor: [], code: [], included: [], present: -1, meta: { total: -1, aggregate: -1, groups: -1 } },
})

function take(rows: Rows): string[] {
  out.clear()
  let sound = true
  const words = Array.from({ length: rows.length }, (_, index) => {
    const row = rows.at(index)
    sound &&= isSound(row)
    write(row, out, '')
    return textOf(row, 0) ?? ''
  })
  return sound ? words : []
}

/** PostgreSQL has no text with a NUL: a value with one shows that bytes were lost on the way, which TCP excludes, and by which anything may come next. */
function isSound({ bytes, starts, ends }: RowBytes): boolean {
  return [0, 1, 2, 3].every(i => !bytes.subarray(starts[i], Math.max(starts[i] ?? 0, ends[i] ?? 0)).includes(0))
}

const maxResultBytes = 256 * 1024
const settleMs = 15_000
const options = { config: server.config, maxResultBytes, statementTimeoutMs: 100, poolSize: 2 }
const databases = Array.from({ length: pools }, (_, i) => connectPostgres({ ...options, prepare: i % 5 !== 0 }))
let reads = 0
let answered = 0
let unsettled = 0
let wrong = 0
const failed: Record<string, number> = {}

async function readOn(database: (typeof databases)[number], until: number): Promise<void> {
  while (performance.now() < until) {
    reads += 1
    const id = idOf(reads)
    const given = `select ${random.below(30)}${random.chance(0.05) ? ' error' : ''}`
    const since = performance.now()
    // Most callers wait; some go away.
    const patienceMs = random.chance(0.5) ? 100 : Number.POSITIVE_INFINITY
    const waiting = { isGone: () => performance.now() - since > patienceMs }
    const settled = database.read({ name: given, text: given, values: [id] }, waiting, take).then(
      words => {
        answered += 1
        if (words.some(word => isId(word) && word !== id)) wrong += 1
      },
      (error: { readonly name: string; readonly code?: string }) => {
        const called = `${error.name} ${error.code ?? ''}`.trim()
        failed[called] = (failed[called] ?? 0) + 1
      },
    )
    const isLate = await Promise.race([settled.then(() => false), sleep(settleMs, true, { ref: false })])
    if (isLate) unsettled += 1
  }
}

/** With digits to check it by: spoilt bytes can make any word, but hardly the whole id of another read. */
function idOf(number: number): string {
  return `id ${number} ${(number * 7_919_993) % 999_983}`
}

function isId(word: string): boolean {
  const number = /^id (\d+) /.exec(word)?.[1]
  return number !== undefined && word === idOf(Number(number))
}

const heldBytes = () => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
// With --expose-gc: what is left is what is held.
const collect = globalThis.gc ?? (() => undefined)
collect()
const atFirst = heldBytes()
let peak = atFirst
const sampling = setInterval(() => {
  if (heldBytes() > peak + 10_000_000) collect()
  peak = Math.max(peak, heldBytes())
}, 250)

const until = performance.now() + seconds * 1_000
await Promise.all(databases.flatMap(database => [1, 2, 3].map(() => readOn(database, until))))
clearInterval(sampling)
await Promise.race([Promise.all(databases.map(database => database.close())), sleep(5_000, undefined, { ref: false })])
await server.close()
collect()
await sleep(50)
collect()
const result: FuzzResult = {
  ...{ reads, answered, failed, unsettled, unhandled, spoilt, wrong },
  peakBytes: peak - atFirst,
  leftBytes: heldBytes() - atFirst,
}
console.log(JSON.stringify(result))
