// Holds the rows of all tables, as they were read once from the database, with the links between them.
import pg from 'pg'
import { type ColumnFact, resources } from './facts.ts'
import type { Value } from './values.ts'

export type Row = Readonly<Record<string, Value>>

export interface World {
  rows(resource: string): readonly Row[]
  /** Rows whose column has this value; none for null. */
  where(resource: string, column: string, value: Value): readonly Row[]
}

function makeWorld(tables: ReadonlyMap<string, readonly Row[]>): World {
  const indexes = new Map<string, Map<Value, Row[]>>()
  const rows = (resource: string) => tables.get(resource) ?? []
  const indexOf = (resource: string, column: string) => {
    const name = `${resource}.${column}`
    let index = indexes.get(name)
    if (!index) {
      index = Map.groupBy(rows(resource), row => row[column] ?? null)
      indexes.set(name, index)
    }
    return index
  }
  return {
    rows,
    where: (resource, column, value) => (value === null ? [] : (indexOf(resource, column).get(value) ?? [])),
  }
}

/** Reads every table of the example. */
export async function loadWorld(config: pg.ClientConfig): Promise<World> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    const tables = new Map<string, readonly Row[]>()
    for (const { name, columns } of resources.values()) {
      const { rows } = await client.query<Row>(`select ${columns.map(textOf).join(', ')} from ${name}`)
      tables.set(name, rows)
    }
    return makeWorld(tables)
  } finally {
    await client.end()
  }
}

function textOf({ name, type }: ColumnFact): string {
  if (type === 'timestamptz') return `to_char("${name}" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as "${name}"`
  return type === 'date' || type === 'uuid' || type === 'enum' ? `"${name}"::text as "${name}"` : `"${name}"`
}
