// Splits an error into what who gave the command is told, and what operators are.
import { ApiError } from '../errors/api-error.ts'
import { describeThrown } from '../errors/describe-thrown.ts'
import { RequestFailure } from '../errors/request-failure.ts'
import { toStorable } from './storable-text.ts'

export interface Failure {
  readonly code: string
  readonly message: string
  readonly internal: string | null
  readonly isFinal: boolean
}

/** Of a stack, so many characters. */
const maxInternal = 8_000
const maxMessage = 2_000
const maxCode = 100

/** Of anything that can be thrown. */
export function toFailure(error: unknown): Failure {
  const internal = toStorable(describeThrown(error), maxInternal)
  try {
    if (error instanceof RequestFailure || error instanceof ApiError) {
      const code = toStorable(String(error.code), maxCode)
      const message = toStorable(String(error.message), maxMessage)
      return { code, message, isFinal: error instanceof RequestFailure && error.isFinal === true, internal }
    }
  } catch {
    // What cannot be looked at is told as any other.
  }
  return { code: 'internal', message: 'It could not be carried out.', isFinal: false, internal }
}

/** The public part, as the columns `error` and `last_error` have it. */
export function sayFailure({ code, message }: Failure): string {
  return JSON.stringify({ code, message })
}

/** @param stray what nobody handled meanwhile: the best guess at why it did not end */
export const timedOut = (timeoutMs: number, stray: { readonly error: unknown } | null): Failure => ({
  code: 'timeout',
  message: `It took longer than ${timeoutMs < 1_000 ? `${timeoutMs} ms` : `${timeoutMs / 1_000} s`}.`,
  internal: stray && toStorable(`Nobody handled: ${describeThrown(stray.error)}`, maxInternal),
  isFinal: false,
})

export const revoked: Failure = {
  code: 'revoked',
  message: 'Who gave the request may not do so any more.',
  internal: null,
  isFinal: true,
}

export const cancelled: Failure = { code: 'cancelled', message: 'It was cancelled.', internal: null, isFinal: false }
