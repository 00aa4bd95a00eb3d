// Reads an ErrorResponse: its SQLSTATE and severity, for the rest of it may tell values.
import { ProtocolError } from './wire-errors.ts'

/** An error of the server, with nothing of its text (see ACCESS: details print whole rows). */
export class ServerError extends Error {
  /** SQLSTATE, such as `57014`. */
  readonly code: string
  /** The session is over. */
  readonly fatal: boolean
  /** Of a constraint that refused a write. */
  readonly constraint: string | undefined
  readonly column: string | undefined
  /** Our own words, where a cast of ours failed. */
  readonly refusal: string | undefined

  constructor(
    code: string,
    fatal: boolean,
    names: { readonly constraint?: string; readonly column?: string; readonly refusal?: string } = {},
  ) {
    super(`PostgreSQL answered with SQLSTATE ${code}.`)
    this.code = code
    this.fatal = fatal
    this.constraint = names.constraint
    this.column = names.column
    this.refusal = names.refusal
  }
}

/**
 * @param start of the body of the message
 * @throws ProtocolError where the fields do not fill the message
 */
export function readServerError(bytes: Buffer, start: number, end: number): ServerError {
  let code = 'XX000'
  let severity = 'ERROR'
  const names: { constraint?: string; column?: string; refusal?: string } = {}
  let at = start
  while (at < end && bytes[at] !== 0) {
    const field = bytes[at]
    const stop = bytes.indexOf(0, at + 1)
    if (stop < 0 || stop >= end) throw new ProtocolError('A field of an error that does not end.')
    if (field === 0x43) code = bytes.toString('latin1', at + 1, stop)
    // The field V is never translated, unlike S.
    if (field === 0x56) severity = bytes.toString('latin1', at + 1, stop)
    if (field === 0x6e) names.constraint = bytes.toString('utf8', at + 1, stop)
    if (field === 0x63) names.column = bytes.toString('utf8', at + 1, stop)
    if (field === 0x4d) {
      const ours = /colonnade:[\w:-]+/.exec(bytes.toString('latin1', at + 1, Math.min(stop, at + 500)))
      if (ours) names.refusal = ours[0]
    }
    at = stop + 1
  }
  if (at !== end - 1) throw new ProtocolError('An error that is longer than its fields.')
  return new ServerError(
    /^[0-9A-Z]{5}$/.test(code) ? code : 'XX000',
    severity === 'FATAL' || severity === 'PANIC',
    names,
  )
}
