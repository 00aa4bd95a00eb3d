// Hooks: what a resource does in TypeScript around a write, in the transaction of it.
import type { Kysely } from 'kysely'
import type { Database, JsonRowOf, RelationshipNames } from './table.ts'

/** Columns as answers show them, and relationships as a body names them. */
export type HookRecord<S, T extends keyof S> = Readonly<Partial<JsonRowOf<S, T>>> & {
  readonly [N in RelationshipNames<S, T>]?: unknown
}

export interface HookContext<S, T extends keyof S> {
  /** What is given: the values of the body, by column; relationships by their own name. */
  readonly record: HookRecord<S, T>
  /** The row as it was; null for one that is created. */
  readonly stored: Readonly<JsonRowOf<S, T>> | null
  /** The columns of the key; null before the record is there. */
  readonly key: Readonly<Partial<JsonRowOf<S, T>>> | null
  readonly principal: { readonly id: string | null; readonly claims: Readonly<Record<string, unknown>> }
  /** Speaks in the transaction of the write, as the database's own login: no roles apply. There until the hook returns. */
  readonly db: Kysely<Database<S>>
}

// biome-ignore lint/suspicious/noConfusingVoidType: a hook that says nothing returns nothing
type Answer<T> = T | void | Promise<T | void>

export interface Hooks<S, T extends keyof S> {
  /** May return values that are written beside those given, or in their place. */
  readonly beforeCreate?: (context: HookContext<S, T>) => Answer<HookRecord<S, T>>
  readonly afterCreate?: (context: HookContext<S, T>) => Answer<never>
  /** Likewise. */
  readonly beforeUpdate?: (context: HookContext<S, T>) => Answer<HookRecord<S, T>>
  readonly afterUpdate?: (context: HookContext<S, T>) => Answer<never>
  readonly beforeDelete?: (context: HookContext<S, T>) => Answer<never>
  readonly afterDelete?: (context: HookContext<S, T>) => Answer<never>
  /** Once all is committed. Nobody waits for it, and its failure is logged. */
  readonly afterCommit?: (
    context: Omit<HookContext<S, T>, 'db'> & { readonly did: 'create' | 'update' | 'delete' },
  ) => Answer<never>
}

export type HookName = Exclude<keyof Hooks<never, never>, 'afterCommit'>

/** As they are called: the tables of a definition are not known here. */
export type HooksDefinition = {
  readonly [N in HookName | 'afterCommit']?: (context: never) => unknown
}
