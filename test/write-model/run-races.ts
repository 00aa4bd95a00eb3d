// Changes or removes a record while a random write waits for it: what is done is what its caller may do then, and not what he might before.
import pg from 'pg'
import { makeCaller } from '../non-interference/make-caller.ts'
import { clashes, mend } from '../non-interference/make-data.ts'
import { Random } from '../non-interference/random.ts'
import type { Data, Row, World, WorldTable } from '../non-interference/world.ts'
import { Judge, unsaid, type Verdict } from './judge.ts'
import { makeWrite } from './make-write.ts'
import { makePolicy, toDefinition } from './policy.ts'
import type { WriteProduct } from './product.ts'
import { load, type Mistake, makeRows, readAll, type Tables, toHttp } from './run-cases.ts'
import { changeRow } from './run-twins.ts'
import { restartSql, tableNames, uniqueColumns } from './tables.sql.ts'
import { type PlainWrite, tablesOf, toRequest } from './write.ts'

const racesOfCase = 4

/** What somebody else does to one record. */
interface Change {
  readonly table: string
  readonly before: Row | null
  readonly after: Row | null
}

/**
 * Roles look at the record alone: those that look at records of other tables would have to lock them (R30). Without `ownOnly`, and
 * with changes to what roles look at, that is asked too.
 * @returns what is not as it has to be; null where all is
 */
