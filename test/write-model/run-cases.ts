// Sends random writes to the product and compares what comes of them, in the answer and in the tables, with the naive model.
import pg from 'pg'
import type { HttpResponse } from '../../src/request/http-request.ts'
import type { Caller } from '../non-interference/condition.ts'
import { makeCaller } from '../non-interference/make-caller.ts'
import { clashes, mend } from '../non-interference/make-data.ts'
import { Random } from '../non-interference/random.ts'
import { pickValue } from '../non-interference/values.ts'
import { type Data, makeWorld, type Row, type World, type WorldTable } from '../non-interference/world.ts'
import { Judge, type Verdict } from './judge.ts'
import { makePolicy, toDefinition } from './policy.ts'
import type { WriteProduct } from './product.ts'
import { tableNames, tablesSql, uniqueColumns } from './tables.sql.ts'
import { makeWrite, toRequest } from './write.ts'

export interface Mistake {
  readonly seed: number
  readonly what: string
  readonly status: number
  readonly report: unknown
}

export interface Tables {
  readonly client: pg.Client
  readonly world: World
  readonly database: ReturnType<WriteProduct['connectPostgres']>
  readonly schema: Awaited<ReturnType<Tables['database']['introspect']>>
  close(): Promise<void>
}

export async function openTables(product: WriteProduct, config: pg.ClientConfig): Promise<Tables> {
  const client = new pg.Client(config)
  await client.connect()
  await client.query(
    `drop schema if exists public cascade; create schema public; ${tablesSql}; set synchronous_commit = off`,
  )
  const database = product.connectPostgres({ config, poolSize: 1, onError: () => undefined })
  const schema = await database.introspect()
  const world = makeWorld(product.defineTables(schema))
  const close = async () => {
    await database.close()
    await client.end()
  }
  return { client, world, database, schema, close }
}

const writesOfCase = 12

/** All follows from the seed: a policy, rows, callers and what they write. */
export async function runCase(
  product: WriteProduct,
  tables: Tables,
  seed: number,
  counts: Map<string, number>,
): Promise<Mistake | null> {
  const random = new Random(seed)
  const { world, client, database, schema } = tables
  const policy = makePolicy(world, random)
  const definition = toDefinition(policy, world)
  const api = product.compileApi(definition, schema, product.sqlTypeOf)
  const errors: unknown[] = []
  let caller: Caller = { id: null, claims: new Map() }
  const runtime = product.makeRuntime({
    api,
    inputs: product.compileAllInputs(definition, api, schema),
    database,
    identify: () => caller,
    secret: 'a secret of the tests, 32 bytes or more',
    onError: error => void errors.push(error),
  })
  let data = makeRows(world, random)
  await load(client, data, world)
  for (let i = 0; i < writesOfCase; i++) {
    caller = makeCaller(random)
    const write = makeWrite(world, data, random)
    const { method, path, body } = toRequest(write, world)
    await client.query('alter sequence book_ids restart with 1001; delete from books where id > 1000 and false')
    const verdict = new Judge(world, policy, caller).judge(write, data)
    const answer = await product.handleRequest(
      {
        method,
        target: `/api${path}`,
        headers: { ...(body !== null && { 'content-type': 'application/json' }) },
        body: async () => new TextEncoder().encode(body ?? ''),
        isGone: () => false,
      },
      runtime,
    )
    const now = await readAll(client, world)
    const what = compare(verdict, answer, now)
    const key = `${verdict.status} ${verdict.reason}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
    if (what !== null) {
      const { data: wanted, ...said } = verdict
      const report = {
        method,
        path,
        body,
        caller: { id: caller.id, claims: Object.fromEntries(caller.claims) },
        said,
        answer: answer.body,
        roles: definition.resources[write.table]?.options.roles,
        data,
        wanted: wanted[write.table],
        now: now[write.table],
        errors,
      }
      return { seed, what, status: answer.status, report }
    }
    data = now
    // The sequence begins anew for every write.
    if (data.books?.some(row => Number(row.id) > 1000)) {
      data = makeRows(world, random)
      await load(client, data, world)
    }
  }
  return null
}

function compare(
  { status, reason, also = [], pointers, data }: Verdict,
  answer: HttpResponse,
  now: Data,
): string | null {
  // What no role of the caller does is refused before any row is looked at.
  const byRole = /"detail":"(None of your roles|This needs a token)/.test(answer.body) && reason === 'unseen'
  if (byRole) return sorted(data) === sorted(now) ? null : 'other rows'
  if (status !== answer.status && !also.includes(answer.status)) return `${answer.status} in place of ${status}`
  if (pointers && status === answer.status) {
    const named = (JSON.parse(answer.body) as { errors: { source?: { pointer?: string } }[] }).errors.map(one =>
      one.source?.pointer?.split('/').at(-1),
    )
    if (!pointers.every(name => named.includes(name))) return `names ${named} and not ${pointers}`
  }
  return sorted(data) === sorted(now) ? null : 'other rows'
}

const sorted = (data: Data): string =>
  JSON.stringify(
    tableNames.map(name => (data[name] ?? []).map(row => JSON.stringify(Object.entries(row).sort())).sort()),
  )

export function makeRows(world: World, random: Random): Data {
  const data: Record<string, readonly Row[]> = Object.fromEntries(tableNames.map(name => [name, []]))
  for (const name of tableNames) {
    const table = { ...(world.tables.get(name) as WorldTable), uniques: uniqueColumns[name] ?? [] }
    const rows: Row[] = []
    for (let left = 3 + random.int(6); left > 0; left--) {
      const row: Record<string, string | null> = {}
      for (const column of table.columns) {
        const link = table.relationships.find(one => one.kind === 'toOne' && one.own.includes(column.name))
        if (link)
          row[column.name] = random.chance(0.85)
            ? (data[link.target] ?? []).length > 0
              ? (random.pick(data[link.target] ?? [])?.id ?? null)
              : null
            : null
        else if (column.name === 'id') row.id = String(1 + random.int(8))
        else if (column.name === 'slug') row.slug = random.chance(0.5) ? `s${1 + random.int(6)}` : null
        else
          row[column.name] = random.chance(0.12)
            ? null
            : String(
                column.type === 'int4'
                  ? Math.min(99, Number(pickValue('int4', random)))
                  : pickValue(column.type, random),
              )
      }
      if ('shout' in row) row.shout = row.title?.toUpperCase() ?? null
      if (!clashes(row, rows, table)) rows.push(row)
    }
    data[name] = rows
  }
  return mend(data, world)
}

export async function load(client: pg.Client, data: Data, world: World): Promise<void> {
  await client.query(`begin; set constraints all deferred; truncate ${tableNames.join()}`)
  for (const name of tableNames) {
    const columns = (world.tables.get(name) as WorldTable).columns.filter(one => one.name !== 'shout')
    const names = columns.map(one => one.name).join()
    const lists = columns.map((one, i) => `$${i + 1}::text[]::${one.type}[]`).join()
    const rows = data[name] ?? []
    await client.query(
      `insert into ${name} (${names}) select * from unnest(${lists})`,
      columns.map(one => rows.map(row => row[one.name] ?? null)),
    )
  }
  await client.query('commit')
}

export async function readAll(client: pg.Client, world: World): Promise<Data> {
  const data: Record<string, readonly Row[]> = {}
  for (const name of tableNames) {
    const { columns } = world.tables.get(name) as WorldTable
    const { rows } = await client.query<Row>(`select ${columns.map(one => `${one.name}::text`).join()} from ${name}`)
    data[name] = rows
  }
  return data
}
