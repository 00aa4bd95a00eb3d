// The tables of a schema as values that know their types, and what can be asked of a table's types.
import type { ColumnType } from 'kysely'
import type { Facts, JsonOf, ValueOf } from './column-words.ts'
import type { TableDefinition } from './schema-definition.ts'

/** A table of the schema `S`: plain data at run time, a name to look types up by at compile time. */
export interface Table<S, T extends keyof S> {
  readonly name: T
  readonly schema: S
}
export type Tables<S> = { readonly [T in keyof S]: Table<S, T> }
/** The type of a schema, so that an interface can name it and editors say `Schema`: `export interface Schema extends Of<typeof schema> {}` */
export type Of<S> = S

/**
 * The tables of a schema, each by its name and knowing its columns.
 *
 * @example
 * const schema = { tags: { key: 'id', columns: { id: 'int8 default', name: 'text' } } } as const
 * export const db = tables(schema)   // db.tags
 */
export function tables<const S extends { readonly [T in keyof S]: TableDefinition }>(schema: S): Tables<S> {
  const named = Object.keys(schema).map(name => [name, { name, schema }])
  return Object.fromEntries(named) as Tables<S>
}

// What is known of a table.
export type ColumnsOf<S, T extends keyof S> = S[T] extends { readonly columns: infer C } ? C : never
export type ColumnNames<S, T extends keyof S> = keyof ColumnsOf<S, T> & string
export type RelationshipsOf<S, T extends keyof S> = S[T] extends { readonly relationships: infer R } ? R : unknown
export type RelationshipNames<S, T extends keyof S> = keyof RelationshipsOf<S, T> & string

type Kind = 'belongsTo' | 'hasOne' | 'hasMany' | 'manyToMany'
/** The names of the relationships of some kinds: `RelationshipsBy<S, T, 'hasMany' | 'manyToMany'>`. */
export type RelationshipsBy<S, T extends keyof S, K extends Kind> = {
  [N in RelationshipNames<S, T>]: RelationshipsOf<S, T>[N & keyof RelationshipsOf<S, T>] extends OfKind<K> ? N : never
}[RelationshipNames<S, T>]
type OfKind<K extends Kind> = K extends Kind ? { readonly [X in K]: string } : never
/** The table that a relationship leads to. */
export type TargetOf<R> = R extends
  | { readonly belongsTo: infer To }
  | { readonly hasOne: infer To }
  | { readonly hasMany: infer To }
  | { readonly manyToMany: infer To }
  ? To
  : never
export type Target<S, T extends keyof S, N> = N extends keyof RelationshipsOf<S, T>
  ? TargetOf<RelationshipsOf<S, T>[N]> & keyof S
  : never

/** A row as answers show its columns: timestamps as text, `int8` and `numeric` as digits. */
export type JsonRowOf<S, T extends keyof S> = { -readonly [K in keyof ColumnsOf<S, T>]: JsonOf<ColumnsOf<S, T>[K]> }
/** A row as a handler gets it from the database. */
export type RowOf<S, T extends keyof S> = { -readonly [K in keyof ColumnsOf<S, T>]: ValueOf<ColumnsOf<S, T>[K]> }

/** The schema as Kysely wants it: `export interface DB extends Database<Schema> {}` */
export type Database<S> = { [T in keyof S]: KyselyTable<ColumnsOf<S, T>> }
type KyselyTable<C> = { -readonly [K in keyof C]: KyselyColumn<Facts<C[K]>> }
type KyselyColumn<F> = F extends {
  readonly value: infer V
  readonly operand: infer O
  readonly family: infer Family
  readonly default: infer D
}
  ? Stored<V, Family extends 'array' ? V : V | O, D>
  : never
type Stored<V, Input, Default> = Default extends 'generated'
  ? ColumnType<V, never, never>
  : Default extends true
    ? ColumnType<V, Input | undefined, Input>
    : ColumnType<V, Input, Input>