export async function runRaces(
  product: WriteProduct,
  tables: Tables,
  seed: number,
  counts: Map<string, number>,
): Promise<Mistake | null> {
  const random = new Random(seed)
  const { world, client, database, schema } = tables
  const policy = makePolicy(world, random, { ownOnly: true })
  const definition = toDefinition(policy, world)
  const api = product.compileApi(definition, schema, product.sqlTypeOf)
  const errors: unknown[] = []
  let caller = makeCaller(random)
  const runtime = product.makeRuntime({
    api,
    inputs: product.compileAllInputs(definition, api, schema),
    database,
    identify: () => caller,
    secret: 'a secret of the tests, 32 bytes or more',
    onError: error => void errors.push(error),
  })
  const other = new pg.Client(tables.config)
  await other.connect()
  try {
    for (let i = 0; i < racesOfCase; i++) {
      caller = makeCaller(random)
      const judge = new Judge(world, policy, caller)
      const data = makeRows(world, random)
      const write = makePermitted(judge, data, world, random)
      const change = write && makeChange(write, judge, data, world, random)
      if (!write || !change) continue
      const then = changed(data, change)
      const verdict = judge.judge(write, then)
      if (unsaid.has(verdict.reason)) continue
      await load(client, data, world)
      await client.query(restartSql)
      const request = toRequest(write, world)
      await other.query('begin')
      await other.query(toSql(change, world))
      const answering = product.handleRequest(toHttp(request), runtime)
      const waited = await waits(client, answering)
      await other.query('commit')
      const answer = await answering
      const now = await readAll(client, world)
      const kind = `${request.method} ${write.kind === 'records' ? 'of records' : write.kind}`
      const key = `${kind} ${waited ? 'waits' : 'does not wait'}, ${verdict.status < 300 ? 'may then' : 'may not then'}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      const what = compare(write, verdict, answer.status, { then, now })
      if (what !== null) {
        const { status, reason } = verdict
        const { roles } = definition.resources[tablesOf(write)[0] ?? '']?.options ?? {}
        const report = {
          ...request,
          caller: [caller.id, ...caller.claims],
          change,
          said: { status, reason },
          answer,
          roles,
          data,
          now,
          errors,
        }
        return { seed, what, status: answer.status, report }
      }
    }
  } finally {
    await other.end()
  }
  return null
}

/** A write that would be done to records that are there. */
function makePermitted(judge: Judge, data: Data, world: World, random: Random): PlainWrite | null {
  for (let tries = 0; tries < 30; tries++) {
    const write = makeWrite(world, data, random)
    const verdict = judge.judge(write, data)
    if (verdict.status < 300 && !unsaid.has(verdict.reason) && (touched(data, verdict).length > 0 || isPut(write)))
      return write
  }
  return null
}

const isPut = (write: PlainWrite) => write.kind === 'records' && write.entries[0]?.kind === 'put'

/** The records that are not as they were. */
function touched(data: Data, verdict: Verdict): readonly { readonly table: string; readonly row: Row }[] {
  return tableNames.flatMap(table =>
    (data[table] ?? []).filter(row => !verdict.data[table]?.includes(row)).map(row => ({ table, row })),
  )
}

function makeChange(write: PlainWrite, judge: Judge, data: Data, world: World, random: Random): Change | null {
  const verdict = judge.judge(write, data)
  const rows = touched(data, verdict)
  const isSame = (other: Verdict) =>
    other.status === verdict.status && JSON.stringify(other.said) === JSON.stringify(verdict.said)
  for (let tries = 0; tries < 12; tries++) {
    const change =
      rows.length > 0 ? changeOf(random.pick(rows), data, world, random) : intrusion(write, data, world, random)
    if (!change) return null
    const table = { ...(world.tables.get(change.table) as WorldTable), uniques: uniqueColumns[change.table] ?? [] }
    const then = changed(data, change)
    const isPossible = !change.after || !clashes(change.after, then[change.table] ?? [], table)
    if (!isPossible || JSON.stringify(mend(then, world)) !== JSON.stringify(then)) continue
    // What takes a right away is looked for first.
    if (tries > 8 || !isSame(judge.judge(write, then))) return change
  }
  return null
}

function changeOf({ table, row }: { table: string; row: Row }, data: Data, world: World, random: Random): Change {
  if (random.chance(0.15)) return { table, before: row, after: null }
  const columns = world.tables.get(table) as WorldTable
  let after = row
  for (let left = 1 + random.int(3); left > 0; left--) after = changeRow(after, columns, data, random)
  return { table, before: row, after }
}

/** Another record by the key under which one is to be put. */
function intrusion(write: PlainWrite, data: Data, world: World, random: Random): Change | null {
  const key = write.kind === 'records' ? write.entries[0]?.key : null
  const [like] = write.kind === 'records' ? (data[write.table] ?? []) : []
  if (!key || !like || write.kind !== 'records') return null
  const table = world.tables.get(write.table) as WorldTable
  const named = Object.fromEntries(table.key.map((name, i) => [name, key[i] as string]))
  const after = { ...changeRow(like, table, data, random), ...('slug' in like && { slug: null }), ...named }
  return { table: write.table, before: null, after }
}

function changed(data: Data, { table, before, after }: Change): Data {
  const rest = (data[table] ?? []).filter(row => row !== before)
  return { ...data, [table]: after ? [...rest, after] : rest }
}

function toSql({ table, before, after }: Change, world: World): string {
  const { columns, key } = world.tables.get(table) as WorldTable
  const own = columns.filter(one => one.name !== 'shout')
  const value = (text: string | null | undefined) =>
    text === null || text === undefined ? 'null' : pg.escapeLiteral(text)
  const values = (row: Row) => own.map(one => `${value(row[one.name])}::${one.type}`).join()
  const names = own.map(one => one.name).join()
  const where = key.map(name => `${name} = ${value(before?.[name])}`).join(' and ')
  if (!after) return `delete from ${table} where ${where}`
  if (!before) return `insert into ${table} (${names}) values (${values(after)})`
  return `update ${table} set (${names}) = row(${values(after)}) where ${where}`
}

/** Until the write waits for a lock, or is over. */
async function waits(client: pg.Client, answering: Promise<unknown>): Promise<boolean> {
  let isOver = false
  void answering.then(() => {
    isOver = true
  })
  while (!isOver) {
    const { rows } = await client.query(
      `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return true
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  return false
}

/** Each record is as the change left it, or as its caller may make it of that. */
function compare(
  write: PlainWrite,
  verdict: Verdict,
  status: number,
  { then, now }: { readonly then: Data; readonly now: Data },
): string | null {
  if (status >= 500) return 'an error of our own'
  const text = (row: Row) => JSON.stringify(Object.entries(row).sort())
  const textsOf = (data: Data, table: string) => new Set((data[table] ?? []).map(text))
  const isDone = (table: string) =>
    [...textsOf(now, table)].every(one => textsOf(verdict.data, table).has(one)) &&
    textsOf(now, table).size === textsOf(verdict.data, table).size
  const isLeft = (table: string) =>
    [...textsOf(now, table)].every(one => textsOf(then, table).has(one)) &&
    textsOf(now, table).size === textsOf(then, table).size
  // One record: done as a whole, and said to be so, or not at all.
  if (write.kind === 'records' && !write.isBulk)
    return tableNames.every(status < 300 ? isDone : isLeft) ? null : `${status} and other rows`
  for (const table of tableNames) {
    const [left, done] = [textsOf(then, table), textsOf(verdict.data, table)]
    for (const row of textsOf(now, table)) if (!left.has(row) && !done.has(row)) return 'a row that may not be so'
    const there = textsOf(now, table)
    const keys = (write.kind === 'records' || write.kind === 'operations') && verdict.status >= 300 && status >= 300
    for (const row of left) if (!there.has(row) && (done.has(row) || keys)) return 'a row that may not be gone'
  }
  return null
}
