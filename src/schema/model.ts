// The compiled API: resources with their fields, roles and limits, every name resolved.
import type { Condition } from '../expressions/condition.ts'
import type { Tree } from '../expressions/tree.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { TableInfo } from './database-schema.ts'
import type { Column, ColumnField, Field } from './field.ts'
import type { HooksDefinition } from './hook-definition.ts'
import type { Limits } from './limits.ts'
import type { ActionFunction, ReportDefinition, ReportFormat, RoleHolder } from './resource-definition.ts'

export interface Role {
  readonly name: string
  /** Fields that the role reads, `extends` applied. */
  readonly reads: ReadonlySet<string>
  /** Fields named by an `only` of this role or one that it extends: an expression among them is published. */
  readonly named: ReadonlySet<string>
  readonly defaults: { readonly list: ReadonlySet<string>; readonly item: ReadonlySet<string> }
  readonly condition: Condition
  /** Has a `when` of its own. */
  readonly dependsOnRecord: boolean
  /** Depends on the record and does not say `anonymous: true`. */
  readonly needsAuthentication: boolean
  /** Reads the content of reports that others have asked for. */
  readonly content: boolean
  readonly writes: RoleWrites
}

/** What a role may write: only what it names itself. */
export interface RoleWrites {
  /** Fields that it may give to a new record; null where it creates none. */
  readonly create: ReadonlySet<string> | null
  readonly update: ReadonlySet<string>
  readonly delete: boolean
  /** What the server fills in when the role creates, by field. */
  readonly set: ReadonlyMap<string, SetValue>
}

export type SetValue =
  | { readonly kind: 'claim'; readonly claim: string }
  | { readonly kind: 'now' }
  /** As PostgreSQL reads it; null is null. */
  | { readonly kind: 'constant'; readonly text: string | null }

/** What is done for each row of a request resource. Times in milliseconds. */
export interface RequestOptions {
  readonly attempts: number
  readonly backoff: { readonly firstMs: number; readonly maxMs: number; readonly jitter: boolean }
  readonly timeoutMs: number
  /** In one worker. */
  readonly concurrency: number
  /** By what no two are performed at the same time: columns, or a function of the row as answers show it. */
  readonly key: readonly Column[] | ((row: unknown) => string) | null
  readonly wait: { readonly maxSeconds: number }
  readonly schedules: readonly RequestSchedule[]
  readonly perform: (context: never) => unknown
  /** By which fields a caller learns whether it is over, and when it is tried again; the column has the state itself. */
  readonly state: { readonly status: Field; readonly column: Column; readonly runAt: ColumnField | null }
  /** Columns of no resource, which the server fills in. */
  readonly runAs: Column
  readonly requestKey: Column
  /** Null where no file is written. */
  readonly report: ReportOptions | null
}

/** A request that is performed by writing a file. */
export interface ReportOptions {
  /** One for all, or the column that says it. */
  readonly format: ReportFormat | Column
  /** The columns that say which report it is. */
  readonly params: readonly Column[]
  readonly expiresMs: number
  /** How long the list has it; null for as long as its content is there. */
  readonly listedMs: number | null
  readonly reuse: boolean
  readonly generate: ReportDefinition['generate']
}

export interface RequestSchedule {
  readonly name: string
  readonly row: Readonly<Record<string, unknown>> | ((at: Date) => Readonly<Record<string, unknown>>)
  /** Null where there is none any more. */
  readonly next: (after: Date) => Date | null
}

/** Something that is done to records by name, one or many: it sets fields, or calls a function. */
export interface Action {
  readonly name: string
  /** By field. */
  readonly set: ReadonlyMap<string, SetValue>
  /** Null where it sets fields. */
  readonly run: ActionFunction | null
  /** On which records it can be done. */
  readonly condition: Condition
  /** Any of them will do, where it grants the record. */
  readonly roles: readonly string[]
}

/** The one record under another that is the caller's: `/videos/1/like`. */
export interface Singular {
  readonly name: string
  /** The relationship whose records it is one of. */
  readonly of: string
  /** The resource of that record. */
  readonly target: string
  /** The field of it that holds the foreign key. */
  readonly holder: string
  /** Whose it is: how it is found, and what a new one is given. */
  readonly condition: Condition
  readonly by: ReadonlyMap<string, SetValue>
}

export interface DeclaredFilter {
  readonly name: string
  readonly tree: Tree
}
/** A parameter of a scope, which calls it as the definition does. */
export interface ScopeParam {
  readonly definedAs: string
  readonly type: ColumnType
}
export interface Scope {
  readonly name: string
  readonly params: ReadonlyMap<string, ScopeParam>
  readonly tree: Tree
  readonly publishes: boolean
}
export interface SortTerm {
  readonly path: readonly string[]
  readonly descending: boolean
}

