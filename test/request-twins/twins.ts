// Two databases with a storage each, as `colonnade migrate` makes the tables of commands, loaded anew for every pair.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TableDefinition } from '../../src/schema/schema-definition.ts'
import { type Data, makeWorld, type World, type WorldTable } from '../non-interference/world.ts'
import { storeContents } from './contents.ts'
import type { RequestProduct } from './product.ts'
import { internalValues, requestTables, restartSql, sameTimesSql, tableNames, tablesSql } from './tables.sql.ts'

export interface Twin {
  readonly client: pg.Client
  readonly database: ReturnType<RequestProduct['connectPostgres']>
  readonly storage: ReturnType<RequestProduct['makeReportStorage']>
  /** What NOTIFY has told so far, channel and payload. */
  readonly told: string[]
}

export interface Twins {
  readonly world: World
  readonly schema: Awaited<ReturnType<Twin['database']['introspect']>>
  readonly both: readonly [Twin, Twin]
  load(data: readonly [Data, Data]): Promise<void>
  readAll(at: 0 | 1): Promise<Data>
  /** What commands have told of what they read. */
  readTold(at: 0 | 1): Promise<readonly string[]>
  close(): Promise<void>
}

/** @param configs of two empty databases */
export async function openTwins(
  product: RequestProduct,
  configs: readonly [pg.ClientConfig, pg.ClientConfig],
): Promise<Twins> {
  const folders = await Promise.all(configs.map(() => mkdtemp(join(tmpdir(), 'colonnade-twins-'))))
  const both = (await Promise.all(
    configs.map((config, at) =>
      openTwin(product, config, folders[at] as string, at === 1 ? ['enable_seqscan=off'] : []),
    ),
  )) as [Twin, Twin]
  const schema = await both[0].database.introspect()
  const world = withInternal(makeWorld(product.defineTables(schema)))
  return {
    ...{ world, schema, both },
    async load(data) {
      await Promise.all(both.map(({ client }, at) => fill(client, data[at] as Data, world, at === 1)))
    },
    readAll: at => readAll(both[at].client, world),
    readTold: async at =>
      (await both[at].client.query('select told from tells order by open_id')).rows.map(({ told }) => told),
    async close() {
      for (const { client, database, storage } of both) {
        await database.close()
        await storage.close()
        await client.end()
      }
      for (const folder of folders) await rm(folder, { recursive: true, force: true })
    },
  }
}

async function openTwin(
  product: RequestProduct,
  config: pg.ClientConfig,
  directory: string,
  settings: readonly string[],
): Promise<Twin> {
  const client = new pg.Client(config)
  await client.connect()
  await client.query(`drop schema if exists colonnade, public cascade; create schema public; ${tablesSql}`)
  const database = product.connectPostgres({
    config: { ...config, options: ['jit=off', ...settings].map(one => `-c ${one}`).join(' ') },
    poolSize: 6,
    onError: () => undefined,
  })
  const bare = await database.introspect()
  const done = new Set<string>()
  for (const name of requestTables) {
    const info = bare.tables.find(one => one.name === name)
    const entry = product.defineTables(bare)[name] as TableDefinition
    const made = product.requestTableSql({ schema: 'public', name }, info, entry, done, name === 'files')
    for (const statement of made) await client.query(statement)
    for (const one of ['schema colonnade', 'function tell_request']) done.add(one)
  }
  await client.query(`${sameTimesSql}; set synchronous_commit = off`)
  const told: string[] = []
  client.on('notification', ({ channel, payload }) => void told.push(`${channel} ${payload}`))
  for (const channel of ['colonnade', 'colonnade_requests', 'colonnade_work']) await client.query(`listen ${channel}`)
  const storage = product.makeReportStorage({ directory })
  await storeContents(storage)
  return { client, database, storage, told }
}

/** With the columns that no resource has: rows have them all the same. */
function withInternal(world: World): World {
  const internal = [
    ...Object.entries(internalValues).map(([name, { type }]) => ({ name, type, nullable: true })),
    { name: 'run_as', type: 'jsonb' as const, nullable: true },
  ]
  const tables = [...world.tables].map(([name, table]): [string, WorldTable] => {
    if (!requestTables.includes(name)) return [name, table]
    const more = name === 'files' ? [{ name: 'content_name', type: 'text' as const, nullable: true }] : []
    const uniques = name === 'files' ? [...table.uniques, ['label']] : table.uniques
    return [name, { ...table, uniques, columns: [...table.columns, ...internal, ...more] }]
  })
  return { ...world, tables: new Map(tables) }
}

/** @param moved whether its rows stand in other places */
async function fill(client: pg.Client, data: Data, world: World, moved: boolean): Promise<void> {
  await client.query(
    `begin; set constraints all deferred; ${tableNames.map(name => `delete from ${name}`).join(';')}; delete from tells; ${restartSql}`,
  )
  for (const name of tableNames) {
    const { columns } = world.tables.get(name) as WorldTable
    const rows = moved ? (data[name] ?? []).toReversed() : (data[name] ?? [])
    if (rows.length === 0) continue
    const names = columns.map(column => column.name).join()
    await client.query(
      `insert into ${name} (${names}) select ${columns.map(column => `c.${column.name}::${column.type}`).join()}
       from unnest(${columns.map((_, at) => `$${at + 1}::text[]`).join()}) as c(${names})`,
      columns.map(column => rows.map(row => row[column.name] ?? null)),
    )
  }
  await client.query('commit')
}

async function readAll(client: pg.Client, world: World): Promise<Data> {
  const data: Record<string, Data[string]> = {}
  for (const name of tableNames) {
    const { columns } = world.tables.get(name) as WorldTable
    const { rows } = await client
      .query(
        `set timezone = 'UTC'; select ${columns.map(column => `${column.name}::text`).join()} from ${name} order by 1`,
      )
      .then(results => (results as unknown as readonly pg.QueryResult[])[1] as pg.QueryResult)
    data[name] = rows
  }
  return data
}
