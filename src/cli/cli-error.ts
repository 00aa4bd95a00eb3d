// An error that a person at the terminal can mend, and how every error is told there.
import pc from 'picocolors'
import { ApiError } from '../errors/api-error.ts'
import { describeThrown, nameThrown } from '../errors/describe-thrown.ts'
import type { StrayError } from '../jobs/contain-strays.ts'
import { DefinitionError } from '../schema/definition-error.ts'

/** Its message is one clear line: what was wrong and what would work. */
export class CliError extends Error {
  /** 2 for a command that was not understood, else 1. */
  readonly exitCode: 1 | 2

  constructor(message: string, options: { readonly exitCode?: 1 | 2; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'CliError'
    this.exitCode = options.exitCode ?? 1
  }
}

/** The stack comes along only when COLONNADE_DEBUG is set. */
export function describeError(error: unknown): string {
  const text = `${pc.red('Error:')} ${plainMessage(error)}`
  if (!process.env.COLONNADE_DEBUG || !(error instanceof Error)) return text
  return `${text}\n${describeThrown(error)}`
}

/** The message alone, also of an error that wraps several. */
export function plainMessage(error: unknown): string {
  if (error instanceof DefinitionError) {
    return `the API does not fit the database:\n${error.problems.map(problem => `  - ${problem}`).join('\n')}`
  }
  if (error instanceof ApiError) return `${error.status} ${error.code}: ${error.message}`
  if (error instanceof AggregateError && error.message === '') return error.errors.map(plainMessage).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/**
 * What the log says of an error of our own while serving. Of a database's error the code alone: its words print values,
 * even whole rows.
 */
export function describeInternal(error: unknown): string {
  if (process.env.COLONNADE_DEBUG && error instanceof Error) return describeThrown(error)
  const cause = error instanceof ApiError && error.cause !== undefined ? error.cause : error
  const code = codeOf(cause)
  // A system call's code may have five capitals too (EPIPE), but no digit.
  if (code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code)) return `the database answered SQLSTATE ${code}`
  if (error instanceof DefinitionError) return plainMessage(error)
  return nameThrown(cause)
}

/** What came out of a request that nobody handles: whose it is, and what it says. */
export function describeStray(error: StrayError): string {
  return `${error.message} ${describeInternal(error.cause)}`
}

/** The `code` of a system call, of the module loader or of PostgreSQL. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
