// Revokes tokens before their time: what `colonnade tokens revoke` does.
import type { Database } from '../databases/database.ts'
import { checkReadable } from './check-readable.ts'
import { addRevoked, createRevokedTable, sweepRevoked } from './statements.ts'

export interface Revocation {
  /** Of this issuer alone; else of any. */
  readonly issuer?: string
  /** The one token with this `jti`. */
  readonly jti?: string
  /** Or all tokens with this `sub` that were issued until now. */
  readonly subject?: string
  /** For which it is remembered: no token may live longer. */
  readonly days: number
}

/** It counts at once in every process that serves. */
export async function revokeTokens(database: Database, { days, ...which }: Revocation): Promise<void> {
  if (!(await checkReadable(database, ['revoked_tokens']))) await database.write(createRevokedTable(), () => undefined)
  await database.write(sweepRevoked(), () => undefined)
  await database.write(addRevoked(which, String(days)), () => undefined)
}
