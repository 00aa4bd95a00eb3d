// The worker of a running API: begins with the first request resource that there is, and follows every reload.
import type { Database } from './databases/database.ts'
import type { ExportQuery } from './jobs/export-query.ts'
import type { RunQuery } from './jobs/perform-attempt.ts'
import { type Queue, queuesOf } from './jobs/queue.ts'
import type { Caller } from './jobs/run-as.ts'
import { startWorker, type Worker, type WorkerOptions } from './jobs/worker.ts'
import type { Operation } from './operation/start-operation.ts'
import { makeReports } from './reports/make-report.ts'
import type { ReportStorage } from './reports/report-storage.ts'
import { type Sweeper, startSweeper } from './reports/sweep-reports.ts'
import { makeExportQuery, makeRunQuery } from './run-query.ts'
import type { Runtime } from './runtime.ts'

export interface Work {
  follow(runtime: Runtime): Promise<void>
  /** The requests of these resources are performed. */
  queues(): readonly Queue[]
  stop(): Promise<void>
}

export interface WorkSurroundings {
  readonly database: Database
  readonly storage: ReportStorage
  readonly operation: Pick<Operation, 'attempted' | 'followRequests'>
  readonly onError: (error: unknown) => void
}

/** @param options false where another process performs them */
export function followWork(
  options: boolean | WorkerOptions,
  { database, operation, storage, onError }: WorkSurroundings,
): Work {
  let worker: Worker | undefined
  let queues: readonly Queue[] = []
  let runtime: Runtime | undefined
  let following: Promise<void> = Promise.resolve()
  let isStopping = false
  const versionOf = ({ version = '' }: Caller) => runtime?.versions.get(version) ?? (runtime as Runtime)
  const query: RunQuery = (caller, ...rest) => makeRunQuery(() => versionOf(caller))(caller, ...rest)
  const exportQuery: ExportQuery = (caller, ...rest) => makeExportQuery(() => versionOf(caller))(caller, ...rest)
  const report = makeReports({ storage, onError })
  let sweeper: Sweeper | undefined
  const surroundings = {
    ...{ database, query, exportQuery, report, onError },
    onEnded: operation.attempted,
    onChanged: () => runtime?.answers?.changed([]),
  }
  return {
    queues: () => queues,
    follow(next) {
      // Two reloads at once would begin two workers, of which one is never stopped.
      following = following.catch(() => undefined).then(() => begin(next))
      return following
    },
    async stop() {
      isStopping = true
      await following.catch(() => undefined)
      await worker?.stop()
      await sweeper?.stop()
    },
  }

  async function begin(next: Runtime): Promise<void> {
    if (isStopping) return
    runtime = next
    queues = queuesOf([...next.versions.values()].map(({ api }) => api))
    operation.followRequests(queues, database)
    if (options === false) return
    if (queues.some(({ request }) => request.report)) sweeper ??= startSweeper(storage, () => queues, database, onError)
    if (worker) await worker.follow(queues)
    else if (queues.length > 0) worker = await startWorker(queues, surroundings, options === true ? {} : options)
  }
}
