// Tells whether a process is running, such that a process id that was given out again is not mistaken for the old one.
import { readFileSync } from 'node:fs'

/**
 * A mark that stays the same for as long as the process lives, or `undefined` when no such process runs.
 * On Linux it is the process's start time, so a later process with the same id has another mark.
 */
export function processMark(pid: number): string | undefined {
  if (!hasProcess(pid)) return undefined
  if (process.platform !== 'linux') return 'running'
  try {
    // proc(5): the name stands in parentheses and may hold anything; the state follows it, the start time is 19 later.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    // A zombie has an id but runs nothing: in a container, the first process may never collect it.
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `started ${fields[19]}`
  } catch {
    return hasProcess(pid) ? 'running' : undefined
  }
}

/** Whether the system knows the id at all; also true for a zombie, as it is for PostgreSQL's own check. */
export function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
