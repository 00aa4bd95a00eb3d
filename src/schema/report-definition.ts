// Reports: requests that are performed by writing a file, which is there for some time.

import type { AnyComputed } from './compute.ts'
import type { Declared, Scope } from './declared.ts'
import { now } from './filter-words.ts'
import {
  type PerformContext,
  type RequestFields,
  type RequestKey,
  type RequestWords,
  requests,
  type WorkerColumn,
} from './request-definition.ts'
import type { FieldName, Resource, ResourceOptions } from './resource.ts'
import type { ReportDefinition, ReportFormat, ReportQuery, ResourceDefinition } from './resource-definition.ts'
import type { Roles } from './roles.ts'
import type { ColumnNames, Table } from './table.ts'

/** What `report()` says beyond `requests()`. */
export interface ReportWords<S, T extends keyof S> extends Omit<RequestWords<S, T>, 'perform'> {
  /** Of all, or the column in which each says it. */
  readonly format: ReportFormat | { readonly column: ColumnNames<S, T> }
  /** The columns that say which report it is. */
  readonly params?: readonly ColumnNames<S, T>[]
  /** How long its content is there: '24h' when left out. */
  readonly expiresAfter?: `${number}${'s' | 'm' | 'h' | 'd'}`
  /** How long it is `available`, and so in the list of those: as long as its content when left out, and never longer. */
  readonly listedFor?: `${number}${'s' | 'm' | 'h' | 'd'}`
  /** Who asks again with the same parameters and the same rights gets the report that is still there; else a new one. */
  readonly reuse?: boolean
  /** Gives the rows, one after another; or says which records they are, as the giver of the report may read them. */
  readonly generate:
    | ReportQuery
    | ((
        context: PerformContext<S, T>,
      ) => AsyncIterable<Readonly<Record<string, unknown>>> | ReportQuery | Promise<ReportQuery>)
}

/** What every report has beside its columns. */
export interface ReportFields extends RequestFields {
  readonly available: { readonly where: unknown }
}

type ReportColumn = 'content_type' | 'content_size' | 'content_sha256' | 'expires_at' | 'listed_until'

const words = ['format', 'params', 'expiresAfter', 'listedFor', 'reuse', 'generate'] as const

/** A report may take longer than another request. */
const defaultTimeout = '1h'

/**
 * A table whose rows are reports. The table has the columns that `colonnade migrate` adds (docs/reports.md).
 *
 * @example
 * const traffic_reports = report(db.traffic_reports, {
 *   roles: { client: { read: 'all', write: { create: { only: ['month'] } } } },
 *   format: 'csv', params: ['month'],
 *   async *generate({ row, query }) {
 *     for (const server of await query('servers')) yield { server: server.id, month: row.month, bytes: await bytesOf(server) }
 *   },
 * })
 */
export function report<
  S,
  T extends keyof S & string,
  const R extends Roles<
    R,
    FieldName<S, T, C & ReportFields>,
    Exclude<FieldName<S, T, object>, WorkerColumn | ReportColumn>
  > = object,
  const C extends { readonly [N in keyof C]: AnyComputed } = object,
  const F extends Declared<FieldName<S, T, C & ReportFields>> = readonly FieldName<S, T, C & ReportFields>[],
  const So extends Declared<FieldName<S, T, C & ReportFields>> = readonly FieldName<S, T, C & ReportFields>[],
  const Sc extends { readonly [N in keyof Sc]: Scope } = object,
  const Rn extends { readonly [N in keyof Rn]: string } = object,
  const Re extends { readonly [N in keyof Re]: object } = object,
>(
  table: Table<S, T>,
  options: ResourceOptions<S, T, R, C, F, So, Sc, Rn, RequestKey<S, T>, Re, ReportFields> & ReportWords<S, T>,
): Resource<
  S,
  T,
  { roles: R; computed: C; filters: F; sorts: So; scopes: Sc; rename: Rn; key: never; relationships: Re }
>
export function report(table: { readonly name: string; readonly schema: unknown }, given: unknown): ResourceDefinition {
  const entries = Object.entries(given as object)
  const isWord = ([name]: readonly [string, unknown]) => (words as readonly string[]).includes(name)
  const own = Object.fromEntries(entries.filter(isWord)) as unknown as ReportDefinition
  const rest = Object.fromEntries(entries.filter(one => !isWord(one)))
  const isTimed = 'timeout' in rest || 'timeoutMs' in rest
  const definition = requests(
    table as never,
    {
      ...rest,
      ...(!isTimed && { timeout: defaultTimeout }),
      computed: { ...(rest.computed ?? {}), available: { where: whenAvailable(own) } },
      ...chosen(own.format, rest.schema),
      perform: () => Promise.reject(new Error('A report is generated.')),
    } as never,
  ) as unknown as ResourceDefinition
  return { ...definition, request: { ...(definition.request as NonNullable<typeof definition.request>), report: own } }
}

/** Both are set once it is finished, and only where it has succeeded. */
function whenAvailable({ listedFor }: ReportDefinition): object {
  const isThere = { expires_at: { gt: now } }
  return listedFor === undefined ? isThere : { ...isThere, listed_until: { gt: now } }
}

/** A format that there is not is refused with the request that asks for it. */
function chosen(format: ReportDefinition['format'], schema: unknown): object {
  if (typeof format !== 'object') return {}
  return { schema: { [format.column]: { enum: ['json', 'ndjson', 'csv'] }, ...(schema as object | undefined) } }
}
