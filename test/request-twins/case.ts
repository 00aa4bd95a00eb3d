// One caller and a pair of databases that are the same to him: what everything that is tried there has at hand.
import type { Asker } from '../non-interference/asker.ts'
import type { Random } from '../non-interference/random.ts'
import type { Data, Row } from '../non-interference/world.ts'
import type { Both, Lane } from './lane.ts'
import type { Write } from './make-ask.ts'
import { type RowsOptions, runAs } from './make-rows.ts'
import type { RequestPolicy } from './policy.ts'
import type { Twins } from './twins.ts'
import type { View } from './view.ts'

/** Everything of one caller and one pair of databases. */
export interface Case {
  readonly twins: Twins
  readonly lane: Lane
  readonly view: View
  readonly policy: RequestPolicy
  readonly options: RowsOptions
  readonly random: Random
  readonly asker: Asker
  readonly pair: Both<Data>
  count(what: string): void
}

/** What is not as it should be, and what belongs to it. */
export type Found = { readonly what: string } & Readonly<Record<string, unknown>>

/** A policy over hidden columns tells its own yes or no of the rows as they would be. */
export function isToldByPolicy(
  { view, pair, options }: Case,
  { table, members }: Extract<Write, { kind: 'give' }>,
): boolean {
  const would = pair.map(data => {
    let made = data
    return members.map((columns, i) => {
      const time = '2015-05-05 05:05:05+00'
      const blank = Object.fromEntries(Object.keys(data[table]?.[0] ?? {}).map(name => [name, null]))
      const row: Row = {
        ...blank,
        ...{ id: String(1001 + i), status: 'pending', attempts: '0', priority: '0' },
        ...{ run_at: time, created_at: time, updated_at: time, run_as: runAs(options), ...columns },
      }
      made = { ...made, [table]: [...(made[table] ?? []), row] }
      return [view.granting(table, row, made), view.describe(made)]
    })
  })
  return JSON.stringify(would[0]) !== JSON.stringify(would[1])
}
