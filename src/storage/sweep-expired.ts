// Decides which files of a listing are expired, in batches, for every storage alike.
import type { SweepOptions, Swept } from './storage.ts'

export interface ListedFile {
  readonly name: string
  readonly writtenAt: Date
}

/** What `isKept` is asked at once, and what one request to S3 removes at most. */
const batchFiles = 1_000

/** @param remove removes these files and tells how many it did remove */
export async function sweepExpired(
  files: AsyncIterable<ListedFile>,
  { expiredBefore, isKept, maxFiles = 10_000, signal }: SweepOptions,
  remove: (names: readonly string[]) => Promise<number>,
): Promise<Omit<Swept, 'unfinished'>> {
  let removed = 0
  let batch: string[] = []

  async function removeBatch(): Promise<void> {
    const kept = isKept && batch.length > 0 ? await isKept(batch) : null
    const names = batch.filter(name => !kept?.has(name)).slice(0, maxFiles - removed)
    batch = []
    signal?.throwIfAborted()
    if (names.length > 0) removed += await remove(names)
  }

  for await (const { name, writtenAt } of files) {
    signal?.throwIfAborted()
    if (writtenAt >= expiredBefore) continue
    if (removed >= maxFiles) return { removed, hasMore: true }
    batch.push(name)
    if (batch.length === batchFiles) await removeBatch()
  }
  await removeBatch()
  return { removed, hasMore: removed >= maxFiles }
}
