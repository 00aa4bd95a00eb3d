// Why the database refused a write: names, for its texts tell values.

/** @throws by `Database.write` and by the statements of a transaction */
export class WriteRefused extends Error {
  /** SQLSTATE. */
  readonly code: string
  readonly constraint: string | undefined
  readonly column: string | undefined
  /** What a cast of ours said: `colonnade:refused:0`. */
  readonly refusal: string | undefined

  constructor(given: {
    readonly code: string
    readonly constraint?: string | undefined
    readonly column?: string | undefined
    readonly refusal?: string | undefined
  }) {
    super(`The write was refused with SQLSTATE ${given.code}.`)
    this.code = given.code
    this.constraint = given.constraint
    this.column = given.column
    this.refusal = given.refusal
  }
}
