// Fills an empty PostgreSQL database with the tables and rows of an example, the same rows every time.
import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'

/** Told before each step, and once more with `done` equal to `of` when everything is in place. */
export type OnProgress = (step: string, done: number, of: number) => void

export interface ExampleData {
  /** By which `colonnade.demo` remembers it. */
  readonly name: string
  /** Where the files of the steps are. */
  readonly folder: URL
  /** What they do, and where they say it in SQL. */
  readonly steps: readonly (readonly [step: string, file: string])[]
  readonly tables: readonly string[]
  /** What `:users` stands for in a file, by the name of the size. */
  readonly sizes: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Made by a step for the others. */
  readonly temporaryFunctions: readonly string[]
}

export interface FillOptions {
  readonly size: string
  readonly onProgress?: OnProgress | undefined
}

/**
 * Creates the tables in the schema `public` and fills them, in one transaction: all of it is there afterwards, or nothing.
 * Does nothing when the database holds this size already. The client must not be in a transaction.
 *
 * @throws when the database holds another size, or tables of the same names; nothing is ever dropped.
 */
export async function fillDatabase(
  client: ClientBase,
  example: ExampleData,
  { size, onProgress }: FillOptions,
): Promise<void> {
  const { name, folder, steps, sizes, temporaryFunctions } = example
  const tables = example.tables.map(table => `public.${table}`).join(', ')
  const of = steps.length + 2
  await client.query('begin')
  try {
    // Lock first, so that of two demos that start at once the second finds the first one's rows.
    await client.query("select pg_advisory_xact_lock(hashtext('colonnade.demo'))")
    const held = await findSize(client, name)
    if (held === size) {
      await client.query('rollback')
      onProgress?.('ready', of, of)
      return
    }
    if (held !== undefined) {
      throw new Error(`This database holds the ${name} example in the size ${held}; use another database for ${size}.`)
    }
    await client.query(settings)
    for (const [index, [step, file]] of steps.entries()) {
      onProgress?.(step, index, of)
      await client.query(fillIn(await readFile(new URL(file, folder), 'utf8'), sizes[size] ?? {}))
    }
    onProgress?.('statistics', of - 2, of)
    await client.query(`analyze ${tables}`)
    await client.query(marker)
    await client.query('insert into colonnade.demo (name, size) values ($1, $2)', [name, size])
    // Temporary functions outlive their transaction, and a pooled connection outlives the seeding.
    await client.query(`drop function ${temporaryFunctions.map(one => `pg_temp.${one}`).join(', ')}`)
    await client.query('commit')
  } catch (error) {
    // A lost connection cannot roll back either, and the first error tells more.
    await client.query('rollback').catch(() => undefined)
    throw error
  }
  // Fresh rows are marked as seen by all now, lest the first reads or a background vacuum pay for it.
  onProgress?.('vacuum', of - 1, of)
  await client.query(`vacuum ${tables}`)
  onProgress?.('ready', of, of)
}

/** In which size the database holds an example; undefined where it does not. */
export async function findSize(client: ClientBase, name: string): Promise<string | undefined> {
  // Not to_regclass: it may remember that there was no such table, and who waited for the lock would not see the new one.
  const { rows: found } = await client.query(
    "select from pg_catalog.pg_tables where schemaname = 'colonnade' and tablename = 'demo'",
  )
  if (found.length === 0) return undefined
  const { rows } = await client.query<{ size: string }>('select size from colonnade.demo where name = $1', [name])
  return rows[0]?.size
}

// Whatever the role and the database are set to, the rows come out the same, and without the cost of compiling.
const settings = `
  set local search_path = public;
  set local timezone = 'UTC';
  set local jit = off;
  set local statement_timeout = 0;
  set local work_mem = '64MB';
  set local maintenance_work_mem = '256MB'`

const marker = `
  create schema if not exists colonnade;
  create table if not exists colonnade.demo (name text primary key, size text not null);
  comment on table colonnade.demo is 'Which example data this database holds, and how much of it.'`

/** Puts numbers where the SQL says `:users`, but not where it casts with `::int`. */
function fillIn(sql: string, numbers: Readonly<Record<string, number>>): string {
  return sql.replace(/(?<!:):([a-z_]+)\b/g, (whole, name: string) => String(numbers[name] ?? whole))
}
