// What a `perform` throws to say why: words for who gave the command, and whether it is worth another attempt.

export interface RequestFailureOptions {
  /** No other attempt would help. */
  readonly final?: boolean
  /** For operators alone. */
  readonly cause?: unknown
}

/**
 * Any other error is told as `internal` to who gave the command, and in full to operators.
 *
 * @example
 * throw new RequestFailure('port_unknown', 'The switch does not know this port.', { final: true })
 */
export class RequestFailure extends Error {
  /** Lower-case letters, digits and underscores; for programs. */
  readonly code: string
  readonly isFinal: boolean

  /** @param message for whoever may read the request */
  constructor(code: string, message: string, { final = false, cause }: RequestFailureOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'RequestFailure'
    this.code = code
    this.isFinal = final
  }
}
