// Ends a command in good order: on SIGINT or SIGTERM everything that was opened is closed, last opened first.

export interface Lifetime {
  /** Resolves at the first signal. A command that serves waits for it. */
  readonly stopped: Promise<void>
  /** Runs when the command ends, however it ends. */
  onEnd(close: () => Promise<void>): void
}

/** A terminal's Ctrl-C reaches us twice under npm: from the terminal, and passed on by npm. */
const sameSignalMs = 500

/**
 * Runs the command; a signal meanwhile closes what it has opened and ends it without an error. A second signal ends the
 * process at once.
 * @returns what the command returned, or undefined when a signal ended it
 */
export async function withLifetime<T>(command: (lifetime: Lifetime) => Promise<T>): Promise<T | undefined> {
  const closing: (() => Promise<void>)[] = []
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  let firstSignal: number | undefined
  const onSignal = () => {
    firstSignal ??= performance.now()
    if (performance.now() - firstSignal > sameSignalMs) process.exit(130)
    stop()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)

  const closeAll = async () => {
    for (let close = closing.pop(); close; close = closing.pop()) await close()
  }
  const working = command({ stopped, onEnd: close => void closing.push(close) })
  try {
    return await Promise.race([working, stopped.then(() => undefined)])
  } finally {
    await closeAll()
    // What was still being opened when the signal came is closed too; that it was cut short is no error.
    await working.catch(() => undefined)
    await closeAll()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}
