// Gets a session on the folder's server: joins the one that runs, or starts one.
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from './choose-home.ts'
import type { DatabaseConfig } from './database-config.ts'
import { EmbeddedError, messageOf } from './embedded-error.ts'
import { findPostmaster, type Postmaster } from './find-postmaster.ts'
import { readPassword } from './initialize-data.ts'
import { type Keeper, openKeeper } from './keeper.ts'
import { type Listen, logFile, removeSocketFolder, type Started, startPostmaster } from './postmaster.ts'

export interface Entered {
  readonly keeper: Keeper
  readonly config: DatabaseConfig
  /** The server ran already. */
  readonly joined: boolean
}

export interface EnterOptions extends Listen {
  readonly binaries: string
  readonly onProgress: (message: string) => void
}

/** Recovery after a crash can take minutes. */
const RECOVERY_MS = 600_000
/** How long a server may refuse to answer, and how long the processes of a killed one may take to end. */
const SILENCE_MS = 30_000

/** Call it under the folder's lock. */
export async function enterServer(home: Home, options: EnterOptions): Promise<Entered> {
  const begun = Date.now()
  let started: Started | undefined
  let told = false
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 100)) {
    const elapsedMs = Date.now() - begun
    const failure = started?.failure()
    if (failure && (!isAboutLeftovers(failure) || elapsedMs > SILENCE_MS)) {
      await removeSocketFolder(started?.socketFolder)
      throw failure
    }
    if (failure) started = undefined

    const running = findPostmaster(home)
    if (!running && !started) {
      options.onProgress('Starting PostgreSQL')
      started = await startPostmaster(home, options.binaries, options)
    } else if (running?.ready) {
      try {
        return { ...(await joinServer(running, home)), joined: !started }
      } catch (error) {
        // It may have begun to shut down just now.
        if (elapsedMs > SILENCE_MS) throw describeSilence(running, home, error)
      }
    } else if (elapsedMs > RECOVERY_MS) {
      throw new EmbeddedError(`PostgreSQL does not come up in ${home.data}; see ${logFile(home)}.`)
    }
    if (!told && elapsedMs > 2_000) options.onProgress('Waiting for PostgreSQL, which may be recovering')
    told ||= elapsedMs > 2_000
    await sleep(failure ? 200 : pauseMs)
  }
}

/** Opens a session on a running server. */
export async function joinServer(running: Postmaster, home: Home) {
  const config = await configOf(running, home)
  const keeper = await openKeeper(config)
  if (resolve(keeper.dataFolder) === home.data) return { keeper, config }
  await keeper.end()
  throw new EmbeddedError(`the server there has its data in ${keeper.dataFolder}`)
}

async function configOf({ port, socketFolder }: Postmaster, home: Home): Promise<DatabaseConfig> {
  const common = { port, user: 'postgres', database: 'postgres', ssl: false } as const
  if (socketFolder) return { host: socketFolder, ...common }
  return { host: '127.0.0.1', ...common, password: await readPassword(home) }
}

function describeSilence({ pid, port, socketFolder }: Postmaster, home: Home, cause: unknown): EmbeddedError {
  return new EmbeddedError(
    `A server runs for ${home.data} (process ${pid}), but does not let this process in at ` +
      `${socketFolder ?? `127.0.0.1:${port}`}: ${messageOf(cause)}. Was it started by another user? ` +
      `Start Colonnade as that user, or choose another folder. The server's log is ${logFile(home)}.`,
    { cause },
  )
}

/** Processes of a server that was killed may need a moment to notice it; they must be gone before the next start. */
function isAboutLeftovers(failure: EmbeddedError): boolean {
  return /still in use|lock file ".*" already exists/.test(failure.message)
}
