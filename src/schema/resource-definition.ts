// What a user's `resource(…)` and `defineApi(…)` come to at run time: plain data, names not yet looked up.
import type { HooksDefinition } from './hook-definition.ts'
import type { Naming } from './naming.ts'
import type { SchemaDefinition } from './schema-definition.ts'

/** A filter as a user writes it: `{ private: false }`, `{ or: [{ state: 'draft' }, { views_count: { gte: 1000 } }] }`, `{ followers: { some: { follower: principal('id') } } }`. */
export type FilterDefinition = Readonly<Record<string, unknown>>

/** Stand-ins for values that are known later. A definition never holds a function where one of these serves. */
export interface PrincipalValue {
  readonly principal: string
}
export interface FieldValue<Name extends string = string> {
  readonly field: Name
}
export interface ParamValue<Name extends string = string> {
  readonly param: Name
}
export interface NowValue {
  readonly now: true
}
/** In a declared filter: the value that the caller gives. */
export interface GivenValue {
  readonly given: true
}

export type SetDefinition =
  | 'all'
  | 'none'
  | { readonly only: readonly string[] }
  | { readonly without: readonly string[] }

export interface RoleDefinition {
  readonly extends?: string
  /** The role holds only for records where this is true. Not inherited. */
  readonly when?: FilterDefinition
  /** The rows that the role sees at all. Inherited, and ANDed. */
  readonly where?: FilterDefinition
  /** Lets a role with `when` be held by callers who have not signed in. */
  readonly anonymous?: boolean
  readonly read?: SetDefinition
  readonly defaults?: SetDefinition | { readonly list?: SetDefinition; readonly item?: SetDefinition }
  readonly write?: SetDefinition | { readonly create?: SetDefinition; readonly update?: SetDefinition }
  readonly set?: Readonly<Record<string, unknown>>
  readonly delete?: boolean
  /** Reads the content of reports that others have asked for. Not inherited. */
  readonly content?: boolean
  /** Sees records that `softDelete` marks as deleted too. Not inherited. */
  readonly seesDeleted?: boolean
}

export type ComputedDefinition =
  /** True where some visible related record matches: `{ exists: { followers: { follower: principal('id') } } }`. `sees: 'all'` publishes it beyond what the caller may see. */
  | { readonly exists: Readonly<Record<string, true | FilterDefinition>>; readonly sees?: 'all' }
  | { readonly count: Readonly<Record<string, true | FilterDefinition>>; readonly sees?: 'all' }
  /** Another name for a field: `{ field: 'views_count' }`. */
  | { readonly field: string }
  /** True where the record matches: `{ where: { state: 'draft' } }`. */
  | { readonly where: FilterDefinition }
  /** An expression over columns in braces: `{ type: 'text', sql: "{first_name} || ' ' || {last_name}" }`. */
  | { readonly type: string; readonly sql: string }
  /** Made in TypeScript, once for all rows of a page; `from` names the columns, `claims` what it may know of the caller. */
  | {
      readonly type: string
      readonly from: readonly string[]
      readonly claims?: readonly string[]
      readonly values: (
        rows: readonly never[],
        context: { readonly claims: Readonly<Record<string, unknown>> },
      ) => readonly unknown[] | Promise<readonly unknown[]>
    }

export interface ScopeDefinition {
  /** Parameter names and column types, in the order of positional arguments. */
  readonly params?: Readonly<Record<string, string>>
  readonly where: FilterDefinition
  /** Usable also by callers who may not read the fields it looks at. */
  readonly publishes?: boolean
}

export type FiltersDefinition =
  /** All that may be filtered by: names, and objects of declared filters. */
  | readonly (string | Readonly<Record<string, FilterDefinition>>)[]
  /** Declared filters, in addition to every readable field. */
  | Readonly<Record<string, FilterDefinition>>
/** Likewise; a declared sort is a path: `{ username: 'user.username' }`. */
export type SortsDefinition = readonly (string | Readonly<Record<string, string>>)[] | Readonly<Record<string, string>>

/** As it is called: the tables of a definition are not known here. */
export type ActionFunction = (context: never) => unknown

/** Something that is done to records by name: `POST /api/actions/activate/accounts` with ids, or `POST /api/accounts/1/actions/activate`. */
export interface ActionDefinition {
  /** Values, `principal('claim')` or `now`, by field. */
  readonly set?: Readonly<Record<string, unknown>>
  /** In place of values: a function, in the transaction of the action. */
  readonly run?: ActionFunction
  /** The records that it can be done to. */
  readonly where?: FilterDefinition
  /** Who may: any of these roles, on the records that it grants. */
  readonly roles: readonly string[]
}

