// Says what a failed system call means for a storage in a folder.
import { StorageError, type StorageFault } from '../storage-error.ts'

const meanings: Readonly<Record<string, readonly [StorageFault, string]>> = {
  ENOSPC: ['full', 'There is no room left on the disk of'],
  EDQUOT: ['full', 'The quota of this account is used up in'],
  EFBIG: ['full', 'The file is larger than may be in'],
  EACCES: ['bad_setup', 'This account may not write in'],
  EPERM: ['bad_setup', 'This account may not write in'],
  EROFS: ['bad_setup', 'The disk is mounted for reading only, of'],
  ENOTDIR: ['bad_setup', 'There is a file in the place of'],
  EEXIST: ['bad_setup', 'There is a file in the place of'],
  ENOENT: ['bad_setup', 'There is no more'],
}

/** A StorageError with the cause; what is none of the file system's stays as it is. */
export function explainFileError(error: unknown, folder: string): unknown {
  const code = codeOf(error)
  if (error instanceof StorageError || code === undefined) return error
  const [fault, meaning] = meanings[code] ?? ['failed', 'A system call failed in']
  return new StorageError(fault, `${meaning} the storage folder ${folder} (${code}).`, { cause: error })
}

/** The `code` of a failed system call, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
