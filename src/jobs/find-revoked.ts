// Finds commands of givers that were revoked since: their client, or the token that they showed.
import type { Database, Statement } from '../databases/database.ts'
import { readIds } from './claim.ts'
import { given, isOurs, type Ours, oursOf } from './finish.ts'
import { type GiverCheck, giverHolds } from './giver-holds.ts'
import type { Held } from './held-commands.ts'
import { prepared, type Queue } from './queue.ts'

/** One statement for those of clients, and one for those of tokens where some were ever revoked. */
export async function findRevoked(
  queue: Queue,
  owner: string,
  held: readonly Held[],
  database: Database,
): Promise<ReadonlySet<Held>> {
  const checks = ['client', 'token'] as const
  const found = await Promise.all(
    checks.map(async check => {
      const asked = held.filter(({ claimed }) => claimed.check === check)
      if (asked.length === 0) return []
      const ours = asked.map(({ claimed }) => claimed)
      const good = await database.read(findHolding(queue, owner, ours, check), { isGone: () => false }, readIds)
      return asked.filter(({ claimed }) => !good.has(claimed.id))
    }),
  )
  return new Set(found.flat())
}

/** The ids of those whose giver may still give them. */
function findHolding(queue: Queue, owner: string, ours: readonly Ours[], check: GiverCheck): Statement {
  const { table, id } = queue
  const text = `select q.${id}::text from ${table} as q join ${given(queue)} on q.${id} = g.id where ${isOurs} ${giverHolds(check)}`
  return prepared(text, oursOf(owner, ours))
}
