// The error of the embedded PostgreSQL: something about the machine or the folder that a person has to mend.

/** Its message says what was wrong and what would work, fit to be printed in a terminal as it is. */
export class EmbeddedError extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'EmbeddedError'
  }
}

/** The `code` of a failed system call or of a PostgreSQL error, such as `ENOENT` or `57P03`. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
