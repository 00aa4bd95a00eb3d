// Actions: what is done to records by name, by values that are set or by a function in TypeScript.
import type { Kysely } from 'kysely'
import type { Filter } from './filter-words.ts'
import type { Values } from './roles.ts'
import type { Database, JsonRowOf } from './table.ts'

export type Action<S, T extends keyof S, R> = Judged<S, T, R> & (Setting<S, T> | Running<S, T>)

interface Judged<S, T extends keyof S, R> {
  /** The records that it can be done to. */
  readonly where?: Filter<S, T>
  /** Who may: any of these roles, on the records that it grants. */
  readonly roles: readonly R[]
}

interface Setting<S, T extends keyof S> {
  /** Values, `principal('claim')` or `now`. */
  readonly set: Values<S, T>
  readonly run?: never
}

interface Running<S, T extends keyof S> {
  /**
   * Called once for all records that the caller may do it to; never for none. Returns how many of them it changed: all where it says nothing.
   * What it throws undoes all: `refuse(…)` in words for the caller, anything else as a 500 without any.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: who says nothing returns nothing
  readonly run: (context: ActionContext<S, T>) => number | void | Promise<number | void>
  readonly set?: never
}

export interface ActionContext<S, T extends keyof S> {
  /** As they are, in the order of their keys, locked until the transaction ends: columns as answers show them. */
  readonly records: readonly Readonly<JsonRowOf<S, T>>[]
  readonly principal: { readonly id: string | null; readonly claims: Readonly<Record<string, unknown>> }
  /** Speaks in the transaction of the action, as the database's own login: no roles apply. There until it returns. */
  readonly db: Kysely<Database<S>>
}
