// Several mistakes of one caller, told at once.
import type { ApiError } from './api-error.ts'

export class ApiErrors extends Error {
  readonly errors: readonly ApiError[]

  /** @param errors at least one, of one status */
  constructor(errors: readonly ApiError[]) {
    super(errors[0]?.message)
    this.errors = errors
  }
}
