// Starts and stops the server process of a data folder.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { handOver } from './account.ts'
import type { Home } from './choose-home.ts'
import { EmbeddedError } from './embedded-error.ts'
import { type Postmaster, readPidFile } from './find-postmaster.ts'
import { isSocketFolder, makeSocketFolder, SOCKET_PORT } from './make-socket-folder.ts'
import { hasProcess, processMark } from './process-mark.ts'
import { explainSpawnError, run, spawnOptions } from './run.ts'

export type Transport = 'socket' | 'loopback'

export interface Listen {
  readonly transport: Transport
  /** The port on loopback; a free one by default. */
  readonly port?: number
}

/** A server that was just started; it has a failure as soon as its process has ended. */
export interface Started {
  readonly failure: () => EmbeddedError | undefined
  readonly socketFolder: string | undefined
}

const MAX_LOG_BYTES = 10_000_000

/** Starts the server and returns at once, long before it answers. */
export async function startPostmaster(home: Home, binaries: string, listen: Listen): Promise<Started> {
  const socketFolder = listen.transport === 'socket' ? await makeSocketFolder(home) : undefined
  const settings = await settingsFor(socketFolder, listen.port)
  const log = logFile(home)
  const logStart = rotateLog(log)
  if (process.platform === 'win32') {
    // pg_ctl gives up an administrator's rights, which the server refuses to have.
    await run(
      join(binaries, 'bin', 'pg_ctl'),
      ['start', '-W', '-D', home.data, '-l', log, '-o', settings.join(' ')],
      home,
    )
    return { failure: () => undefined, socketFolder }
  }
  disownStalePidFile(home.data)
  const output = openSync(log, 'a', 0o600)
  // The next start may be by the server's user, and not by root.
  await handOver(log, home.account)
  let failure: EmbeddedError | undefined
  const program = join(binaries, 'bin', 'postgres')
  // In a session of its own: Ctrl+C in the terminal is for Colonnade, which stops the server when it is done with it.
  const child = spawn(program, ['-D', home.data, ...settings], {
    ...spawnOptions(home),
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  child.on('error', error => {
    failure = explainSpawnError(error, program)
  })
  child.on('exit', (code, signal) => {
    failure ??= new EmbeddedError(
      `PostgreSQL did not start in ${home.data} (${signal ?? `exit code ${code}`}). The end of ${log}:\n${readTail(log, logStart)}`,
    )
  })
  child.unref()
  return { failure: () => failure, socketFolder }
}

/** Asks for a fast shutdown and waits for the end. After a minute the server is told to stop at once and recover later. */
export async function stopPostmaster(home: Home, binaries: string, { pid }: Postmaster): Promise<void> {
  if (process.platform === 'win32') {
    await run(join(binaries, 'bin', 'pg_ctl'), ['stop', '-D', home.data, '-m', 'fast', '-t', '60'], home)
    return
  }
  const mark = processMark(pid)
  if (!mark) return
  process.kill(pid, 'SIGINT')
  const hurryAt = Date.now() + 60_000
  let hurried = false
  while (processMark(pid) === mark) {
    if (!hurried && Date.now() > hurryAt) {
      hurried = true
      process.kill(pid, 'SIGQUIT')
    }
    await sleep(10)
  }
}

/** Removes the socket's folder of a server that has ended; one that holds something is not ours to remove. */
export async function removeSocketFolder(folder: string | undefined): Promise<void> {
  if (!folder || !isSocketFolder(folder)) return
  await rmdir(folder).catch(() => undefined)
}

export function logFile({ home }: Home): string {
  return join(home, 'server.log')
}

/**
 * PostgreSQL refuses to start when the id in a stale postmaster.pid runs again as something else (in a container, ids
 * repeat at every start). Removing the file would also remove its guard against backends that still run, so only the
 * id is replaced, by the one of the parent that PostgreSQL overlooks: ours.
 */
function disownStalePidFile(data: string): void {
  const lines = readPidFile(data)
  if (!lines[0] || !hasProcess(Math.abs(Number(lines[0])))) return
  writeFileSync(join(data, 'postmaster.pid'), [String(process.pid), ...lines.slice(1)].join('\n'))
}

async function settingsFor(socketFolder: string | undefined, port: number | undefined): Promise<readonly string[]> {
  const settings = socketFolder
    ? {
        listen_addresses: '',
        port: SOCKET_PORT,
        unix_socket_directories: socketFolder,
        unix_socket_permissions: '0700',
      }
    : { listen_addresses: '127.0.0.1', port: port ?? (await freePort()), unix_socket_directories: '' }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer().on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address ? address.port : SOCKET_PORT))
  })
  return promise
}

/** Keeps one old log, and returns where the next line of the log will stand. */
function rotateLog(log: string): number {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0
  if (size < MAX_LOG_BYTES) return size
  renameSync(log, `${log}.1`)
  return 0
}

function readTail(log: string, from: number): string {
  return readFileSync(log).subarray(from).toString('utf8').trim().split('\n').slice(-15).join('\n')
}
