// Removes from storage what no report has any more: expired files, and those of attempts that came to nothing.
import type { Database } from '../databases/database.ts'
import { textOf } from '../formats/rows.ts'
import { prepared, type Queue } from '../jobs/queue.ts'
import type { Storage, Swept } from '../storage/storage.ts'
import type { ReportStorage } from './report-storage.ts'

/** A file is written a little before its row says so: younger ones are left alone, whatever rows say. */
const settledMs = 60 * 60_000
/** An upload is as old as its beginning. */
const unfinishedMs = 24 * 60 * 60_000
const sweepEveryMs = 10 * 60_000

/** @param queues those of reports: what none of them names is removed */
export function sweepReports(
  storage: Storage,
  queues: readonly Queue[],
  database: Database,
  { olderThanMs = settledMs }: { readonly olderThanMs?: number } = {},
): Promise<Swept> {
  const now = Date.now()
  return storage.sweep({
    expiredBefore: new Date(now - olderThanMs),
    unfinishedBefore: new Date(now - unfinishedMs),
    async isKept(names) {
      const kept = new Set<string>()
      for (const queue of queues)
        for (const name of await database.read(findKept(queue, names), { isGone: () => false }, rows =>
          Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0) ?? ''),
        ))
          kept.add(name)
      return kept
    },
  })
}

function findKept({ table }: Queue, names: readonly string[]) {
  return prepared(`select content_name from ${table} where content_name = any($1::text[]) and expires_at > now()`, [
    names,
  ])
}

export interface Sweeper {
  stop(): Promise<void>
}

/** Sweeps soon, and then every ten minutes, until it is stopped; what fails is tried again the next time. */
export function startSweeper(
  storage: ReportStorage,
  queues: () => readonly Queue[],
  database: Database,
  onError: (error: unknown) => void,
): Sweeper {
  let sweeping: Promise<unknown> = Promise.resolve()
  async function sweep(): Promise<void> {
    const reports = queues().filter(({ request }) => request.report !== null)
    if (reports.length > 0) await sweepReports(await storage.open(), reports, database)
  }
  const begin = () => {
    sweeping = sweeping.then(sweep).catch(onError)
  }
  const first = setTimeout(begin, 1_000)
  const timer = setInterval(begin, sweepEveryMs)
  timer.unref()
  first.unref()
  return {
    async stop() {
      clearTimeout(first)
      clearInterval(timer)
      await sweeping
    },
  }
}
