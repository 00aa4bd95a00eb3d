// Creates the data folder of a new embedded database, whole or not at all.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { handOver } from './account.ts'
import type { Home } from './choose-home.ts'
import { EmbeddedError } from './embedded-error.ts'
import { run } from './run.ts'

/** Defaults that the owner may change in `data/postgresql.conf`. */
const SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '128MB',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Says what happens to the server. Errors of statements are told to whoever sent the statement.
  log_min_messages: 'log',
  log_checkpoints: 'off',
}

/** Whether there is a database; throws when it is of another version than the binaries. */
export async function isInitialized({ data }: Home, major: string): Promise<boolean> {
  if (!existsSync(data)) return false
  let found: string
  try {
    found = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    throw new EmbeddedError(`${data} is there, but is not a PostgreSQL data folder. Choose another folder.`, {
      cause: error,
    })
  }
  if (found === major) return true
  throw new EmbeddedError(
    `The database in ${data} was made by PostgreSQL ${found}, and this is PostgreSQL ${major}. ` +
      `Dump it with the version of Colonnade that made it, and load it into a new folder.`,
  )
}

/**
 * Runs initdb beside the data folder and renames the result, so that an initdb that was killed leaves no data folder.
 * Call it under the folder's lock. Text sorts by code point, by PostgreSQL's own rules, the same on every machine.
 */
export async function initializeData(home: Home, binaries: string): Promise<void> {
  await removeLeftovers(home)
  const draft = join(home.home, `initdb-${randomBytes(6).toString('hex')}`)
  await mkdir(draft, { mode: 0o700 })
  await handOver(draft, home.account)
  await run(
    join(binaries, 'bin', 'initdb'),
    [
      ...['-D', draft, '-U', 'postgres', '-E', 'UTF8', '-T', 'english', '--no-instructions'],
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
      // Over the socket whoever can enter its folder is trusted; over loopback the password is asked for.
      ...['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${await makePasswordFile(home)}`],
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    home,
  )
  await rename(draft, home.data)
  await syncFolder(home.home)
}

export async function readPassword(home: Home): Promise<string> {
  return (await readFile(passwordFile(home), 'utf8')).trim()
}

async function makePasswordFile(home: Home): Promise<string> {
  const path = passwordFile(home)
  await writeFile(path, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  await handOver(path, home.account)
  return path
}

function passwordFile(home: Home): string {
  return join(home.home, 'password')
}

async function removeLeftovers({ home }: Home): Promise<void> {
  for (const name of await readdir(home)) {
    // An initdb whose parent was killed may write a while longer.
    const options = { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }
    if (/^initdb-[0-9a-f]{12}$/.test(name)) await rm(join(home, name), options)
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}
