// Says of a database's error what the caller may know: its SQLSTATE chooses the words, its text is never forwarded.
import { ApiError } from '../../errors/api-error.ts'
import { LostConnectionError, ResultTooLargeError } from './wire/wire-errors.ts'

const away = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '53400',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '25006',
])

/** A table, column, function or type that the plan names is not there any more. */
const changed = new Set(['42P01', '42703', '42883', '42704', '3F000'])

/** What the driver says of a connection that is none any more. */
const awayMessage =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|not queryable/

/** The error to answer with; anything that is not known here is our own mistake. */
export function toApiError(error: unknown): Error {
  if (error instanceof ApiError) return error
  if (error instanceof LostConnectionError) return unavailable(error)
  if (error instanceof ResultTooLargeError)
    return new ApiError('unavailable', 'The answer is larger than we hold for one request. Ask for less at a time.', {
      cause: error,
      headers: { 'retry-after': '5' },
    })
  const code = codeOf(error)
  if (code === '57014')
    return new ApiError(
      'timeout',
      'The database took longer than it may. Ask for less, or filter by an indexed field.',
      { cause: error, headers: { 'retry-after': '5' } },
    )
  if (code === '22003')
    return new ApiError('aggregate_out_of_range', 'A sum is out of the range of its type. Filter so that it fits.', {
      cause: error,
    })
  if (code !== undefined && away.has(code)) return unavailable(error)
  if (code !== undefined && changed.has(code)) return new SchemaChangedError(error)
  if (error instanceof Error && awayMessage.test(error.message)) return unavailable(error)
  return error instanceof Error ? error : new Error('The database failed.', { cause: error })
}

/** The schema changed under the running API: it has to be compiled anew. */
export class SchemaChangedError extends ApiError {
  constructor(cause: unknown) {
    super('unavailable', 'The schema of the database has changed. Try again shortly.', {
      cause,
      headers: { 'retry-after': '2' },
    })
  }
}

function unavailable(cause: unknown): ApiError {
  return new ApiError('unavailable', 'The database is away. Try again shortly.', {
    cause,
    headers: { 'retry-after': '2' },
  })
}

export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
