// The storage in a folder of this machine: a file appears by a rename, whole.
import { constants, ReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { checkName } from '../check-name.ts'
import { spanOf } from '../span-of.ts'
import type { ByteRange, Storage, StoredFile } from '../storage.ts'
import { blockBytes, takeIn } from '../take-in.ts'
import { draftOf } from './draft.ts'
import { codeOf, explainFileError } from './explain-file-error.ts'
import { prepareFolder } from './prepare-folder.ts'
import { sweepFolder } from './sweep-folder.ts'

/** @param path the folder; it is made with its parents by `prepare()` */
export function openDirectory(path: string, warn: (message: string) => void): Storage {
  const folder = resolve(path)
  const explain = (error: unknown): unknown => explainFileError(error, folder)
  const pathOf = (name: string): string => {
    checkName(name)
    return join(folder, name)
  }

  return {
    prepare: () => prepareFolder(folder, warn),
    async write(name, source, options = {}) {
      const file = pathOf(name)
      const draft = draftOf(file)
      const intake = takeIn(source, options)
      try {
        await writeDraft(draft, intake.blocks())
        options.signal?.throwIfAborted()
        await rename(draft, file)
        await syncFolder(folder)
        return intake.result()
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined)
        throw intake.failure(error, explain)
      }
    },
    async read(name, range) {
      try {
        return await readFile(pathOf(name), range)
      } catch (error) {
        throw explain(error)
      }
    },
    link: async name => {
      checkName(name)
      return null
    },
    async remove(name) {
      await rm(pathOf(name), { force: true }).catch(error => Promise.reject(explain(error)))
    },
    sweep: options => sweepFolder(folder, options).catch(error => Promise.reject(explain(error))),
    close: async () => undefined,
  }
}

async function writeDraft(draft: string, blocks: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(draft, 'wx', 0o600)
  try {
    for await (const block of blocks) await handle.writeFile(block)
    // Before the rename, or a power cut leaves the name with nothing behind it.
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Without it a power cut may undo the rename. Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function readFile(path: string, range: ByteRange | undefined): Promise<StoredFile | null> {
  const handle = await openFile(path)
  if (!handle) return null
  let content: Readable | null = null
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) return null
    const { size } = stats
    const { first, last } = spanOf(size, range)
    content =
      last < first
        ? Readable.from([], { objectMode: false })
        : handle.createReadStream({ start: first, end: last, highWaterMark: blockBytes })
    return { size, first, last, content }
  } finally {
    // A stream over the file closes it, however it ends.
    if (!(content instanceof ReadStream)) await handle.close()
  }
}

/** O_NOFOLLOW: no link in the folder leads out of it. */
async function openFile(path: string) {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}
