// Asks whether the tables that identity rests on are there, and refuses to go on where they are and cannot be read.
import type { Database } from '../databases/database.ts'
import { isTrue } from '../formats/rows.ts'
import { findTables, type IdentityTable } from './statements.ts'

/**
 * @returns false where one of them is not there yet
 * @throws Error where the login may not read them: what is revoked would go on to be accepted
 */
export async function checkReadable(database: Database, names: readonly IdentityTable[]): Promise<boolean> {
  const readable = await database.read(findTables(names), { isGone: () => false }, rows =>
    Array.from({ length: rows.length }, (_, i) => isTrue(rows.at(i), 0)),
  )
  if (readable.includes(false)) {
    const tables = names.map(name => `colonnade.${name}`).join(', ')
    throw new Error(
      `The login of the server may not read ${tables}: grant usage on schema colonnade and select on ${tables} to it.`,
    )
  }
  return readable.length === names.length
}
