// What the commands and reports of the twins do: they read with the rights of their giver, and tell all that they have read.
import type { PerformContext } from '../../src/schema/request-definition.ts'
import type { RequestProduct } from './product.ts'

type Context = PerformContext<never, never>

/** The first is chosen by who gives the command: each reads in another way. */
const queries: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { sort: ['-label'] },
  { filter: { open: true } },
  { filter: { secret: { gte: 2 } }, fields: ['id'] },
  { include: { owner: true } },
  { aggregate: { secret: ['sum', 'count'] } },
  { page: { size: 2 } },
]

const queryOf = (number: unknown) => queries[Math.abs(Number(number ?? 0)) % queries.length] ?? {}

export function makePerform({ RequestFailure }: RequestProduct) {
  return {
    async perform(context: Context): Promise<void> {
      const { row, query, db, progress } = context as unknown as {
        readonly row: Readonly<Record<string, unknown>>
        readonly query: (resource: string, query: object) => Promise<readonly unknown[]>
        readonly db: { insertInto(table: string): { values(row: object): { execute(): Promise<unknown> } } }
        readonly progress: Context['progress']
      }
      const before = await query('gates', queryOf(row.level))
      progress(1, 2, `${before.length} gates`)
      await db
        .insertInto('tells')
        .values({ open_id: row.id, told: JSON.stringify(before) })
        .execute()
      // Within its transaction, with the same rights.
      const after = await query('gates', queryOf(Number(row.level ?? 0) + 1))
      if (Number(row.level ?? 0) % 2 === 1) throw new RequestFailure('told', JSON.stringify(after), { final: true })
    },
    generate({ row, query }: Context): unknown {
      const { month } = row as { readonly month: number | null }
      if (month === 1) return { resource: 'gates', query: {} }
      if (month === 2) return { resource: 'gates', query: { filter: { secret: { gte: 2 } } } }
      return (async function* () {
        for (const one of await (query as unknown as (name: string, query: object) => Promise<readonly object[]>)(
          'gates',
          queryOf(month),
        ))
          yield { told: JSON.stringify(one) }
      })()
    },
  }
}
