// Sends random writes to the product and compares what comes of them, in the answer and in the tables, with the naive model.
import pg from 'pg'
import type { HttpResponse } from '../../src/request/http-request.ts'
import type { Caller } from '../non-interference/condition.ts'
import { makeCaller } from '../non-interference/make-caller.ts'
import { clashes, mend } from '../non-interference/make-data.ts'
import { Random } from '../non-interference/random.ts'
import { pickValue } from '../non-interference/values.ts'
import { type Data, makeWorld, type Row, type World, type WorldTable } from '../non-interference/world.ts'
import { answeredRecord, differenceOf } from './answered-record.ts'
import { Judge, unsaid, type Verdict } from './judge.ts'
import { makeWrite } from './make-write.ts'
import { makePolicy, toDefinition } from './policy.ts'
import type { WriteProduct } from './product.ts'
import { documentType, type Spelled, spell } from './spell-write.ts'
import { numbered, restartSql, tableNames, tablesSql, uniqueColumns } from './tables.sql.ts'
import { type Records, tablesOf, toRequest, type WriteRequest } from './write.ts'

export interface Mistake {
  readonly seed: number
  readonly what: string
  readonly status: number
  readonly report: unknown
}

export interface Tables {
  readonly config: pg.ClientConfig
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
    `drop schema if exists colonnade, public cascade; create schema public; ${tablesSql}; set synchronous_commit = off`,
  )
  const database = product.connectPostgres({ config, poolSize: 1, onError: () => undefined })
  const schema = await database.introspect()
  const world = makeWorld(product.defineTables(schema))
  const close = async () => {
    await database.close()
    await client.end()
  }
  return { config, client, world, database, schema, close }
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
  const ask = (request: WriteRequest, more?: Readonly<Record<string, string>>) =>
    product.handleRequest(toHttp(request, more), runtime)
  const judgeFor = (who: Caller, { write, toVerdict }: Spelled, of: Data) =>
    toVerdict(new Judge(world, policy, who).judge(write, of), of)
  for (let i = 0; i < writesOfCase; i++) {
    caller = makeCaller(random)
    const spelled = spell(makeWrite(world, data, random), world, data, new Random(seed * 1_000 + i))
    const { write, request, isDocument } = spelled
    const verdict = judgeFor(caller, spelled, data)
    const key = `${verdict.status} ${verdict.reason}`
    for (const one of [key, ...(isDocument ? [`${key}, as a document`] : [])])
      counts.set(one, (counts.get(one) ?? 0) + 1)
    if (unsaid.has(verdict.reason)) continue
    await client.query(restartSql)
    const isOnce = caller.id !== null && random.chance(0.15)
    const headers = isOnce ? { 'idempotency-key': `${seed}-${i}` } : {}
    const answer = await ask(request, headers)
    const now = await readAll(client, world)
    let what = compare(verdict, answer, now, isDocument)
    if (what === null && verdict.steps && answer.status === 200) {
      await load(client, data, world)
      await client.query(restartSql)
      what = await askOneByOne(verdict.steps, step => ask(toRequest(step, world)), answer)
      if (what === null && sorted(await readAll(client, world)) !== sorted(now)) what = 'other rows one by one'
    }
    const first = caller
    const canBeKept = ['POST', 'PATCH'].includes(request.method) && answer.status < 300
    if (what === null && isOnce && canBeKept) {
      const again = makeAgain(first, random)
      caller = again.caller
      const isNew = again.whose === 'another'
      if (isNew) await load(client, data, world)
      await client.query(restartSql)
      const second = await ask(request, headers)
      const later = await readAll(client, world)
      const count = `again by ${again.whose}: ${second.status}`
      counts.set(count, (counts.get(count) ?? 0) + 1)
      what = compareAgain(
        again.whose,
        [answer, second],
        { now, later },
        isNew ? judgeFor(caller, spelled, data) : null,
        isDocument,
      )
      if (isNew) await load(client, now, world)
    }
    if (what !== null) {
      const { data: wanted, steps: _, said: answered, ...said } = verdict
      const report = {
        ...request,
        caller: { id: caller.id, claims: Object.fromEntries(caller.claims) },
        said,
        answered: { ...answered, record: [...(answered?.record ?? [])] },
        answer: answer.body,
        roles: Object.fromEntries(tableNames.map(name => [name, definition.resources[name]?.options.roles])),
        actions: tablesOf(write).map(name => definition.resources[name]?.options.actions),
        changes: changesOf(data, now),
        wanted: changesOf(data, wanted),
        data,
        errors,
      }
      return { seed, what, status: answer.status, report }
    }
    data = now
    // The sequences begin anew for every write.
    if (tableNames.some(name => now[name]?.some(row => Number(row.id) > 1000))) {
      data = makeRows(world, random)
      await load(client, data, world)
    }
  }
  return null
}

export function toHttp({ method, path, body, headers }: WriteRequest, more: Readonly<Record<string, string>> = {}) {
  return {
    method,
    target: `/api${path}`,
    headers: { ...(body !== null && { 'content-type': 'application/json' }), ...headers, ...more },
    body: async () => new TextEncoder().encode(body ?? ''),
    isGone: () => false,
  }
}

