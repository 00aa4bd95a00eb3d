// Who waits for the next state of a row now: answers that are held, and event streams.
import type { Database } from '../databases/database.ts'
import type { ReadAnswer } from '../respond/read-answer.ts'
import { makeRowSignals } from './row-signals.ts'
import { type Following, type Listener, type Reading, SharedReads } from './shared-reads.ts'

export interface Followers {
  /** As `SharedReads.join`. Once it is closed the listener is released at once. */
  join(key: string, reading: Reading<ReadAnswer>, listener: Listener<ReadAnswer>): Promise<Following>
  /** What is held is answered as it is now, and streams end: who still wants to know asks again. */
  release(): void
  /** Releases, and holds nothing from now on. */
  close(): Promise<void>
  /** Of answers and of streams: one more is held until the function that is returned is called. */
  hold(kind: 'answer' | 'stream'): () => void
  figures(): FollowerFigures
}

export interface FollowerFigures {
  readonly answers: number
  readonly streams: number
  /** Statements that serve them at a change, where each sees it. */
  readonly reads: number
}

/** How often a row is looked at where nobody tells of a change: a table without its trigger, a connection that was lost. */
const pollMs = 5_000

export function makeFollowers(database: Pick<Database, 'listen'>): Followers {
  const signals = makeRowSignals(database)
  const reads = new SharedReads<ReadAnswer>(signals, pollMs)
  const held = { answer: 0, stream: 0 }
  let isClosed = false
  return {
    async join(key, reading, listener) {
      const following = await reads.join(key, reading, listener)
      if (isClosed) queueMicrotask(() => listener.released())
      return following
    },
    release: () => reads.release(),
    async close() {
      isClosed = true
      reads.release()
      await signals.close()
    },
    hold(kind) {
      held[kind] += 1
      return () => {
        held[kind] -= 1
      }
    },
    figures: () => ({ answers: held.answer, streams: held.stream, reads: reads.size }),
  }
}
