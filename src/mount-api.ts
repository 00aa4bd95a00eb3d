// Opens an API that answers on whatever server hands it requests: identity, entrance, operation and the runtime that is served.
import type { IncomingMessage } from 'node:http'
import type { Database } from './databases/database.ts'
import { followWork } from './follow-work.ts'
import { makeFollowers } from './following/followers.ts'
import { handleRequest } from './handle-request.ts'
import { checkLoopbackHost } from './http/check-host.ts'
import { type Entrance, type EntranceOptions, makeEntrance } from './http/make-entrance.ts'
import { makeFindClient, type ProxyOptions } from './http/trusted-proxies.ts'
import { type IdentityOptions, makeIdentity } from './identity/identify.ts'
import type { WorkerOptions } from './jobs/worker.ts'
import { keepRuntime, type ServedOptions } from './keep-runtime.ts'
import { type Operation, type OperationOptions, startOperation } from './operation/start-operation.ts'
import { makeReportStorage } from './reports/report-storage.ts'
import { type Client, type HttpRequest, type HttpResponse, header } from './request/http-request.ts'
import { addVary } from './respond/add-vary.ts'
import { respondError } from './respond/respond-error.ts'
import type { Runtime } from './runtime.ts'
import type { StorageConfig } from './storage/open-storage.ts'

export interface MountOptions extends ServedOptions, EntranceOptions, ProxyOptions, IdentityOptions, OperationOptions {
  readonly database: Database
  /** Performs the requests of request resources too, unless false (docs/requests.md). */
  readonly worker?: boolean | WorkerOptions
  /** Where the content of reports is kept: the folder .colonnade/storage when left out (docs/reports.md). */
  readonly storage?: StorageConfig
}

/** An API that answers, on whatever server hands it requests: `nodeHandler`, `fastifyPlugin`. */
export interface MountableApi extends Pick<Entrance, 'enter' | 'fixedHeaders'> {
  readonly findClient: (request: IncomingMessage) => Client
  /** True from the call of `close` on. */
  isClosing(): boolean
  runtime(): Runtime
  /** Introspects and compiles again; what is served stays as it is until the new one is whole. */
  reload(): Promise<void>
  /** Answers what is held, as it is now, and ends event streams: for a host that is about to close. */
  release(): void
  /** Closes the database, once nothing runs any more: close the server before. */
  close(): Promise<void>
}

/**
 * @throws DefinitionError where the API does not fit the database, ApiError `unavailable` where there is no database
 * @throws Error for an open API in production
 */
export function mountApi(options: MountOptions): Promise<MountableApi> {
  return openApi(options)
}

export interface OpenedApi extends MountableApi {
  readonly metricsUrl: string | undefined
  /** Says it in the log and to `onError`. */
  failed(error: unknown): void
  /** Counts what was no request. */
  broken(status: number): void
  /** Is not ready from now on, and holds nothing. */
  beginToStop(): void
  /** Lets go of all that it holds but the database, which is whose it was; `close` does that too. */
  leave(): Promise<void>
}

/** What tells whether the server is ready. */
interface State {
  isBuilt: boolean
  isStopping: boolean
  listens: boolean
}

/** @throws as `mountApi`; nothing is left open then */
export async function openApi(options: MountOptions): Promise<OpenedApi> {
  const state: State = { isBuilt: false, isStopping: false, listens: true }
  const operation = await startOperation(options.database, () => state, options)
  try {
    return await buildApi(options, operation, state)
  } catch (error) {
    await operation.close()
    throw error
  }
}

async function buildApi(options: MountOptions, operation: Operation, state: State): Promise<OpenedApi> {
  const { database } = operation
  const open = options.api === 'open'
  if (open && process.env.NODE_ENV === 'production')
    throw new Error(
      'An open API is refused in production (NODE_ENV=production). Write an api.ts that says who may see what.',
    )
  const findClient = makeFindClient(options)
  const { jwt, introspection, realm } = options
  // An open server writes nothing into the database, not even when a key was used last.
  const clients = open ? false : options.clients
  const signatures = open ? undefined : options.signatures
  const onError = (error: unknown, requestId?: string) => {
    operation.failed(error, requestId)
    options.onError?.(error, requestId)
  }
  const identity = makeIdentity({ jwt, clients, introspection, signatures, realm }, { database, onError })
  const followers = makeFollowers(database)
  const storage = makeReportStorage(options.storage, operation.say)
  const work = followWork(options.worker ?? true, { database, operation, storage, onError })
  const served = keepRuntime(options.api, {
    database,
    identity,
    followers,
    storage,
    onServed(runtime, isReload) {
      operation.follow(runtime)
      if (!isReload) return
      // Whoever may see something else now, or nothing, asks again.
      followers.release()
      work.follow(runtime).catch(onError)
      operation.say('Reloaded.')
      options.onReload?.(runtime)
    },
    onError,
    onListening(listens) {
      state.listens = listens
    },
  })
  const answer = open ? answerOpen : handleRequest
  const street = (http: HttpRequest) => answer(http, served.current())
  const signed = async (http: HttpRequest) => addVary(await street(http), 'Signature-Input')
  const watched = operation.around(signatures ? signed : street, served.current)
  const { enter, fixedHeaders } = makeEntrance(options, served.current, watched)
  async function leave(): Promise<void> {
    state.isStopping = true
    await followers.close()
    await work.stop()
    await storage.close()
    await served.stop()
    await identity.close()
    await operation.close()
  }
  await served.start()
  try {
    // Once changes are heard: what was revoked before is in the tables.
    await identity.start()
    await work.follow(served.current())
  } catch (error) {
    await served.stop()
    await identity.close()
    throw error
  }
  state.isBuilt = true
  return {
    // Who looks whether the server lives comes as it can, without TLS and from nowhere.
    enter: (http, problem) => (problem ? undefined : operation.health(http)) ?? enter(http, problem),
    fixedHeaders,
    findClient,
    metricsUrl: operation.metricsUrl,
    isClosing: () => state.isStopping,
    failed: onError,
    broken: operation.broken,
    beginToStop() {
      state.isStopping = true
      followers.close().catch(onError)
      // While the last requests are answered, what runs may end.
      work.stop().catch(onError)
    },
    release: () => followers.release(),
    runtime: served.current,
    reload: served.reload,
    leave,
    async close() {
      await leave()
      await database.close()
    },
  }
}

/** An open server answers on loopback names only. */
async function answerOpen(http: HttpRequest, runtime: Runtime): Promise<HttpResponse> {
  try {
    checkLoopbackHost(header(http, 'host'))
  } catch (error) {
    return respondError(error, runtime.newRequestId(undefined), () => undefined)
  }
  return handleRequest(http, runtime)
}
