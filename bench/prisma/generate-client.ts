// Generates Prisma's client into a folder that git ignores, without the network.
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What `generateClient` writes. */
export const clientFile = new URL('../../.colonnade/prisma/client.ts', import.meta.url)

/** @throws Error with what Prisma says */
export async function generateClient(): Promise<void> {
  const root = dirname(createRequire(import.meta.url).resolve('prisma/package.json'))
  await promisify(execFile)(
    process.execPath,
    [join(root, 'build', 'index.js'), 'generate', '--schema', fileURLToPath(new URL('schema.prisma', import.meta.url))],
    {
      env: {
        ...process.env,
        // Generating needs no engine, but looks for the one that migrates, and would download it.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        // Would ask for a newer version.
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
      },
    },
  )
}
