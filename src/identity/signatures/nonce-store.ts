// Remembers which nonces were used, for as long as their signatures could still be accepted.
import type { Database } from '../../databases/database.ts'
import { ApiError } from '../../errors/api-error.ts'
import { createTable, findTable, sweepNonces, useNonce } from './nonce-statements.ts'
import type { NonceStore, SignatureOptions } from './signature-options.ts'

/** Rows that one request sweeps away at most, and how often: about once in a tenth of the time that they are kept. */
const sweepRows = 1_000
const sweepsInLifetime = 10

/** The store that the options name, or else the database. */
export function makeNonceStore(database: Database, { nonces }: Pick<SignatureOptions, 'nonces'> = {}): NonceStore {
  return nonces ?? keepInDatabase(database)
}

function keepInDatabase(database: Database, now = () => performance.now()): NonceStore {
  let prepared: Promise<void> | null = null
  let sweptAt = Number.NEGATIVE_INFINITY

  async function makeTable(): Promise<void> {
    const isThere = await database.write(findTable(), rows => rows.length > 0)
    if (!isThere) await database.write(createTable(), () => undefined)
  }

  async function sweep(seconds: number): Promise<void> {
    if (now() - sweptAt < (seconds * 1_000) / sweepsInLifetime) return
    sweptAt = now()
    const count = await database.write(sweepNonces(sweepRows), rows => rows.length)
    // More is left: the next request goes on.
    if (count === sweepRows) sweptAt = Number.NEGATIVE_INFINITY
  }

  return {
    async use(digest, seconds) {
      try {
        prepared ??= makeTable()
        await prepared
        const isFirst = await database.write(useNonce(digest, seconds), rows => rows.length > 0)
        if (isFirst) await sweep(seconds)
        return isFirst
      } catch (error) {
        prepared = null
        throw explain(error)
      }
    },
  }
}

/** 42501: insufficient privilege; 25006: a database that only reads. Without memory nothing signed is accepted. */
function explain(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== '42501' && code !== '25006') return error
  return new ApiError(
    'nonces_unavailable',
    'This server cannot remember nonces: its login in the database may not use the schema colonnade.',
    { cause: error },
  )
}
