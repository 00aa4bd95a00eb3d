// Tells who follows a row that it may have changed: one LISTEN for all of them, whatever rows they follow.
import type { Database } from '../databases/database.ts'

export interface RowSignals {
  /** Resolves once changes are heard. @throws ApiError `unavailable` while the database is away; the next call tries again */
  ready(): Promise<void>
  /**
   * @param row as NOTIFY names it: `public.exports 7`
   * @param wake called at every change, and when changes may have been missed
   * @returns a function that ends it
   */
  follow(row: string, wake: () => void): () => void
  /** How many rows are followed. */
  readonly size: number
  close(): Promise<void>
}

export function makeRowSignals({ listen }: Pick<Database, 'listen'>): RowSignals {
  const wakers = new Map<string, Set<() => void>>()
  let listening: Promise<() => Promise<void>> | undefined

  const wakeAll = () => {
    for (const all of [...wakers.values()]) for (const wake of [...all]) wake()
  }
  const begin = () => {
    const begun = listen(
      {
        onMessage(payload) {
          if (payload === 'reload') wakeAll()
          else for (const wake of [...(wakers.get(payload) ?? [])]) wake()
        },
        // Followers look by themselves until it listens again, and are then all woken.
        onLost: () => undefined,
      },
      'colonnade_requests',
    )
    begun.catch(() => {
      if (listening === begun) listening = undefined
    })
    return begun
  }

  return {
    async ready() {
      listening ??= begin()
      await listening
    },
    follow(row, wake) {
      const all = wakers.get(row) ?? new Set()
      wakers.set(row, all.add(wake))
      return () => {
        all.delete(wake)
        if (all.size === 0 && wakers.get(row) === all) wakers.delete(row)
      }
    },
    get size() {
      return wakers.size
    },
    async close() {
      const stop = await listening?.catch(() => undefined)
      await stop?.()
    },
  }
}
