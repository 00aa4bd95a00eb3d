// A worker without a server: compiles the API, performs its requests, and follows what changes.
import type { Database } from './databases/database.ts'
import { followWork, type Work } from './follow-work.ts'
import type { WorkerOptions } from './jobs/worker.ts'
import type { ListenerOptions } from './operation/operation-listener.ts'
import { startOperation } from './operation/start-operation.ts'
import { makeReportStorage } from './reports/report-storage.ts'
import { makeRuntime } from './runtime.ts'
import { compileVersions } from './schema/compile-versions.ts'
import type { ApiDefinition } from './schema/resource-definition.ts'
import type { StorageConfig } from './storage/open-storage.ts'

export interface WorkOptions {
  readonly database: Database
  /** Called at the start, and at every `NOTIFY colonnade, 'reload'`. */
  readonly api: () => ApiDefinition | Promise<ApiDefinition>
  readonly worker?: WorkerOptions
  readonly metrics?: ListenerOptions
  /** As that of the server: what one writes the other reads. */
  readonly storage?: StorageConfig
  /** Told what works less well than it might. */
  readonly warn?: (message: string) => void
  readonly onError?: (error: unknown) => void
}

export interface RunningWork extends Pick<Work, 'queues' | 'stop'> {
  readonly metricsUrl: string | undefined
}

/** @throws DefinitionError where the API does not fit the database, ApiError `unavailable` where there is no database */
export async function startWork({
  database,
  api,
  worker = {},
  metrics,
  storage: config,
  warn,
  onError = () => undefined,
}: WorkOptions): Promise<RunningWork> {
  const state = { isBuilt: false, isStopping: false, listens: true }
  const operation = await startOperation(database, () => state, { ...(metrics && { metrics }) })
  const storage = makeReportStorage(config, warn)
  const work = followWork(worker, { database: operation.database, operation, storage, onError })
  const build = async () => {
    const compiled = compileVersions(await api(), await database.introspect(), database.sqlTypeOf)
    // Nobody signs in here: who gave a request stands in its row.
    const identify = () => Promise.reject(new Error('A worker answers no requests.'))
    const secret = compiled.api.secret ?? (await database.secret())
    const runtime = makeRuntime({ ...compiled, database: operation.database, identify, secret, storage, onError })
    operation.follow(runtime)
    await work.follow(runtime)
  }
  try {
    await build()
  } catch (error) {
    await operation.close()
    throw error
  }
  state.isBuilt = true
  const unlisten = await database.listen({
    onMessage(payload) {
      state.listens = true
      if (payload === 'reload') build().catch(onError)
    },
    onLost() {
      state.listens = false
    },
  })
  return {
    metricsUrl: operation.metricsUrl,
    queues: work.queues,
    async stop() {
      state.isStopping = true
      await work.stop()
      await storage.close()
      await unlisten()
      await operation.close()
    },
  }
}
