// What the street needs of a database; each kind is a folder beside this file.
import type { Dialect } from '../plan/dialect.ts'
import type { SqlTypeOf } from '../schema/bind-table.ts'
import type { DatabaseSchema } from '../schema/database-schema.ts'

/** Values as the database's text form; null is null. */
export type ResultRow = readonly (string | null)[]

export interface Statement {
  /** Prepared under this name once a connection; without one it is parsed every time. */
  readonly name: string
  readonly text: string
  readonly values: readonly (string | readonly string[] | null)[]
}

/** Lets a running statement be cancelled: `onGone` calls back when nobody waits for the answer any more. */
export interface Waiting {
  /** @returns a function that stops listening */
  onGone(callback: () => void): () => void
}

export interface Database {
  readonly dialect: Dialect
  readonly sqlTypeOf: SqlTypeOf
  /**
   * Runs one statement outside a transaction.
   * @throws ApiError `unavailable` while the database is away, `timeout` past the time limit, `aggregate_out_of_range`; any other error is our own
   */
  read(statement: Statement, waiting: Waiting): Promise<readonly ResultRow[]>
  introspect(): Promise<DatabaseSchema>
  /** Whether an error of `read` says that a table or column is not as it was introspected. */
  isSchemaChange(error: unknown): boolean
  /** Calls back for each `NOTIFY colonnade, 'payload'`, also after a reconnection (then with `reload`). */
  listen(onMessage: (payload: string) => void): Promise<() => Promise<void>>
  /** A secret of 32 random bytes, made once and kept in the schema `colonnade`. */
  secret(): Promise<string>
  /** Warnings about the login and the schema: row security bypassed, views that run as their owner. */
  warnings(): Promise<readonly string[]>
  close(): Promise<void>
}
