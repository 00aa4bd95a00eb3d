// What the street needs of a database; each kind is a folder beside this file.
import type { Rows } from '../formats/rows.ts'
import type { Dialect } from '../plan/dialect.ts'
import type { SqlTypeOf } from '../schema/bind-table.ts'
import type { DatabaseSchema } from '../schema/database-schema.ts'

export interface Statement {
  /** Prepared under this name once a connection; without one it is parsed every time. */
  readonly name: string
  readonly text: string
  readonly values: readonly (string | readonly string[] | null)[]
}

/** Lets a statement be cancelled that nobody waits for. */
export interface Waiting {
  /** Whether the caller has hung up. */
  isGone(): boolean
}

export interface WriteOptions {
  /** May share its commit with others of its kind: where one fails, all are undone and done again one by one. Not for what fires triggers or changes rows that are there; where one waits for a row that it only reads `for share` or points to, its group waits with it. */
  readonly grouped?: boolean
}

export interface StreamOptions {
  /** It takes no place of those that clients read, waits for none of them, and may rest between two batches for as long as it likes. */
  readonly isOfWorker?: boolean
}

export interface Transaction {
  /** @throws as `write`; nothing can follow it then */
  run<T>(statement: Statement, take: (rows: Rows) => T): Promise<T>
  /**
   * Runs SQL of the user's own code, which gets values of JavaScript.
   * @throws as `run`; Error once the transaction is over
   */
  query(text: string, values: readonly unknown[]): Promise<QueryAnswer>
  /** Called once all is committed, and never where it is undone. It must not throw. */
  onCommit(call: () => void): void
}

export interface QueryAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Null where the statement counts none. */
  readonly count: number | null
}

export interface Listener {
  /** Also after a reconnection, then with `reload`. */
  onMessage(payload: string): void
  /** The connection was lost: what is sent now is not heard. */
  onLost(): void
}

/** How busy the connections are. */
export interface DatabaseFigures {
  readonly connections: number
  /** Of the connections: those that have something to do. */
  readonly busy: number
  /** Statements that wait for a connection now. */
  readonly queued: number
  /** Statements that had to wait since the beginning, and how long in all. */
  readonly waits: number
  readonly waitedMs: number
}

export interface Database {
  readonly dialect: Dialect
  readonly sqlTypeOf: SqlTypeOf
  /**
   * Runs one statement outside a transaction.
   * @param take is called with the rows, which are there only until it returns; what it returns is the result, what it throws fails the read
   * @throws ApiError `unavailable` while the database is away or too many wait, `timeout` past the time limit, `aggregate_out_of_range`;
   *   any other error is our own
   */
  read<T>(statement: Statement, waiting: Waiting, take: (rows: Rows) => T): Promise<T>
  /**
   * Runs one statement and gives its rows batch by batch, each there until the next is asked for, which is not fetched before. The first one comes
   * even without rows. A stream that was begun has to be read to its end or be returned from.
   * @throws ApiError as `read`, also midway
   */
  stream(statement: Statement, waiting: Waiting, options?: StreamOptions): AsyncIterable<Rows>
  /**
   * Runs one statement that changes something, committed when this resolves.
   * @throws WriteRefused where a constraint or the statement itself refuses it; ApiError `unavailable` also where nobody can tell whether it was done
   */
  write<T>(statement: Statement, take: (rows: Rows) => T, options?: WriteOptions): Promise<T>
  /** Runs statements in one transaction: committed when this resolves, undone when the work throws. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  introspect(): Promise<DatabaseSchema>
  /** Whether an error of `read` says that a table or column is not as it was introspected. */
  isSchemaChange(error: unknown): boolean
  /** Calls back for each `NOTIFY colonnade, 'payload'`, or of another channel. */
  listen(
    listener: Listener,
    channel?: 'colonnade' | 'colonnade_requests' | 'colonnade_work',
  ): Promise<() => Promise<void>>
  /** A secret of 32 random bytes, made once and kept in the schema `colonnade`. */
  secret(): Promise<string>
  /** Warnings about the login and the schema: row security bypassed, views that run as their owner. */
  warnings(): Promise<readonly string[]>
  /** By the name of each pool. */
  figures(): Readonly<Record<string, DatabaseFigures>>
  close(): Promise<void>
}
