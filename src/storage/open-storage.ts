// Opens the storage that the settings name.
import { openDirectory } from './directory/open-directory.ts'
import { openS3 } from './s3/open-s3.ts'
import type { S3Options } from './s3/s3-options.ts'
import type { Storage } from './storage.ts'

export type StorageConfig =
  /** A folder of this machine, of its own: nothing else may lie in it. */
  | { readonly directory: string }
  /** A bucket of S3, or of what speaks like it. */
  | { readonly s3: S3Options }

export interface OpenOptions {
  /** Told what works less well than it might, and what would mend it. */
  readonly warn?: (message: string) => void
}

/**
 * Opens a storage; nothing is looked at before `prepare()`.
 * @throws StorageError `bad_setup` for settings that cannot work, and where the packages for S3 are not installed
 * @example const storage = await openStorage({ directory: '.colonnade/files' }); await storage.prepare()
 */
export async function openStorage(
  config: StorageConfig,
  { warn = () => undefined }: OpenOptions = {},
): Promise<Storage> {
  return 'directory' in config ? openDirectory(config.directory, warn) : openS3(config.s3, warn)
}
