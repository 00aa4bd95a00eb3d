// Builds the tables on a server, reads them back with the plain driver, and knows what the API calls things.
import pg from 'pg'
import type { DatabaseSchema } from '../../src/schema/database-schema.ts'
import { defineTables } from '../../src/schema/define-tables.ts'
import type { SchemaDefinition } from '../../src/schema/schema-definition.ts'
import { Random } from '../non-interference/random.ts'
import type { TestDatabase } from '../support/databases.ts'
import { collectKinds } from './collect-kinds.ts'
import { makeTables } from './make-tables.ts'
import { columnsOf, createTable, isRenamed, quoteName, type TablePlan } from './table-plan.ts'

export type Row = ReadonlyMap<string, string | null>

export interface Table {
  readonly plan: TablePlan
  readonly rows: readonly Row[]
  /** Names of columns, and of relationships with the tables that they lead to. */
  readonly columns: readonly { readonly name: string; readonly field: string }[]
  readonly relations: readonly Relation[]
}

export interface Relation {
  readonly name: string
  readonly toMany: boolean
  readonly to: string
  /** On this table, or on the other where the relation is to many. */
  readonly by: readonly string[]
}

export interface World {
  readonly client: pg.Pool
  readonly tables: ReadonlyMap<string, Table>
}

const settings = [
  ...['TimeZone=UTC', 'DateStyle=ISO,YMD', 'IntervalStyle=iso_8601', 'bytea_output=hex', 'extra_float_digits=1'],
  'client_encoding=UTF8',
]

/** Sessions whose texts follow from nothing but the values. */
export function openPlain(database: TestDatabase): pg.Pool {
  return new pg.Pool({ ...database.config, max: 2, options: settings.map(one => `-c ${one}`).join(' ') })
}

export async function fillDatabase(plain: pg.Pool, seed: number): Promise<readonly TablePlan[]> {
  const client = await plain.connect()
  try {
    const plans = makeTables(await collectKinds(client), new Random(seed))
    await client.query('begin')
    for (const plan of plans) await fillTable(client, plan)
    await client.query('commit')
    return plans
  } finally {
    client.release()
  }
}

async function fillTable(client: pg.PoolClient, plan: TablePlan): Promise<void> {
  await client.query(createTable(plan))
  const places = columnsOf(plan).map((_, i) => `$${i + 1}`)
  const text = `insert into ${quoteName(plan.name)} values (${places.join(', ')})`
  for (const row of plan.rows) {
    await client.query(text, [...row]).catch((cause: unknown) => {
      throw new Error(`${plan.name} does not take ${JSON.stringify(row).slice(0, 2_000)}`, { cause })
    })
  }
}

export async function readWorld(client: pg.Pool, plans: readonly TablePlan[], schema: DatabaseSchema): Promise<World> {
  const definition = defineTables(schema)
  const tables = new Map<string, Table>()
  for (const plan of plans) {
    const rows = await readTexts(client, `select * from ${quoteName(plan.name)}`)
    const names = columnsOf(plan).map(column => column.name)
    const linked = new Set(plan.links.flatMap(link => link.columns))
    tables.set(plan.name, {
      plan,
      rows: rows.map(row => new Map(names.map((name, i) => [name, row[i] ?? null]))),
      columns: names.filter(name => !linked.has(name)).map(name => ({ name, field: servedName(name) })),
      relations: relationsOf(plan.name, definition),
    })
  }
  return { client, tables }
}

/** A table that has a column of this type. */
export function tableWith(world: World, sql: string): Table {
  const table = [...world.tables.values()].find(({ plan }) => plan.columns.some(column => column.kind.sql === sql))
  if (!table) throw new Error(`no table has a column of type ${sql}`)
  return table
}

/** Rows as the server sent them: no type is parsed. */
export async function readTexts(client: pg.Pool, text: string): Promise<readonly (readonly (string | null)[])[]> {
  const types = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig
  return (await client.query<(string | null)[]>({ text, rowMode: 'array', types })).rows
}

/** Signs that have a meaning in a query are replaced; at the ends, dropped. */
function servedName(column: string): string {
  if (isRenamed(column)) return column
  const name = [...column].map(sign => (/[\w-]/.test(sign) || sign >= '\u0080' ? sign : '\0')).join('')
  return name.replace(/\0+/g, '_').replace(/^[_-]+|[_-]+$/g, '')
}

function relationsOf(entry: string, definition: SchemaDefinition): readonly Relation[] {
  const found: Relation[] = []
  for (const [name, one] of Object.entries(definition[entry]?.relationships ?? {})) {
    const by = [one.by].flat(2)
    if ('belongsTo' in one) found.push({ name, toMany: false, to: one.belongsTo, by })
    if ('hasMany' in one) found.push({ name, toMany: true, to: one.hasMany, by })
  }
  return found
}
