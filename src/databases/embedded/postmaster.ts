// Finds, starts and stops the server process of a data folder.
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, readlinkSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from './choose-home.ts'
import { EmbeddedError } from './embedded-error.ts'
import { makeSocketFolder, SOCKET_PORT } from './make-socket-folder.ts'
import { hasProcess, processMark } from './process-mark.ts'
import { explainSpawnError, run, spawnOptions } from './run.ts'

export type Transport = 'socket' | 'loopback'

export interface Listen {
  readonly transport: Transport
  /** The port on loopback; a free one by default. */
  readonly port?: number
}

/** What postmaster.pid says of a running server. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** `undefined` when it listens on loopback. */
  readonly socketFolder: string | undefined
  /** False while it starts, recovers or shuts down; port and socket may not be known then. */
  readonly ready: boolean
}

/** A server that was just started; `failure` settles when its process ends. */
export interface Started {
  readonly failure: () => EmbeddedError | undefined
}

const MAX_LOG_BYTES = 10_000_000

/** The running server of the folder, whoever started it. A postmaster.pid that outlived its server counts for nothing. */
export function findPostmaster({ data }: Home): Postmaster | undefined {
  const lines = readPidFile(data)
  const pid = Math.abs(Number(lines[0]))
  if (!pid || !processMark(pid) || !servesFolder(pid, data)) return undefined
  // The server writes its file line by line while it starts; the eighth says how far it is.
  const ready = lines[7]?.trim() === 'ready'
  return { pid, port: Number(lines[3]) || SOCKET_PORT, socketFolder: lines[4]?.split(',')[0] || undefined, ready }
}

/** Starts the server and returns at once, long before it answers. */
export async function startPostmaster(home: Home, binaries: string, listen: Listen): Promise<Started> {
  const settings = await settingsFor(home, listen)
  const log = logFile(home)
  const logStart = rotateLog(log)
  if (process.platform === 'win32') {
    // pg_ctl gives up an administrator's rights, which the server refuses to have.
    await run(join(binaries, 'bin', 'pg_ctl'), ['start', '-W', '-D', home.data, '-l', log, '-o', settings.join(' ')], home)
    return { failure: () => undefined }
  }
  disownStalePidFile(home.data)
  const output = openSync(log, 'a', 0o600)
  let failure: EmbeddedError | undefined
  const program = join(binaries, 'bin', 'postgres')
  // In a session of its own: Ctrl+C in the terminal is for Colonnade, which stops the server when it is done with it.
  const child = spawn(program, ['-D', home.data, ...settings], {
    ...spawnOptions(home),
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  child.on('error', (error) => {
    failure = explainSpawnError(error, program)
  })
  child.on('exit', (code, signal) => {
    failure ??= new EmbeddedError(
      `PostgreSQL did not start in ${home.data} (${signal ?? `exit code ${code}`}). The end of ${log}:\n${readTail(log, logStart)}`,
    )
  })
  child.unref()
  return { failure: () => failure }
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

export function logFile({ home }: Home): string {
  return join(home, 'server.log')
}

function readPidFile(data: string): readonly string[] {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return []
  }
}

/** Whether the process is a server, and not another program that was given the id of one that was killed. */
function servesFolder(pid: number, data: string): boolean {
  try {
    // A postmaster works in its data folder. Where /proc tells that, it is the surest sign.
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === data
  } catch {
    // Another user's processes show no more than their command line.
  }
  try {
    return /postgres/i.test(commandOf(pid))
  } catch {
    return true
  }
}

function commandOf(pid: number): string {
  if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')[0] ?? ''
  if (process.platform === 'win32') return execFileSync('tasklist', ['/FI', `PID eq ${pid}`, '/NH'], { encoding: 'utf8' })
  return execFileSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' })
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

async function settingsFor(home: Home, { transport, port }: Listen): Promise<readonly string[]> {
  const settings =
    transport === 'loopback'
      ? { listen_addresses: '127.0.0.1', port: port ?? (await freePort()), unix_socket_directories: '' }
      : {
          listen_addresses: '',
          port: SOCKET_PORT,
          unix_socket_directories: await makeSocketFolder(home),
          unix_socket_permissions: '0700',
        }
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