/** How much of answers is kept, and whose. */
export interface ResponseCacheLimits {
  readonly maxBytes: number
  readonly maxAgeMs: number
  /** Also answers to callers who are somebody, each for himself alone. */
  readonly private: boolean
}

export interface Resource {
  readonly name: string
  /** As definitions call it: another name where the version has a `naming`. */
  readonly definedAs: string
  /** The dashed path: `music-tracks`. */
  readonly path: string
  readonly table: Pick<TableInfo, 'schema' | 'name' | 'kind' | 'moreOn' | 'primaryKey' | 'uniques'>
  readonly columns: ReadonlyMap<string, Column>
  /** Empty for a table or view without one: then only pages by offset. */
  readonly key: readonly Column[]
  readonly fields: ReadonlyMap<string, Field>
  /** Other spellings of a field: the foreign key column of a relationship (`user_id`), an alias. */
  readonly aliases: ReadonlyMap<string, string>
  /** The names of fields by what a definition calls them: by name, by column. */
  readonly defined: ReadonlyMap<string, string>
  /** How each column is called here, by its name in the database; also those that no field serves. */
  readonly columnNames: ReadonlyMap<string, string>
  readonly roles: ReadonlyMap<string, Role>
  readonly naturalKey: ColumnField | null
  /** Set by DELETE, in place of removing the row. */
  readonly softDelete: ColumnField | null
  /** Null: every readable field. */
  readonly filterable: ReadonlySet<string> | null
  readonly declaredFilters: ReadonlyMap<string, DeclaredFilter>
  readonly sortable: ReadonlySet<string> | null
  readonly declaredSorts: ReadonlyMap<string, readonly string[]>
  readonly defaultSort: readonly SortTerm[]
  readonly scopes: ReadonlyMap<string, Scope>
  readonly actions: ReadonlyMap<string, Action>
  readonly singulars: ReadonlyMap<string, Singular>
  readonly page: { readonly size: number; readonly maxSize: number }
  readonly hooks: HooksDefinition | null
  /** Null where its rows are no commands. */
  readonly request: RequestOptions | null
  /** Null where nothing of it may be cached. */
  readonly caching: ResourceCaching | null
}

/** By what its answers are told apart, and how those that are the same for everybody may be kept. */
export interface ResourceCaching {
  readonly lastModified: ColumnField | null
  readonly list: ColumnField | null
  /** `public, max-age=60` */
  readonly shared: string
}

/** What every validator carries. */
export interface CacheVersion {
  /** Of entity tags. */
  readonly suffix: string
  /** The earliest that Last-Modified may say, in milliseconds; null where there is none at all. */
  readonly since: number | null
}

/** Which versions there are, and how they are asked for. */
export interface Versions {
  /** `acme` in `application/vnd.acme.v1+json`; null where the path alone says which. */
  readonly name: string | null
  /** What is served where none is asked for. */
  readonly current: string
  readonly required: boolean
  readonly known: ReadonlySet<string>
}

/** How a version ends; times in milliseconds since 1970. */
export interface Retirement {
  readonly deprecatedAt: number | null
  readonly sunsetAt: number | null
  readonly link: string | null
  readonly goneAfterSunset: boolean
}

export interface Api {
  /** `/api`; '' where the API is at the root of its host. */
  readonly basePath: string
  readonly resources: ReadonlyMap<string, Resource>
  /** Every accepted first segment of a path. */
  readonly paths: ReadonlyMap<string, Resource>
  readonly holders: ReadonlyMap<string, RoleHolder>
  /** The version that this is: each is compiled by itself. */
  readonly version: string
  readonly versions: Versions
  readonly retirement: Retirement | null
  readonly limits: Limits
  readonly statementTimeoutMs: number
  readonly secret: string | null
  /** Roles that may ask how long each room took. */
  readonly timingRoles: readonly string[]
  /** What depends on the rows of a table alone, and is no view: `public.videos`. Only of these can a change be told. */
  readonly tables: ReadonlySet<string>
  /** Those of them whose rows can be read `for share`. */
  readonly lockable: ReadonlySet<string>
  /** Null where no answer is kept. */
  readonly responseCache: ResponseCacheLimits | null
  readonly cacheVersion: CacheVersion
  /** How long the answer to a request with an Idempotency-Key is kept. */
  readonly idempotency: { readonly maxAgeMs: number }
}
