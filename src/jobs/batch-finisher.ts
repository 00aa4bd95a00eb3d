// Writes the outcomes of commands that changed nothing else together: while one statement is on its way, the next gathers.
import type { Ours } from './finish.ts'

/** @param write gives back the ids of those whose outcome is written */
export function makeBatchFinisher(
  write: (batch: readonly Ours[]) => Promise<ReadonlySet<string>>,
): (one: Ours) => Promise<boolean> {
  interface Waiting {
    readonly one: Ours
    readonly resolve: (isWritten: boolean) => void
    readonly reject: (error: unknown) => void
  }
  let gathered: Waiting[] = []
  let isWriting = false

  async function flush(): Promise<void> {
    isWriting = true
    // What ends in the same turn of the event loop goes along.
    await new Promise(resolve => setImmediate(resolve))
    while (gathered.length > 0) {
      const batch = gathered
      gathered = []
      try {
        const written = await write(batch.map(({ one }) => one))
        for (const { one, resolve } of batch) resolve(written.has(one.id))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    isWriting = false
  }

  return one => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    gathered.push({ one, resolve, reject })
    if (!isWriting) void flush()
    return promise
  }
}
