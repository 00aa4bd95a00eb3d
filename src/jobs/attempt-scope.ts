// Knows for which attempt code runs, also in timers, callbacks and promises that `perform` has left behind.
import { AsyncLocalStorage } from 'node:async_hooks'

export interface AttemptScope {
  readonly resource: string
  readonly id: string
  /** From 1 on. */
  readonly attempt: number
  /** Told of what nobody handles. */
  readonly onStray: (error: unknown) => void
}

const scope = new AsyncLocalStorage<AttemptScope | undefined>()

export function withinAttempt<T>(of: AttemptScope, work: () => T): T {
  return scope.run(of, work)
}

/** For what is ours: connections that are opened for an attempt outlive it, and are no part of it. */
export function outsideAttempt<T>(work: () => T): T {
  return scope.run(undefined, work)
}

export function currentAttempt(): AttemptScope | undefined {
  return scope.getStore()
}
