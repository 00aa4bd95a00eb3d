// Opens the bench's own PostgreSQL, filled with the videos example.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seedVideos, sizes } from '../examples/videos/seed.ts'
import { createDatabase } from '../src/databases/embedded/create-database.ts'
import type { DatabaseConfig } from '../src/databases/embedded/database-config.ts'
import { startEmbedded } from '../src/databases/embedded/start-embedded.ts'
import { withClient } from '../src/databases/postgres/with-client.ts'
import type { BenchOptions } from './options.ts'

export interface BenchData {
  readonly config: DatabaseConfig
  readonly version: string
  /** Process id of the server. */
  readonly postmaster: number
  /** Takes out what was inserted, so that the next run finds the tables as they were. */
  tidy(): Promise<void>
  close(): Promise<void>
}

/** Each size has a database of its own, kept from one run of the bench to the next. */
export async function openData(size: BenchOptions['size'], say: (text: string) => void): Promise<BenchData> {
  const server = await startEmbedded({ dir: '.colonnade/bench', onProgress: say })
  try {
    const config = await createDatabase(server.config, `videos_${size}`, { ifMissing: true })
    await withClient(config, client =>
      seedVideos(client, { size, onProgress: (step, done, of) => say(`Data (${size}): ${step} (${done} of ${of})`) }),
    )
    const tidy = () =>
      withClient(config, async client => {
        // The rows of the example are numbered from 1 on.
        await client.query(`delete from comments where id > ${sizes[size].comments}`)
        await client.query('vacuum comments')
        // What a bulk load or many inserts leave behind for later would be done in the middle of a run.
        await client.query('checkpoint')
      })
    // Also what a run that was cut off has left.
    await tidy()
    const postmaster = Number.parseInt(await readFile(join(server.home, 'data', 'postmaster.pid'), 'utf8'), 10)
    return { config, version: server.version, postmaster, tidy, close: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}
