// Splits an error into what who gave the command is told, and what operators are.
import { ApiError } from '../errors/api-error.ts'
import { RequestFailure } from '../errors/request-failure.ts'

export interface Failure {
  readonly code: string
  readonly message: string
  readonly internal: string | null
  readonly isFinal: boolean
}

/** Of a stack, so much. */
const maxInternal = 8_000

export function toFailure(error: unknown): Failure {
  const internal = describe(error).slice(0, maxInternal)
  if (error instanceof RequestFailure) {
    const { code, message, isFinal } = error
    return { code, message, isFinal, internal }
  }
  if (error instanceof ApiError) return { code: error.code, message: error.message, isFinal: false, internal }
  return { code: 'internal', message: 'It could not be carried out.', isFinal: false, internal }
}

/** The public part, as the columns `error` and `last_error` have it. */
export function sayFailure({ code, message }: Failure): string {
  return JSON.stringify({ code, message })
}

export const timedOut = (timeoutMs: number): Failure => ({
  code: 'timeout',
  message: `It took longer than ${timeoutMs < 1_000 ? `${timeoutMs} ms` : `${timeoutMs / 1_000} s`}.`,
  internal: null,
  isFinal: false,
})

export const revoked: Failure = {
  code: 'revoked',
  message: 'Who gave the request may not do so any more.',
  internal: null,
  isFinal: true,
}

export const cancelled: Failure = { code: 'cancelled', message: 'It was cancelled.', internal: null, isFinal: false }

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\ncaused by ${describe(error.cause)}`
}
