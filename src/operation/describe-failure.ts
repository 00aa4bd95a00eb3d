// Says for the log what failed: type, message, code, where, and why; of a database's error its SQLSTATE in place of its words, which print values.

export interface Failure {
  readonly type: string
  readonly message: string
  readonly code?: string
  /** The places in the code, innermost first. */
  readonly stack?: readonly string[]
  readonly cause?: Failure
  readonly errors?: readonly Failure[]
}

const maxDepth = 5

/** @param words whether a database's own words are told: they may print values, even whole rows (ACCESS R23) */
export function describeFailure(error: unknown, words = false, depth = 0): Failure {
  try {
    return describe(error, words, depth)
  } catch {
    // What users' code throws may have getters that throw.
    return { type: typeof error, message: 'Something was thrown that cannot be told: looking at it throws.' }
  }
}

function describe(error: unknown, words: boolean, depth: number): Failure {
  if (!(error instanceof Error)) return { type: typeof error, message: 'Something was thrown that is no error.' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const isSqlState = code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code)
  const stack = placesOf(error)
  const inner =
    depth < maxDepth && error.cause !== undefined ? describeFailure(error.cause, words, depth + 1) : undefined
  const errors =
    depth < maxDepth && error instanceof AggregateError
      ? error.errors.slice(0, 10).map(one => describeFailure(one, words, depth + 1))
      : undefined
  return {
    type: error.constructor.name,
    message: isSqlState && !words ? `The database answered with SQLSTATE ${code}.` : error.message,
    ...(code !== undefined && { code }),
    ...(stack.length > 0 && { stack }),
    ...(inner && { cause: inner }),
    ...(errors && { errors }),
  }
}

/** Without the message, which stands before them. */
function placesOf({ stack = '', message }: Error): readonly string[] {
  const at = message === '' ? 0 : stack.indexOf(message) + message.length
  return stack
    .slice(Math.max(0, at))
    .split('\n')
    .filter(line => /^\s+at /.test(line))
    .map(line => line.trim())
}
