// Makes the folder of a storage, private to its account, and tries to write in it.
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from '../storage-error.ts'
import { draftOf } from './draft.ts'
import { explainFileError } from './explain-file-error.ts'

/**
 * The modes of a folder that is there already are its owner's affair, but one that everybody may write in is refused: anybody
 * could put a file in the place of another.
 * @throws StorageError
 */
export async function prepareFolder(folder: string, warn: (message: string) => void): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const { mode } = await stat(folder)
    if (process.platform !== 'win32') checkMode(folder, mode, warn)
    await probe(folder)
  } catch (error) {
    throw explainFileError(error, folder)
  }
}

function checkMode(folder: string, mode: number, warn: (message: string) => void): void {
  if (mode & 0o002) {
    throw new StorageError(
      'bad_setup',
      `Everybody may write in ${folder}. Name a folder of its own, which is then made, or chmod 700 this one.`,
    )
  }
  if (mode & 0o077) warn(`Other accounts may look into ${folder}, though not into its files. chmod 700 ends that.`)
}

async function probe(folder: string): Promise<void> {
  const draft = draftOf(join(folder, 'probe'))
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      // More than a name: a full disk still makes empty files.
      await handle.writeFile(Buffer.alloc(4_096))
      await handle.sync()
    } finally {
      await handle.close()
    }
  } finally {
    await rm(draft, { force: true })
  }
}
