// Keeps the answers to requests with an Idempotency-Key in the database, each committed together with what it tells of.
import type { Database, Transaction } from '../databases/database.ts'
import { ApiError } from '../errors/api-error.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import type { Attempt } from './identify-attempt.ts'
import type { KeptAnswer } from './kept-answer.ts'
import { createTable, findAnswer, findTable, keepAnswer, lockKey, sweepAnswers } from './statements.ts'

export interface AnswerStore {
  /**
   * Makes the table where there is none yet.
   * @throws ApiError `idempotency_unavailable` where the login may not
   */
  prepare(): Promise<void>
  /**
   * Takes the key until the transaction ends, then looks for its answer.
   * @throws ApiError 409 while another request holds the key, and for other rights than at first; 422 for another body
   */
  find(attempt: Attempt, transaction: Transaction): Promise<KeptAnswer | null>
  keep(attempt: Attempt, answer: KeptAnswer, transaction: Transaction): Promise<void>
}

/** Rows that one request sweeps away at most, and how often: about once in a twenty-fourth of the time that answers are kept. */
const sweepRows = 1_000
const sweepsInLifetime = 24

export function makeAnswerStore(database: Database, maxAgeMs: number, now = () => performance.now()): AnswerStore {
  let prepared: Promise<void> | null = null
  let sweptAt = Number.NEGATIVE_INFINITY
  const seconds = String(maxAgeMs / 1_000)

  async function makeTable(): Promise<void> {
    const isThere = await database.write(findTable(), rows => rows.length > 0)
    if (!isThere) await database.write(createTable(), () => undefined)
  }

  async function sweep({ run }: Transaction): Promise<void> {
    if (now() - sweptAt < maxAgeMs / sweepsInLifetime) return
    const count = await run(sweepAnswers(seconds, sweepRows), rows => rows.length)
    // More is left: the next request goes on.
    if (count < sweepRows) sweptAt = now()
  }

  return {
    async prepare() {
      prepared ??= makeTable().catch((error: unknown) => {
        prepared = null
        throw explain(error)
      })
      await prepared
    },
    async find(attempt, { run }) {
      try {
        const isOurs = await run(lockKey(attempt.key), rows => textOf(rows.at(0), 0) === 't')
        if (!isOurs) throw inUse()
        const kept = await run(findAnswer(attempt.key, seconds), readAnswer)
        if (!kept) return null
        if (kept.bodyDigest !== attempt.body) throw otherBody()
        if (kept.rights !== attempt.rights) throw otherRights()
        return kept.answer
      } catch (error) {
        throw explain(error)
      }
    },
    async keep(attempt, answer, transaction) {
      try {
        await transaction.run(keepAnswer(attempt, answer), () => undefined)
        await sweep(transaction)
      } catch (error) {
        throw explain(error)
      }
    },
  }
}

interface Found {
  readonly answer: KeptAnswer
  readonly bodyDigest: string
  readonly rights: string
}

function readAnswer(rows: Rows): Found | null {
  if (rows.length === 0) return null
  const row = rows.at(0)
  const [bodyDigest, rights, status, headers, body] = [0, 1, 2, 3, 4].map(column => textOf(row, column) ?? '')
  return {
    answer: {
      status: Number(status),
      headers: JSON.parse(headers ?? '{}') as KeptAnswer['headers'],
      body: Buffer.from(body ?? '', 'base64').toString('latin1'),
    },
    bodyDigest: bodyDigest ?? '',
    rights: rights ?? '',
  }
}

const source = { header: 'Idempotency-Key' }

function inUse(): ApiError {
  return new ApiError('idempotency_key_in_use', 'A request with this key is still running. Send it again shortly.', {
    source,
    headers: { 'retry-after': '1' },
  })
}

function otherBody(): ApiError {
  return new ApiError(
    'idempotency_key_reused',
    'This key was used with another body, or for another format. Take a new key.',
    { source },
  )
}

function otherRights(): ApiError {
  return new ApiError(
    'idempotency_rights_changed',
    'Your roles or claims are not those with which this key was used first. Read what is there, or take a new key.',
    { source },
  )
}

/** 42501: insufficient privilege. */
function explain(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === '42501')) return error
  return new ApiError(
    'idempotency_unavailable',
    'This server cannot keep answers: its login in the database may not use the schema colonnade. Send the request without Idempotency-Key.',
    { source, cause: error },
  )
}
