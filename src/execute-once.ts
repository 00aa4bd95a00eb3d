// Does a write once for all requests with the same Idempotency-Key: the answer is kept in the transaction of the write, and given again.
import { allowByRole } from './access/allow-by-role.ts'
import type { WriteAnswer } from './answer-write.ts'
import type { Database, Transaction } from './databases/database.ts'
import { identifyAttempt } from './idempotency/identify-attempt.ts'
import { readIdempotencyKey } from './idempotency/read-idempotency-key.ts'
import type { WriteToExecute } from './run-write.ts'

/**
 * @param write does it over the runtime that it is given
 * @throws ApiError for a key that is none, is in use, or was used otherwise; what the write throws: nothing is kept then
 */
export async function executeOnce<Given extends WriteToExecute>(
  given: Given,
  write: (given: Given) => Promise<WriteAnswer>,
): Promise<WriteAnswer> {
  const { http, request, principal, access, runtime } = given
  const takesKey = request.method === 'POST' || request.method === 'PATCH'
  const key = takesKey ? readIdempotencyKey(http, principal.id === null) : null
  if (key === null) return write(given)
  // Who may not do it any more is given no answer of the time when he did.
  allowByRole(request, access)
  const attempt = identifyAttempt(key, request, given.format, principal, access.roles)
  const { database, keptAnswers } = runtime
  await keptAnswers.prepare()
  const changes: string[] = []
  const answer = await database.transaction(async transaction => {
    const kept = await keptAnswers.find(attempt, transaction)
    if (kept) return { ...kept, headers: { ...kept.headers, 'idempotency-replayed': 'true' } }
    const changed = (tables: readonly string[]) => void changes.push(...tables)
    const made = await write({
      ...given,
      isWithin: true,
      runtime: { ...runtime, database: within(transaction, database), changed },
    })
    await keptAnswers.keep(attempt, made, transaction)
    return made
  })
  // Only what is committed has changed.
  runtime.changed([...new Set(changes)])
  return answer
}

/** The database as it is inside a transaction: writes become part of it. */
function within(transaction: Transaction, database: Database): Database {
  return {
    ...database,
    write: (statement, take) => transaction.run(statement, take),
    transaction: work => work(transaction),
  }
}
