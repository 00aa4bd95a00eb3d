// What introspection found in a database: facts only, no opinion.

export interface DatabaseSchema {
  /** `server_version_num`, such as 150020. */
  readonly version: number
  /** Sorted by schema, then name. */
  readonly tables: readonly TableInfo[]
}

export interface TableName {
  readonly schema: string
  readonly name: string
}

export interface TableInfo extends TableName {
  readonly kind: 'table' | 'view' | 'materializedView'
  readonly comment: string | null
  /** In the table's order. */
  readonly columns: readonly ColumnInfo[]
  /** Column names in key order; null where there is no primary key. */
  readonly primaryKey: readonly string[] | null
  /** Unique constraints and full (not partial, no expression) unique indexes, the primary key left out. */
  readonly uniques: readonly UniqueInfo[]
  readonly foreignKeys: readonly ForeignKeyInfo[]
  /** Check constraints that bind what is written: the table's own, then those of the domains that its columns have. */
  readonly checks: readonly CheckInfo[]
  /** Views only: whether it runs with the rights of its caller. */
  readonly securityInvoker: boolean
  /** Whether what is read depends on the rows of a table here and on nothing else: no view, foreign table or row security that binds the login. */
  readonly onlyRows: boolean
  /** Whether its rows can be read `for share`: they are its own, and the login may update a column of it, as PostgreSQL asks for a lock. */
  readonly lockable: boolean
  /** Whether more happens than is written: there are triggers, or it is a view. */
  readonly moreOn: { readonly insert: boolean; readonly update: boolean }
}

export interface ColumnInfo {
  readonly name: string
  /** The name of the type in `pg_type`, domains resolved to their base, arrays to their element: `int4`, `text`, `timestamptz`, `video_state`. */
  readonly type: string
  /** The schema of that type: `pg_catalog` for the built-in ones. */
  readonly typeSchema: string
  readonly typeKind: 'base' | 'enum' | 'range' | 'multirange' | 'composite'
  readonly isArray: boolean
  /** Labels in order, for an enum (or an array of one). */
  readonly enum: readonly string[] | null
  readonly domain: TableName | null
  readonly nullable: boolean
  readonly hasDefault: boolean
  readonly generated: 'never' | 'stored' | 'virtual' | 'identity' | 'identityAlways'
  /** Characters of `varchar(n)` or `char(n)`. */
  readonly maxLength: number | null
  readonly precision: number | null
  readonly scale: number | null
  /** False under a nondeterministic collation, where `like` raises up to PostgreSQL 17. */
  readonly deterministicCollation: boolean
  readonly comment: string | null
}

export interface UniqueInfo {
  readonly name: string
  readonly columns: readonly string[]
  /** Whether all its columns are not null (or nulls are not distinct). */
  readonly notNull: boolean
}

export interface CheckInfo {
  readonly name: string
  /** The columns that it looks at; that of a domain has one. */
  readonly columns: readonly string[]
  /** As the database prints it: `((rating >= 1) AND (rating <= 5))`; `VALUE` stands for the value of a domain. */
  readonly expression: string
}

export interface ForeignKeyInfo {
  readonly name: string
  readonly columns: readonly string[]
  readonly table: TableName
  /** The columns of `table` that are referred to, in the order of `columns`. */
  readonly references: readonly string[]
  readonly onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'
}
