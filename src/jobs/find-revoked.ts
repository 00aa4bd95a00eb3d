// Finds commands of clients that were revoked since they gave them.
import type { Database } from '../databases/database.ts'
import { textOf } from '../formats/rows.ts'
import { findActive } from './find-active.ts'
import type { Held } from './held-commands.ts'

export async function findRevoked(held: readonly Held[], database: Database): Promise<ReadonlySet<Held>> {
  const clients = new Set(held.flatMap(({ claimed }) => claimed.caller.client ?? []))
  if (clients.size === 0) return new Set()
  const active = await database.read(findActive([...clients]), { isGone: () => false }, rows => {
    return new Set(Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0)))
  })
  return new Set(held.filter(({ claimed: { caller } }) => caller.client !== null && !active.has(caller.client)))
}
