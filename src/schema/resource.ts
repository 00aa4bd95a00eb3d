// A resource: a table, and who may see and do what with it.
//
// `const R`, `const C` … keep the literals, for clients are typed by them. A literal that is inferred loses the check for surplus keys,
// so the options spell out what is wanted (`Given…`) and take the rest from what was inferred.
import type { Action } from './action-words.ts'
import type { AnyComputed, ComputedWords, GivenComputed } from './compute.ts'
import type { Declared, DeclaredNames, DefaultSort, GivenFilters, GivenScopes, GivenSorts, Scope } from './declared.ts'
import type { Hooks } from './hook-definition.ts'
import type { ResourceOptions as PlainOptions, ResourceDefinition } from './resource-definition.ts'
import type { GivenRoles, Roles, Values } from './roles.ts'
import type { SchemaDefinition } from './schema-definition.ts'
import type { Checked, Unknown } from './strict.ts'
import type { ColumnNames, RelationshipNames, RelationshipsBy, Table, Target } from './table.ts'
import type { Keywords, Rule } from './validation-words.ts'

/** Everything that can be asked for by name: columns (a foreign key shows as its relationship), relationships, computed fields, links. */
export type FieldName<S, T extends keyof S, C> = WritableName<S, T> | (keyof C & string) | 'links'
type WritableName<S, T extends keyof S> = ColumnNames<S, T> | RelationshipNames<S, T>

/** What a client's types are made of. */
export interface Definition {
  readonly roles: unknown
  readonly computed: unknown
  readonly filters: unknown
  readonly sorts: unknown
  readonly scopes: unknown
  readonly rename: unknown
  readonly key: unknown
  readonly relationships: unknown
}

/** A resource that knows its types: plain data, as a `ResourceDefinition` is. */
export interface Resource<S, T extends keyof S & string, D extends Definition> extends ResourceDefinition {
  readonly table: T
  /** Known to the compiler only; never there at run time. */
  readonly types?: { readonly schema: S; readonly definition: D }
}

/**
 * What may be said of a resource; every part but `roles` can be left out.
 * @typeParam Own the fields that resources of its kind have by themselves, as computed ones
 */
export interface ResourceOptions<S, T extends keyof S, R, C, F, So, Sc, Rn, K, Re, Own = object> {
  /** Who may see and do what. Nobody may do anything with a resource without roles. */
  readonly roles?: GivenRoles<S, T, R>
  readonly computed?: GivenComputed<S, T, C>
  /** All that may be filtered by: names, and objects of declared filters. An object alone declares filters beside all readable fields. */
  readonly filters?: GivenFilters<S, T, FieldName<S, T, C & Own>, ComputedWords<S, T, C & Own>, F>
  /** Likewise for sorting; a declared sort is a path: `{ username: 'user.username' }`. */
  readonly sorts?: GivenSorts<S, T, FieldName<S, T, C & Own>, So>
  /** The key when left out. */
  readonly defaultSort?: DefaultSorts<S, T, FieldName<S, T, NoInfer<C> & Own> | DeclaredNames<NoInfer<So>>>
  readonly scopes?: GivenScopes<S, T, ComputedWords<S, T, C & Own>, Sc>
  /** A unique column by which items can be looked up too: `/api/tags/tennis`. */
  readonly naturalKey?: ColumnNames<S, T>
  /** Another unique column (or columns) as the key, where the primary key is private. */
  readonly key?: K
  /** Names in the API for columns: `{ type: 'kind' }`. A definition goes on to speak of `type`. */
  readonly rename?: Offered<ColumnNames<S, T>> & {
    readonly [N in keyof Rn]: N extends ColumnNames<S, T> ? Rn[N] : Unknown<N>
  }
  /** `key: 'shown'` publishes the foreign key to a record that the caller may not see; `access: 'ends'` lets a many-to-many pass a join table without roles. */
  readonly relationships?: GivenRelationships<S, T, Re>
  readonly page?: { readonly size?: number; readonly maxSize?: number }
  /**
   * By which column answers are told from older ones, and for how many seconds those that are the same for everybody may be shared; false: nothing of
   * it is cached (docs/caching.md).
   */
  readonly caching?:
    | false
    | {
        /** The time of a record's last change: `Last-Modified` of an item. */
        readonly lastModified?: ColumnNames<S, T>
        /** Likewise, never null: its maximum and the count stand for a list in place of a hash of it. */
        readonly list?: ColumnNames<S, T>
        readonly maxAge?: number
        readonly sMaxAge?: number
      }
  /** Keywords of JSON Schema that values must keep to beyond what the database says: `{ title: { minLength: 1 } }`. */
  readonly schema?: { readonly [N in ColumnNames<S, T>]?: Keywords }
  /** A column of a time: DELETE sets it, and where it is set the record is there only for roles with `seesDeleted`. */
  readonly softDelete?: ColumnNames<S, T>
  /** Rules over several columns: `{ ends_after_start: { fields: ['starts_at', 'ends_at'], check: … } }`. */
  readonly rules?: { readonly [name: string]: Rule<S, T> }
  /** Code around writes, in their transaction. */
  readonly hooks?: Hooks<S, T>
  /** The one record under another that is the caller's, at a path of its own: `{ like: { of: 'likes', by: { user: principal('id') } } }`. */
  readonly singulars?: { readonly [name: string]: Singular<S, T> }
  /** What is done to records by name: `{ activate: { set: { active: true }, roles: ['admin'] } }`, or by a function: `run`. */
  readonly actions?: { readonly [name: string]: Action<S, T, NoInfer<keyof R & string>> }
}
/** One line a relationship to many: each has another table, whose columns say whose it is. */
type Singular<S, T extends keyof S> = {
  readonly [N in RelationshipsBy<S, T, 'hasMany'>]: {
    /** The relationship to many whose records it is one of. */
    readonly of: N
    /** What makes it the caller's: `{ user: principal('id') }`. */
    readonly by: Values<S, Target<S, T, N>>
  }
}[RelationshipsBy<S, T, 'hasMany'>]
type DefaultSorts<S, T extends keyof S, Names extends string> =
  | DefaultSort<S, T, Names>
  | readonly DefaultSort<S, T, Names>[]
