// Says what was thrown, whatever it is: what users' code throws need not be an error, and a getter of it may throw in turn.

/** Causes of causes, so many. */
const maxDepth = 5

/** `Error: The switch is away.`, in one line of words; it never throws. */
export function nameThrown(error: unknown): string {
  return safely(() => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)))
}

/** With stack and causes; it never throws. */
export function describeThrown(error: unknown, depth = 0): string {
  const own = safely(() => (error instanceof Error && error.stack ? String(error.stack) : nameThrown(error)))
  const cause = safely<unknown>(() => (error instanceof Error ? error.cause : undefined))
  return cause === undefined || depth >= maxDepth ? own : `${own}\ncaused by ${describeThrown(cause, depth + 1)}`
}

function safely<T>(say: () => T): T | string {
  try {
    return say()
  } catch {
    return 'Something was thrown that cannot be told: looking at it throws.'
  }
}
