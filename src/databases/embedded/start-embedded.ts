// Gives a folder a PostgreSQL server of its own, shared by every process that asks for the same folder.
import { chooseHome, type Home, SHARED_FOLDER } from './choose-home.ts'
import { type DatabaseConfig, toDatabaseUrl } from './database-config.ts'
import { codeOf, EmbeddedError, messageOf } from './embedded-error.ts'
import { type Entered, enterServer, joinServer } from './enter-server.ts'
import { findBinaries } from './find-binaries.ts'
import { findPostmaster } from './find-postmaster.ts'
import { withFolderLock } from './folder-lock.ts'
import { initializeData, isInitialized } from './initialize-data.ts'
import { removeSocketFolder, stopPostmaster, type Transport } from './postmaster.ts'
import { prepareBinaries } from './prepare-binaries.ts'

export interface EmbeddedOptions {
  /** The folder of the database; made where it is missing. */
  readonly dir: string
  /** Hears, in a few words each, what is being done: `Creating the database in ./data`. */
  readonly onProgress?: (message: string) => void
  /** As `process.platform` and `process.arch` spell it; this machine's by default. */
  readonly platform?: string
  /** A Unix socket in a private folder; on Windows, loopback with a random port and password. */
  readonly transport?: Transport
}

export interface EmbeddedDatabase {
  /** For `pg` and libpq. */
  readonly url: string
  readonly config: DatabaseConfig
  /** Such as `18.4`. */
  readonly version: string
  /** Another process had the server running already. */
  readonly joined: boolean
  /** The folder that was asked for, as a real path. */
  readonly dir: string
  /** Where data, log and password are: `dir`, or below /var/lib/colonnade when the server's user cannot enter `dir`. */
  readonly home: string
  /** Lets go of the server; stops it when no other process uses it. */
  stop(): Promise<void>
}

interface Place {
  readonly home: Home
  readonly binaries: string
  readonly transport: Transport
  readonly onProgress: (message: string) => void
}

/**
 * Starts the server of a folder, or joins the one that runs.
 *
 * Who stops it: every process that uses a server holds a session on it with a shared lock. The last one that calls
 * `stop()` stops the server. A process that is killed loses its session, and counts no more; when it was the last, the
 * server lives on until another process joins and leaves it. Entering and leaving happen under the folder's lock, so
 * that nobody joins a server that is about to stop.
 *
 * While a process uses the server, it also sees to it that the server runs: one that was killed is started again, and
 * recovers what was committed.
 *
 * @throws EmbeddedError, with a message for a person, when the platform, the folder or the user make it impossible
 * @example const database = await startEmbedded({ dir: '.colonnade' })
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const found = findBinaries(options.platform)
  const onProgress = options.onProgress ?? (() => undefined)
  const home = await chooseHome(options.dir)
  if (home.home !== home.dir)
    onProgress(`Keeping the data in ${home.home}, as the server's user cannot enter ${home.dir}`)
  const transport = options.transport ?? (process.platform === 'win32' ? 'loopback' : 'socket')

  return explainDenial(home, async () => {
    const onWait = (pid: number) => onProgress(`Waiting for process ${pid}, which is starting or stopping the database`)
    const binaries = await prepareBinaries(found, home.account, home.account ? SHARED_FOLDER : home.home)
    const place: Place = { home, binaries, transport, onProgress }
    const major = String(Number.parseInt(found.key, 10))
    const entered = await withFolderLock(
      home.home,
      async () => {
        if (!(await isInitialized(home, major))) {
          onProgress(`Creating the database in ${home.home}`)
          await initializeData(home, binaries)
        }
        return enterServer(home, place)
      },
      { onWait },
    )
    return holdServer(place, entered)
  })
}

function holdServer(place: Place, first: Entered): EmbeddedDatabase {
  const { home, onProgress } = place
  let current = first
  let stopping: Promise<void> | undefined
  let reviving: Promise<void> = Promise.resolve()
  let revivals: readonly number[] = []

  const watch = ({ keeper }: Entered) =>
    void keeper.ended.then(() => {
      if (!stopping) reviving = revive()
    })
  const revive = async () => {
    const now = Date.now()
    revivals = [...revivals.filter(time => now - time < 60_000), now]
    if (revivals.length > 5) return onProgress('PostgreSQL ended more than five times in a minute, and is left alone')
    try {
      await withFolderLock(home.home, async () => {
        // Never create the data anew here: a folder that was removed was removed on purpose.
        if (stopping || !(await isInitialized(home, first.keeper.version.split('.')[0] ?? ''))) return
        onProgress('PostgreSQL ended unexpectedly')
        // At the same address, which others have already.
        current = await enterServer(home, { ...place, port: first.config.port })
        watch(current)
      })
    } catch (error) {
      onProgress(`PostgreSQL could not be started again: ${messageOf(error)}`)
    }
  }
  watch(first)

  const { config } = first
  return {
    url: toDatabaseUrl(config),
    config,
    version: first.keeper.version,
    joined: first.joined,
    dir: home.dir,
    home: home.home,
    stop: () => {
      stopping ??= reviving.then(() => leaveServer(place, current))
      return stopping
    },
  }
}

async function leaveServer(place: Place, entered: Entered): Promise<void> {
  // The keeper's session does not keep the process from ending, which must not happen half-way.
  const alive = setInterval(() => undefined, 60_000)
  try {
    await letGoOfServer(place, entered)
  } finally {
    clearInterval(alive)
  }
}

async function letGoOfServer({ home, binaries }: Place, { keeper: held }: Entered): Promise<void> {
  await withFolderLock(home.home, async () => {
    const running = findPostmaster(home)
    if (!running) return
    const keeper = held.isOpen() ? held : (await joinServer(running, home)).keeper
    const last = await keeper.letGo()
    await keeper.end()
    if (!last) return
    await stopPostmaster(home, binaries, running)
    await removeSocketFolder(running.socketFolder)
  })
}

async function explainDenial<T>(home: Home, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof EmbeddedError || !['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) throw error
    throw new EmbeddedError(
      `The embedded database in ${home.home} belongs to another user, or its folder cannot be written: ` +
        `${messageOf(error)}. Start Colonnade as the user who made it, or choose another folder.`,
      { cause: error },
    )
  }
}
