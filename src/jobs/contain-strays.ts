// Lets a process outlive what `perform` leaves behind: a timer whose callback throws, a promise that nobody waits for.
import { promiseHooks } from 'node:v8'
import { type AttemptScope, currentAttempt } from './attempt-scope.ts'

/** An error that no promise of `perform` told of. `cause` is what was thrown. */
export class StrayError extends Error {
  /** The resource, id and attempt of the request whose `perform` it came out of. */
  readonly resource: string
  readonly id: string
  readonly attempt: number

  constructor({ resource, id, attempt }: AttemptScope, cause: unknown) {
    super(`An error that nobody handles came out of \`perform\` of ${resource} ${id}, attempt ${attempt}.`, { cause })
    this.name = 'StrayError'
    this.resource = resource
    this.id = id
    this.attempt = attempt
  }
}

/**
 * From now on errors that nobody handles do not end this process where they come out of `perform` or `generate` of a request, during the attempt
 * or after it. All others do what they did before: where nobody else listens, Node prints them and ends with 1.
 *
 * Listeners for `uncaughtException` that are there besides are told of both kinds, as always.
 *
 * @param onStray is told of each
 * @returns a function that undoes it
 * @example containStrays(error => console.error(error))
 */
export function containStrays(onStray: (error: StrayError) => void): () => void {
  // A promise may be rejected by what belongs to nobody, such as the connection of a pool: so each knows who has made it.
  const makers = new WeakMap<Promise<unknown>, AttemptScope>()
  const unhook = promiseHooks.onInit((promise, parent) => {
    if (parent !== undefined) return
    const maker = currentAttempt()
    if (maker) makers.set(promise, maker)
  })

  function tell(of: AttemptScope, cause: unknown): void {
    try {
      of.onStray(cause)
      onStray(new StrayError(of, cause))
    } catch {
      // Whoever cannot be told is no reason to end either.
    }
  }

  // Node asks for listeners right after this: one that is there for this error alone leaves it to handle all others as ever.
  function onException(error: unknown): void {
    const attempt = currentAttempt()
    if (!attempt || process.hasUncaughtExceptionCaptureCallback()) return
    process.prependOnceListener('uncaughtException', () => undefined)
    tell(attempt, error)
  }

  function onRejection(reason: unknown, promise: Promise<unknown>): void {
    const attempt = makers.get(promise) ?? currentAttempt()
    if (attempt) {
      tell(attempt, reason)
      return
    }
    if (process.listenerCount('unhandledRejection') > 1) return
    // Once more, while nobody listens: so Node does with it what it was started to do.
    process.off('unhandledRejection', onRejection)
    void Promise.reject(reason)
    setImmediate(() => {
      if (!isUndone) process.on('unhandledRejection', onRejection)
    })
  }

  let isUndone = false
  process.on('uncaughtExceptionMonitor', onException)
  process.on('unhandledRejection', onRejection)
  return () => {
    isUndone = true
    unhook()
    process.off('uncaughtExceptionMonitor', onException)
    process.off('unhandledRejection', onRejection)
  }
}
