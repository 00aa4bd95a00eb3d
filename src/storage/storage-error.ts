// The error of a storage: something about the machine, the settings or the call that a person has to mend.

export type StorageFault =
  /** A name that no file can have. */
  | 'bad_name'
  /** A range that begins behind the end of the file. */
  | 'bad_range'
  /** A setting, a missing package, a permission. */
  | 'bad_setup'
  /** No room left. */
  | 'full'
  /** Anything else; the cause tells. */
  | 'failed'

/** Its message says what was wrong and what would work, fit to be printed in a terminal; no caller of the API may see it. */
export class StorageError extends Error {
  readonly code: StorageFault

  constructor(code: StorageFault, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'StorageError'
    this.code = code
  }
}