/** The one record under another that is the caller's: `PUT /api/videos/1/like`. */
export interface SingularDefinition {
  /** The to-many relationship whose records it is one of. */
  readonly of: string
  /** What makes it the caller's, by field of that record: `principal('claim')`, or a value. */
  readonly by: Readonly<Record<string, unknown>>
}

/** A rule over several columns of a record, in TypeScript. */
export interface RuleDefinition {
  /** All the columns that `check` reads; it is given no others. */
  readonly fields: readonly string[]
  /** Null where the record is good; else what is wrong with it, in words for the caller. Columns are as answers show them, and null where they are. */
  readonly check: (record: never) => string | null
}

export interface ResourceOptions {
  readonly roles?: Readonly<Record<string, RoleDefinition>>
  readonly computed?: Readonly<Record<string, ComputedDefinition>>
  readonly filters?: FiltersDefinition
  readonly sorts?: SortsDefinition
  /** `'-published_at'`, or a list; the key when left out. */
  readonly defaultSort?: string | readonly string[]
  readonly scopes?: Readonly<Record<string, ScopeDefinition>>
  /** A unique column by which items can be looked up too: `/api/tags/tennis`. */
  readonly naturalKey?: string
  /** Another unique column (or columns) as the key, where the primary key is private. */
  readonly key?: string | readonly string[]
  /** Names in the API for columns: `{ type: 'kind' }`. */
  readonly rename?: Readonly<Record<string, string>>
  /** `key: 'shown'` publishes the foreign key to a record that the caller may not see; `access: 'ends'` lets a many-to-many pass a join table without roles. */
  readonly relationships?: Readonly<Record<string, { readonly key?: 'shown'; readonly access?: 'ends' }>>
  readonly page?: { readonly size?: number; readonly maxSize?: number }
  /**
   * By which column answers are told from older ones, and for how many seconds those that are the same for everybody may be shared; false: nothing of
   * it is cached (docs/caching.md).
   */
  readonly caching?:
    | false
    | {
        /** The time of a record's last change: `Last-Modified` of an item. */
        readonly lastModified?: string
        /** Likewise, never null: its maximum and the count stand for a list in place of a hash of it. */
        readonly list?: string
        readonly maxAge?: number
        readonly sMaxAge?: number
      }
  /** Keywords of JSON Schema (2020-12) that values must keep to beyond what the database says, by column: `{ title: { minLength: 1 } }`. */
  readonly schema?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** A column of a time: DELETE sets it, and where it is set the record is there only for roles with `seesDeleted`. */
  readonly softDelete?: string
  /** Rules over several columns. */
  readonly rules?: Readonly<Record<string, RuleDefinition>>
  /** Code around writes, in their transaction (docs/writing.md). */
  readonly hooks?: HooksDefinition
  readonly actions?: Readonly<Record<string, ActionDefinition>>
  readonly singulars?: Readonly<Record<string, SingularDefinition>>
}

/** How long a retry waits: `firstMs` at first, twice as long each time, up to `maxMs`; with `jitter` a random part of that. */
export interface Backoff {
  /** 1,000 when left out. */
  readonly firstMs?: number
  /** 60,000 when left out. */
  readonly maxMs?: number
  /** True when left out: requests that failed together are not tried again together. */
  readonly jitter?: boolean
}

/** As the compiler reads it: the tables of a definition are not known here. */
export interface RequestDefinition {
  readonly attempts?: number
  readonly backoff?: 'exponential' | Backoff
  readonly timeout?: string
  readonly timeoutMs?: number
  readonly concurrency?: number
  readonly key?: readonly string[] | ((row: never) => string)
  readonly wait?: { readonly maxSeconds?: number }
  readonly statusCodes?: Readonly<Record<string, number>>
  readonly schedule?: Readonly<
    Record<
      string,
      {
        readonly cron: string
        readonly timezone?: string
        readonly row?: Readonly<Record<string, unknown>> | ((at: Date) => Readonly<Record<string, unknown>>)
      }
    >
  >
  readonly perform: (context: never) => unknown
  /** It is performed by writing a file. */
  readonly report?: ReportDefinition
}

/** Records that a report is made of, as its giver may read them. */
export interface ReportQuery {
  readonly resource: string
  /** As the body of `POST …/query`. */
  readonly query?: Readonly<Record<string, unknown>>
}

export type ReportFormat = 'json' | 'ndjson' | 'csv'

