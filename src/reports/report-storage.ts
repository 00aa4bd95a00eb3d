// The storage of reports as the settings name it: opened when the first report needs it, and once.
import { openStorage, type StorageConfig } from '../storage/open-storage.ts'
import type { Storage } from '../storage/storage.ts'

export interface ReportStorage {
  /** @throws StorageError `bad_setup`, `full` or `failed`; asked again, it tries again */
  open(): Promise<Storage>
  close(): Promise<void>
}

/** Where reports are kept when nothing is said. */
const defaultStorage: StorageConfig = { directory: '.colonnade/storage' }

/** @param warn told what works less well than it might */
export function makeReportStorage(
  config: StorageConfig = defaultStorage,
  warn?: (message: string) => void,
): ReportStorage {
  let opening: Promise<Storage> | null = null
  async function open(): Promise<Storage> {
    const storage = await openStorage(config, warn ? { warn } : {})
    await storage.prepare()
    return storage
  }
  return {
    open() {
      opening ??= open().catch((error: unknown) => {
        opening = null
        throw error
      })
      return opening
    },
    async close() {
      await (await opening?.catch(() => null))?.close()
    },
  }
}
