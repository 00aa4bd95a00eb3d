// The storages that the contract suite runs over, each empty, with what a test has to know of their inside.
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage, type StorageConfig } from '../../src/storage/open-storage.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { startS3Server } from '../support/s3-server.ts'

export interface StorageUnderTest {
  readonly storage: Storage
  /** With which another process opens the same. */
  readonly config: StorageConfig
  /** What unfinished writes have left. */
  leftovers(): Promise<readonly string[]>
  /** Makes all leftovers, or one file, as old as that. */
  age(what: 'leftovers' | { readonly name: string }, at: Date): Promise<void>
  stop(): Promise<void>
}

export const storages: readonly { readonly title: string; readonly open: () => Promise<StorageUnderTest> }[] = [
  { title: 'a directory', open: openDirectory },
  { title: 'S3', open: openS3 },
]

async function openDirectory(): Promise<StorageUnderTest> {
  const parent = await mkdtemp(join(tmpdir(), 'colonnade-storage-'))
  const folder = join(parent, 'files')
  const config = { directory: folder }
  const storage = await openStorage(config)
  await storage.prepare()
  const leftovers = async () => (await readdir(folder)).filter(entry => entry.includes('.'))
  return {
    storage,
    config,
    leftovers,
    async age(what, at) {
      const names = what === 'leftovers' ? await leftovers() : [what.name]
      for (const name of names) await utimes(join(folder, name), at, at)
    },
    async stop() {
      await storage.close()
      await rm(parent, { recursive: true, force: true })
    },
  }
}

async function openS3(): Promise<StorageUnderTest> {
  const server = await startS3Server()
  // The smallest parts, so that small files have several.
  const config = { s3: { ...server.options, partBytes: 5 * 1024 * 1024 } }
  const storage = await openStorage(config)
  await storage.prepare()
  return {
    storage,
    config,
    leftovers: server.uploads,
    age: (what, at) => server.age(what === 'leftovers' ? 'uploads' : { key: `files/${what.name}` }, at),
    async stop() {
      await storage.close()
      await server.stop()
    },
  }
}
