// Gives the commands that come by the clock: each time once, however many workers there are.
import type { Database } from '../databases/database.ts'
import type { RequestSchedule } from '../schema/model.ts'
import { findLastScheduled, insertScheduled, readLastScheduled } from './insert-scheduled.ts'
import type { Queue } from './queue.ts'

/** What was missed while no worker ran is made up for once, where it is not longer ago. */
const lookBackMs = 24 * 60 * 60 * 1_000
/** A timer of node holds 31 bits. */
const longestMs = 24 * 60 * 60 * 1_000

export interface Scheduler {
  stop(): Promise<void>
}

export interface SchedulerSurroundings {
  readonly database: Database
  readonly onError: (error: unknown) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export function startScheduler(queue: Queue, { database, onError, now }: SchedulerSurroundings): Scheduler {
  const timers = new Set<NodeJS.Timeout>()
  let isStopped = false
  let working: Promise<void> = Promise.resolve()

  function later(work: () => Promise<void>, ms: number): void {
    if (isStopped) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      working = work().catch(error => {
        onError(error)
        // The same again, which the next look into the table finds.
        later(work, 1_000)
      })
    }, ms)
    timers.add(timer)
  }

  async function follow(schedule: RequestSchedule): Promise<void> {
    const known = await database.read(
      findLastScheduled(queue, schedule.name),
      { isGone: () => false },
      readLastScheduled,
    )
    // A schedule that is new begins with its next time.
    const due = known === null ? null : latestDue(schedule, new Date(Math.max(known, now() - lookBackMs)), now())
    if (due) await fire(schedule, due)
    await wait(schedule, new Date(now()))
  }

  async function wait(schedule: RequestSchedule, after: Date): Promise<void> {
    const at = schedule.next(after)
    if (!at) return
    const ms = at.getTime() - now()
    if (ms > longestMs) return later(() => wait(schedule, after), longestMs)
    later(
      async () => {
        // A timer may come a little early, and then the time is still to come.
        if (now() < at.getTime()) return wait(schedule, after)
        await fire(schedule, at)
        await wait(schedule, at)
      },
      Math.max(ms, 1),
    )
  }

  async function fire(schedule: RequestSchedule, at: Date): Promise<void> {
    const row = typeof schedule.row === 'function' ? schedule.row(at) : schedule.row
    await database.write(insertScheduled(queue, schedule.name, at, row), () => undefined)
  }

  for (const schedule of queue.request.schedules) later(() => follow(schedule), 0)
  return {
    async stop() {
      isStopped = true
      for (const timer of timers) clearTimeout(timer)
      await working
    },
  }
}

/** The last time that has come since; null for none. */
export function latestDue({ next }: Pick<RequestSchedule, 'next'>, since: Date, nowMs: number): Date | null {
  let latest: Date | null = null
  for (let at = next(since); at && at.getTime() <= nowMs; at = next(at)) latest = at
  return latest
}
