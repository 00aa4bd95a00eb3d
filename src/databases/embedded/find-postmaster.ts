// Finds the running server of a data folder.
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from './choose-home.ts'
import { SOCKET_PORT } from './make-socket-folder.ts'
import { processMark } from './process-mark.ts'

/** What postmaster.pid says of a running server. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** `undefined` when it listens on loopback. */
  readonly socketFolder: string | undefined
  /** False while it starts, recovers or shuts down; port and socket may not be known then. */
  readonly ready: boolean
}

/** The running server of the folder, whoever started it. A postmaster.pid that outlived its server counts for nothing. */
export function findPostmaster({ data }: Home): Postmaster | undefined {
  const lines = readPidFile(data)
  const pid = Math.abs(Number(lines[0]))
  if (!pid || !processMark(pid) || !servesFolder(pid, data)) return undefined
  // The server writes its file line by line while it starts; the eighth says how far it is.
  const ready = lines[7]?.trim() === 'ready'
  return { pid, port: Number(lines[3]) || SOCKET_PORT, socketFolder: lines[4]?.split(',')[0] || undefined, ready }
}

/** The lines of postmaster.pid: process id, data folder, start time, port, socket folder, address, memory, status. */
export function readPidFile(data: string): readonly string[] {
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
  if (process.platform === 'win32')
    return execFileSync('tasklist', ['/FI', `PID eq ${pid}`, '/NH'], { encoding: 'utf8' })
  return execFileSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' })
}
