// Two databases side by side, loaded anew for every pair: other places of the rows, other statistics, another planner.
import pg from 'pg'
import type { Database } from '../../src/databases/database.ts'
import type { DatabaseSchema } from '../../src/schema/database-schema.ts'
import { tableOrder } from './make-data.ts'
import type { Product } from './product.ts'
import type { Random } from './random.ts'
import { tablesSql } from './tables.sql.ts'
import type { Data, World, WorldTable } from './world.ts'

export interface TwinDatabases {
  readonly schema: DatabaseSchema
  readonly databases: readonly [Database, Database]
  /** Puts the data in: the first as they stand, the second moved about. */
  load(data: readonly [Data, Data], world: World, random: Random): Promise<void>
  /** Gives the second another planner. */
  replan(random: Random): Promise<void>
  close(): Promise<void>
}

const planners = [
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_nestloop=off',
  'enable_mergejoin=off',
  'enable_sort=off',
  'enable_indexscan=off',
  'enable_hashagg=off',
  'enable_material=off',
  'plan_cache_mode=force_generic_plan',
  'random_page_cost=1',
  'work_mem=64kB',
]

/** @param configs of two empty databases */
export async function openTwins(
  product: Product,
  configs: readonly [pg.ClientConfig, pg.ClientConfig],
): Promise<TwinDatabases> {
  const clients = await Promise.all(
    configs.map(async config => {
      const client = new pg.Client(config)
      await client.connect()
      await client.query(
        `drop schema if exists public cascade; drop schema if exists colonnade cascade; create schema public; ${tablesSql}`,
      )
      await client.query('set synchronous_commit = off')
      return client
    }),
  )
  const connect = (config: pg.ClientConfig, settings: readonly string[]) =>
    product.connectPostgres({
      config: { ...config, options: ['jit=off', ...settings].map(one => `-c ${one}`).join(' ') },
      poolSize: 1,
      onError: () => undefined,
    })
  const databases: [Database, Database] = [connect(configs[0], []), connect(configs[1], ['enable_seqscan=off'])]
  const schema = await databases[0].introspect()
  return {
    schema,
    databases,
    async load(data, world, random) {
      const [first, second] = clients as [pg.Client, pg.Client]
      const moved = random.int(1_000_000)
      await Promise.all([fill(first, data[0], world, null), fill(second, data[1], world, moved)])
    },
    async replan(random) {
      const old = databases[1]
      databases[1] = connect(configs[1], random.some(planners, 0, 3))
      await old.close()
    },
    async close() {
      await Promise.all([...databases.map(one => one.close()), ...clients.map(one => one.end())])
    },
  }
}

/** @param moved a number from which the places of the rows follow; null leaves them in order */
async function fill(client: pg.Client, data: Data, world: World, moved: number | null): Promise<void> {
  await client.query('begin')
  // Rows that are deleted stay behind as gaps; sometimes the tables are truly empty first.
  await client.query(
    moved === null || moved % 3 === 0
      ? `truncate ${tableOrder.join()}`
      : tableOrder
          .toReversed()
          .map(name => `delete from ${name}`)
          .join(';'),
  )
  for (const [i, name] of tableOrder.entries()) {
    const table = world.tables.get(name) as WorldTable
    const rows = data[name] ?? []
    const placed = moved === null ? rows : rotate(rows, moved + i)
    if (placed.length === 0) continue
    const columns = table.columns.map(column => `c.${column.name}::${column.type}`).join()
    const lists = table.columns.map((_, at) => `$${at + 1}::text[]`).join()
    await client.query(
      `insert into ${name} (${table.columns.map(column => column.name).join()}) select ${columns} from unnest(${lists}) with ordinality as c(${table.columns.map(column => column.name).join()}, ordinal_) order by ordinal_`,
      table.columns.map(column => placed.map(row => row[column.name] ?? null)),
    )
    // An update to itself moves a row to the end of the heap.
    if (moved !== null && (moved >> i) % 2 === 1)
      await client.query(
        `update ${name} set ${table.columns[0]?.name} = ${table.columns[0]?.name} where ctid in (select ctid from ${name} limit 3)`,
      )
  }
  await client.query('commit')
  if (moved !== null && moved % 5 === 0) await client.query('analyze')
}

function rotate<T>(rows: readonly T[], by: number): readonly T[] {
  const at = rows.length === 0 ? 0 : by % rows.length
  const turned = [...rows.slice(at), ...rows.slice(0, at)]
  return by % 2 === 0 ? turned : turned.reverse()
}
