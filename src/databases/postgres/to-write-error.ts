// Says of an error in a write what refused it: SQLSTATE and names, for the rest of it may tell values.
import { WriteRefused } from '../../errors/write-refused.ts'
import { codeOf, toApiError } from './to-api-error.ts'
import { ServerError } from './wire/server-error.ts'

/** Classes of SQLSTATE: 22 data, 23 constraints, 40 serialisation and deadlocks. */
const refusals = /^(22|23|40)/

export function toWriteError(error: unknown): Error {
  const code = codeOf(error)
  if (code === undefined || !refusals.test(code)) return toApiError(error)
  if (error instanceof ServerError) return new WriteRefused(error)
  const { constraint, column } = error as { readonly constraint?: string; readonly column?: string }
  const [refusal] = /colonnade:[\w:-]+/.exec(error instanceof Error ? error.message : '') ?? []
  return new WriteRefused({ code, constraint, column, refusal })
}
