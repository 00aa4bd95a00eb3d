// Request resources: a table whose rows are commands, and what is done for each of them.
import type { Kysely } from 'kysely'
import type { AnyComputed } from './compute.ts'
import type { Declared, Scope } from './declared.ts'
import type { RequestState } from './request-columns.ts'
import type { FieldName, Resource, ResourceOptions } from './resource.ts'
import type {
  Backoff,
  ResourceOptions as PlainOptions,
  RequestDefinition,
  ResourceDefinition,
} from './resource-definition.ts'
import type { Roles } from './roles.ts'
import type { SchemaDefinition } from './schema-definition.ts'
import type { ColumnNames, Database, JsonRowOf, RelationshipsBy, Table } from './table.ts'

export interface PerformContext<S, T extends keyof S> {
  /** Columns as answers show them. */
  readonly row: Readonly<JsonRowOf<S, T>>
  /**
   * Speaks in the transaction in which the outcome is written, as the database's own login: what it does is committed if and only if the request
   * succeeds. The transaction begins with its first statement, so what is slow and no database comes before.
   */
  readonly db: Kysely<Database<S>>
  /** Aborted when time is over, the request is cancelled, the lease is lost or the worker stops; its `reason` says which. */
  readonly signal: AbortSignal
  /** Shown in the column `progress`; the last of several in quick succession counts. */
  readonly progress: (done: number, total?: number, note?: string) => void
  /** From 1 on. */
  readonly attempt: number
  /** Reads records as who gave the command may see them now: `query('videos', { filter: { draft: true } })`. */
  readonly query: (resource: string, query?: Readonly<Record<string, unknown>>) => Promise<readonly QueryRecord[]>
  /**
   * All records that a query means, one after another, however many there are: from one cursor, outside of the transaction of `db`, with the rights
   * that `query` has. It takes a connection until it is read to its end or left.
   */
  readonly stream: (resource: string, query?: Readonly<Record<string, unknown>>) => AsyncIterable<QueryRecord>
  /** Who gave the command, as he was then. */
  readonly principal: { readonly id: string | null; readonly claims: Readonly<Record<string, unknown>> }
}
// biome-ignore lint/suspicious/noExplicitAny: as many shapes as there are resources and fields
export type QueryRecord = Readonly<Record<string, any>>

/** A command that comes by the clock. */
export interface Schedule<S, T extends keyof S> {
  /** `0 3 * * *`, with seconds before where they are given; in UTC unless `timezone` says otherwise. */
  readonly cron: string
  readonly timezone?: string
  /** The columns of the command. */
  readonly row?: Partial<JsonRowOf<S, T>> | ((at: Date) => Partial<JsonRowOf<S, T>>)
}

export type RequestKey<S, T extends keyof S> =
  | readonly (ColumnNames<S, T> | RelationshipsBy<S, T, 'belongsTo'>)[]
  | ((row: Readonly<JsonRowOf<S, T>>) => string)

/** What `requests()` says beyond `resource()`. */
export interface RequestWords<S, T extends keyof S> {
  /** How often it is tried before it has failed: 5 when left out. */
  readonly attempts?: number
  readonly backoff?: 'exponential' | Backoff
  /** Of one attempt, `'30s'` or `'5m'`: 30 seconds when left out. */
  readonly timeout?: `${number}${'ms' | 's' | 'm' | 'h'}`
  /** The same in milliseconds. */
  readonly timeoutMs?: number
  /** How many one worker performs at a time: 10 when left out. */
  readonly concurrency?: number
  /** How long `Prefer: wait=N` may hold an answer: 60 seconds when left out. */
  readonly wait?: { readonly maxSeconds?: number }
  /** `status` is a number: `{ pending: 1, failed: 3 }`. States that are not named get the least numbers that are free, from 1 on. */
  readonly statusCodes?: { readonly [State in RequestState]?: number }
  readonly schedule?: { readonly [name: string]: Schedule<S, T> }
  /** Does what the command says. What it throws is tried again, unless it is a `RequestFailure` with `final`. */
  readonly perform: (context: PerformContext<S, T>) => unknown
}

/** What every request resource has beside its columns: the word for people. */
export interface RequestFields {
  readonly status_description: { readonly type: 'text' }
}

/** Columns that the worker alone writes. */
export type WorkerColumn =
  | 'status'
  | 'attempts'
  | 'last_error'
  | 'error'
  | 'progress'
  | 'created_at'
  | 'updated_at'
  | 'started_at'
  | 'finished_at'

const words = [
  ...[
    'attempts',
    'backoff',
    'timeout',
    'timeoutMs',
    'concurrency',
    'key',
    'wait',
    'statusCodes',
    'schedule',
    'perform',
  ],
] as const

/**
 * A table whose rows are commands. The table has the columns that `colonnade migrate` adds (docs/requests.md).
 *
 * @example
 * const opens = requests(db.switch_port_open_requests, {
 *   roles: { client: { read: 'all', write: { create: { only: ['switch_port'] } }, delete: true } },
 *   key: ['switch_port'], timeout: '30s',
 *   async perform({ row, db, signal }) {
 *     await openPort(row.switch_port_id, signal)
 *     await db.updateTable('switch_ports').set({ status: 'opened' }).where('id', '=', row.switch_port_id).execute()
 *   },
 * })
 */
export function requests<
  S,
  T extends keyof S & string,
  const R extends Roles<R, FieldName<S, T, C & RequestFields>, Exclude<FieldName<S, T, object>, WorkerColumn>> = object,
  const C extends { readonly [N in keyof C]: AnyComputed } = object,
  const F extends Declared<FieldName<S, T, C & RequestFields>> = readonly FieldName<S, T, C & RequestFields>[],
  const So extends Declared<FieldName<S, T, C & RequestFields>> = readonly FieldName<S, T, C & RequestFields>[],
  const Sc extends { readonly [N in keyof Sc]: Scope } = object,
  const Rn extends { readonly [N in keyof Rn]: string } = object,
  const Re extends { readonly [N in keyof Re]: object } = object,
>(
  table: Table<S, T>,
  /** `key`: of requests with the same key, one is performed at a time, however many workers there are. */
  options: ResourceOptions<S, T, R, C, F, So, Sc, Rn, RequestKey<S, T>, Re, RequestFields> & RequestWords<S, T>,
): Resource<
  S,
  T,
  { roles: R; computed: C; filters: F; sorts: So; scopes: Sc; rename: Rn; key: never; relationships: Re }
>
export function requests(
  table: { readonly name: string; readonly schema: unknown },
  given: unknown,
): ResourceDefinition {
  const entries = Object.entries(given as object)
  const isWord = ([name]: readonly [string, unknown]) => (words as readonly string[]).includes(name)
  return {
    kind: 'resource',
    table: table.name,
    schema: table.schema as SchemaDefinition,
    options: Object.fromEntries(entries.filter(one => !isWord(one))) as PlainOptions,
    request: Object.fromEntries(entries.filter(isWord)) as unknown as RequestDefinition,
  }
}
