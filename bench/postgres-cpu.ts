// Adds up the CPU time of a PostgreSQL server and of all its processes.
import { readdir, readFile } from 'node:fs/promises'

/** Linux counts in hundredths of a second, whatever the kernel does inside. */
const ticksPerSecond = 100

/**
 * CPU seconds since the server started, those of sessions that ended included.
 * @param postmaster process id
 * @returns null where there is no /proc
 */
export async function readPostgresCpu(postmaster: number): Promise<number | null> {
  const stats = await Promise.all((await processIds()).map(readStat))
  const own = stats.filter(stat => stat !== null && (stat.pid === postmaster || stat.parent === postmaster))
  if (own.length === 0) return null
  return own.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0) / ticksPerSecond
}

export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** utime, stime and, of children that ended and were waited for, cutime and cstime. */
  readonly ticks: number
}

/** @param text of /proc/PID/stat (proc(5)): the name in parentheses may itself hold spaces and parentheses */
export function parseStat(text: string): ProcessStat {
  const close = text.lastIndexOf(')')
  const fields = text
    .slice(close + 2)
    .split(' ')
    .map(Number)
  const ticks = fields.slice(11, 15).reduce((sum, one) => sum + one, 0)
  return { pid: Number.parseInt(text, 10), parent: fields[1] ?? 0, ticks }
}

async function processIds(): Promise<string[]> {
  return (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name))
}

/** Null for a process that ended meanwhile. */
async function readStat(pid: string): Promise<ProcessStat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return text === null ? null : parseStat(text)
}