/** The same caller, the same with other claims, or somebody else with his. */
function makeAgain({ id, claims }: Caller, random: Random) {
  const whose = random.pick(['the same', 'other rights', 'another', 'another'] as const)
  if (whose === 'the same') return { whose, caller: { id, claims: new Map(claims) } }
  if (whose === 'other rights') return { whose, caller: { id, claims: new Map([...claims, ['more', 1]]) } }
  return { whose, caller: { id: id === '1' ? '2' : '1', claims } }
}

/** A key is one caller's: to him it gives the answer again, while his rights are the same (R37). */
function compareAgain(
  whose: ReturnType<typeof makeAgain>['whose'],
  [first, second]: readonly [HttpResponse, HttpResponse],
  { now, later }: { readonly now: Data; readonly later: Data },
  verdict: Verdict | null,
  isDocument: boolean,
): string | null {
  const isReplayed = second.headers['idempotency-replayed'] !== undefined
  if (verdict) {
    if (isReplayed) return 'the answer of somebody else'
    return unsaid.has(verdict.reason) ? null : compare(verdict, second, later, isDocument)
  }
  if (sorted(now) !== sorted(later)) return 'other rows the second time'
  if (whose === 'other rights') return second.status === 409 ? null : `${second.status} with other rights`
  const isSame = isReplayed && second.status === first.status && second.body === first.body
  return isSame ? null : 'another answer the second time'
}

/** Operations answer what the same requests one after another do (R36). */
async function askOneByOne(
  steps: readonly Records[],
  ask: (step: Records) => Promise<HttpResponse>,
  { body }: HttpResponse,
): Promise<string | null> {
  const { data } = JSON.parse(body) as { data: readonly unknown[] }
  for (const [i, step] of steps.entries()) {
    const one = await ask(step)
    if (one.status >= 300) return `step ${i} answers ${one.status} by itself`
    const alone: unknown = one.body === '' ? null : (JSON.parse(one.body) as { data: unknown }).data
    if (JSON.stringify(alone) !== JSON.stringify(data[i])) return `step ${i} answers otherwise by itself: ${one.body}`
  }
  return null
}

function compare(verdict: Verdict, answer: HttpResponse, now: Data, isDocument: boolean): string | null {
  const { status, reason, also = [], pointers, data, said } = verdict
  // What no role of the caller does is refused before any row is looked at.
  const byRole = answer.status === 403 && answer.body.includes('"detail":"None of your roles') && reason === 'unseen'
  const isAsSaid = byRole || sorted(data) === sorted(now)
  if (byRole) return isAsSaid ? null : 'other rows'
  if (status !== answer.status && !also.includes(answer.status)) return `${answer.status} in place of ${status}`
  const type = answer.headers['content-type']
  if (answer.body !== '' && type?.startsWith(documentType) !== isDocument) return `answered as ${type}`
  if (pointers && status === answer.status) {
    const named = (JSON.parse(answer.body) as { errors: { source?: { pointer?: string } }[] }).errors.map(one =>
      one.source?.pointer?.split('/').at(-1),
    )
    if (!pointers.every(name => named.includes(name))) return `names ${named} and not ${pointers}`
  }
  if (said && status === answer.status) {
    const told = JSON.parse(answer.body) as { data?: unknown; meta?: { affected?: number } }
    if (said.data !== undefined && JSON.stringify(told.data) !== JSON.stringify(said.data)) return 'says something else'
    if (said.affected !== undefined && told.meta?.affected !== said.affected) return 'counts otherwise'
    const difference = said.record && differenceOf(said.record, answeredRecord(answer.body, isDocument))
    if (difference) return difference
    if (said.each) {
      const each = (told.data as readonly { status: number }[]).map(one => one.status)
      const isAlike = each.length === said.each.length && said.each.every((good, i) => good.includes(each[i] as number))
      if (!isAlike) return `${each} in place of ${JSON.stringify(said.each)}`
    }
  }
  return isAsSaid ? null : 'other rows'
}

function changesOf(before: Data, after: Data) {
  const texts = (data: Data) =>
    new Set(tableNames.flatMap(name => (data[name] ?? []).map(row => `${name} ${JSON.stringify(row)}`)))
  const [old, now] = [texts(before), texts(after)]
  return { gone: [...old].filter(one => !now.has(one)), there: [...now].filter(one => !old.has(one)) }
}

/** As one text. An id that was taken for a record which then was not made leaves a gap, so that those above it are numbered anew. */
function sorted(data: Data): string {
  const places = new Map<string, string>()
  for (const name of numbered) {
    const made = (data[name] ?? []).map(row => Number(row.id)).filter(id => id > 1000)
    for (const [i, id] of made.sort((a, b) => a - b).entries()) places.set(`${name} ${id}`, `new ${i}`)
  }
  const owners: Readonly<Record<string, string>> = {
    owner_id: 'folks',
    boss_id: 'folks',
    folk_id: 'folks',
    book_id: 'books',
  }
  return JSON.stringify(
    tableNames.map(name =>
      (data[name] ?? [])
        .map(row =>
          JSON.stringify(
            Object.entries(row)
              .map(([column, value]) => [
                column,
                places.get(`${owners[column] ?? (column === 'id' ? name : '')} ${value}`) ?? value,
              ])
              .sort(),
          ),
        )
        .sort(),
    ),
  )
}

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