/** As the compiler reads it. */
export interface ReportDefinition {
  readonly format: ReportFormat | { readonly column: string }
  readonly params?: readonly string[]
  readonly expiresAfter?: string
  readonly listedFor?: string
  readonly reuse?: boolean
  readonly generate: ReportQuery | ((context: never) => AsyncIterable<unknown> | ReportQuery | Promise<ReportQuery>)
}

export interface ResourceDefinition {
  readonly kind: 'resource'
  /** The entry of the schema definition that it serves. */
  readonly table: string
  readonly schema: SchemaDefinition
  readonly options: ResourceOptions
  /** Its rows are commands. */
  readonly request?: RequestDefinition
}

/** How a principal comes to a role: a claim with one of these values, being signed in, or anybody. */
export type RoleHolder =
  | 'anyone'
  | 'authenticated'
  | Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>

/** An older set of resources over the same tables. What it does not say is as in the API. */
export interface VersionDefinition {
  readonly kind: 'version'
  readonly resources: Readonly<Record<string, ResourceDefinition>>
  readonly roles?: Readonly<Record<string, RoleHolder>>
  readonly page?: ApiOptions['page']
  /** As that of `defineApi`; it is not taken over from there. */
  readonly naming?: Naming
  readonly limits?: ApiOptions['limits']
  /** Since when it should not be used any more, or from when on: a date, or a time with its zone. Header `Deprecation` (RFC 9745). */
  readonly deprecated?: string | Date
  /** When it ends. Header `Sunset` (RFC 8594). */
  readonly sunset?: string | Date
  /** Where people read about its end: `Link` with `rel="deprecation"` and `rel="sunset"`. */
  readonly link?: string
  /** After `sunset` it is answered with 410. */
  readonly goneAfterSunset?: boolean
}

export interface ApiOptions {
  /** Below which path it is served: `/api` when left out, `/` for the root of its host. */
  readonly basePath?: `/${string}`
  /** As it stands in media types: with `acme` a version is asked for by `Accept: application/vnd.acme.v1+json`. When left out, by the path alone. */
  readonly name?: string
  /** The version of these resources, digits only: `1` when left out. */
  readonly version?: string
  /** Older versions that are served beside it, by their number. */
  readonly versions?: Readonly<Record<string, VersionDefinition>>
  /**
   * `camel` serves every name in camelCase, and takes it so: fields, relationships, resources, declared filters, sorts and scopes. Definitions go on
   * to speak as they do. Of this version alone: each older one says its own.
   */
  readonly naming?: Naming
  /** A request that names no version is refused. When left out, it is for the current one. */
  readonly requireVersion?: boolean
  readonly roles?: Readonly<Record<string, RoleHolder>>
  readonly page?: { readonly size?: number; readonly maxSize?: number }
  readonly limits?: Readonly<
    Partial<
      Record<
        | 'keyDepth'
        | 'filterNodes'
        | 'listItems'
        | 'includeDepth'
        | 'sortKeys'
        | 'offset'
        | 'urlBytes'
        | 'headerBytes'
        | 'bodyBytes'
        | 'includedRows'
        | 'groups'
        | 'searchBytes'
        | 'maxExportRows',
        number
      >
    >
  >
  readonly statementTimeoutMs?: number
  /** Signs cursors; made once and kept in the database when left out. */
  readonly secret?: string
  /** Roles that may ask, with `Prefer: timing`, for the header Server-Timing. */
  readonly timingRoles?: readonly string[]
  /**
   * Keeps answers in memory for those who ask the very same thing with the same rights. For tables that everybody writes through this API, or that
   * tell of their changes by NOTIFY (docs/caching.md). Off when left out.
   */
  readonly responseCache?: {
    /** Of all answers together: 64 MB when left out. */
    readonly maxBytes?: number
    /** An answer is asked for anew after this: 60,000 when left out. */
    readonly maxAgeMs?: number
    /** Also answers to callers who have signed in, each for himself alone; when left out, only those to the anonymous. */
    readonly private?: boolean
  }
  /** False: no answer is cached by anybody. */
  readonly caching?: false
  /** A new one invalidates every validator that was given out; a time also stands in Last-Modified, any other leaves that out. */
  readonly cacheVersion?: string | number
  /** How long a request with an Idempotency-Key is answered as it was the first time: 24 hours when left out. */
  readonly idempotency?: { readonly maxAgeMs?: number }
}

export interface ApiDefinition {
  readonly kind: 'api'
  /** By the name in URLs. */
  readonly resources: Readonly<Record<string, ResourceDefinition>>
  readonly options: ApiOptions
}