type GivenRelationships<S, T extends keyof S, Re> = Offered<RelationshipsBy<S, T, 'belongsTo' | 'manyToMany'>> & {
  readonly [N in keyof Re]: Checked<N, Re[N], RelationshipOptions<S, T, N>>
}
/** For the editor: the names that may stand there. */
type Offered<Names extends string> = { readonly [N in Names]?: unknown }
type RelationshipOptions<S, T extends keyof S, N> =
  N extends RelationshipsBy<S, T, 'belongsTo'>
    ? { readonly key?: 'shown' }
    : N extends RelationshipsBy<S, T, 'manyToMany'>
      ? { readonly access?: 'ends' }
      : Unknown<N>

/**
 * A table as a resource of the API.
 *
 * @example
 * const tags = resource(db.tags, { roles: { guest: { read: 'all' } }, sorts: ['name'], naturalKey: 'name' })
 */
export function resource<
  S,
  T extends keyof S & string,
  const R extends Roles<R, FieldName<S, T, C>, WritableName<S, T>> = object,
  const C extends { readonly [N in keyof C]: AnyComputed } = object,
  const F extends Declared<FieldName<S, T, C>> = readonly FieldName<S, T, C>[],
  const So extends Declared<FieldName<S, T, C>> = readonly FieldName<S, T, C>[],
  const Sc extends { readonly [N in keyof Sc]: Scope } = object,
  const Rn extends { readonly [N in keyof Rn]: string } = object,
  const K extends ColumnNames<S, T> | readonly ColumnNames<S, T>[] = never,
  const Re extends { readonly [N in keyof Re]: object } = object,
>(
  table: Table<S, T>,
  options: ResourceOptions<S, T, R, C, F, So, Sc, Rn, K, Re>,
): Resource<S, T, { roles: R; computed: C; filters: F; sorts: So; scopes: Sc; rename: Rn; key: K; relationships: Re }>
// The typed form above is assignable to the plain one part by part (`test/types/inferred.test-d.ts`); as a whole the compiler cannot see it.
export function resource(
  table: { readonly name: string; readonly schema: unknown },
  options: unknown,
): ResourceDefinition {
  return {
    kind: 'resource',
    table: table.name,
    schema: table.schema as SchemaDefinition,
    options: options as PlainOptions,
  }
}
