// Removes expired files and dead drafts from the folder of a storage.
import { lstat, opendir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isName } from '../check-name.ts'
import type { SweepOptions, Swept } from '../storage.ts'
import { type ListedFile, sweepExpired } from '../sweep-expired.ts'
import { isDraft } from './draft.ts'
import { codeOf } from './explain-file-error.ts'

export async function sweepFolder(folder: string, options: SweepOptions): Promise<Swept> {
  const unfinished = await sweepDrafts(folder, options)
  const { removed, hasMore } = await sweepExpired(listFiles(folder), options, names =>
    removeOlder(folder, names, options.expiredBefore),
  )
  return { removed, unfinished, hasMore }
}

async function sweepDrafts(folder: string, { unfinishedBefore, signal }: SweepOptions): Promise<number> {
  let count = 0
  for await (const { name } of await opendir(folder)) {
    signal?.throwIfAborted()
    if (isDraft(name)) count += await removeOlder(folder, [name], unfinishedBefore)
  }
  return count
}

/** Files with names that we give: what else lies there is not ours to remove. */
async function* listFiles(folder: string): AsyncGenerator<ListedFile> {
  for await (const { name } of await opendir(folder)) {
    if (!isName(name)) continue
    const writtenAt = await writtenAtOf(join(folder, name))
    if (writtenAt) yield { name, writtenAt }
  }
}

/** Looks at the time again: since the listing, a write may have put another file there. */
async function removeOlder(folder: string, names: readonly string[], before: Date): Promise<number> {
  let count = 0
  for (const name of names) {
    const path = join(folder, name)
    const writtenAt = await writtenAtOf(path)
    if (!writtenAt || writtenAt >= before) continue
    await rm(path, { force: true })
    count += 1
  }
  return count
}

/** Null where it is gone, perhaps by another sweep, or is no file. */
async function writtenAtOf(path: string): Promise<Date | null> {
  try {
    const stats = await lstat(path)
    return stats.isFile() ? stats.mtime : null
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}
