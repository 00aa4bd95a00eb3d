// Puts a whole server together: connects, introspects, compiles, listens; builds the next API aside and swaps it in.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Database } from './databases/database.ts'
import { followWork } from './follow-work.ts'
import { handleRequest } from './handle-request.ts'
import { checkLoopbackHost, isLoopback } from './http/check-host.ts'
import { followConnections, type StopOptions } from './http/follow-connections.ts'
import { type Entrance, type EntranceOptions, makeEntrance } from './http/make-entrance.ts'
import { type ConnectionLimits, type HttpTimeouts, makeHttpServer } from './http/make-http-server.ts'
import { makeNodeHandler } from './http/node-handler.ts'
import { readTlsFiles, type TlsOptions } from './http/tls-files.ts'
import { makeFindClient, type ProxyOptions } from './http/trusted-proxies.ts'
import { type IdentityOptions, makeIdentity } from './identity/identify.ts'
import type { WorkerOptions } from './jobs/worker.ts'
import { type Operation, type OperationOptions, startOperation } from './operation/start-operation.ts'
import { type Client, type HttpRequest, type HttpResponse, header } from './request/http-request.ts'
import { addVary } from './respond/add-vary.ts'
import { respondError } from './respond/respond-error.ts'
import { makeRuntime, type Runtime } from './runtime.ts'
import { compileVersions } from './schema/compile-versions.ts'
import { defineTables } from './schema/define-tables.ts'
import { openDefinition } from './schema/open-definition.ts'
import type { ApiDefinition } from './schema/resource-definition.ts'

export interface MountOptions extends EntranceOptions, ProxyOptions, IdentityOptions, OperationOptions {
  readonly database: Database
  /** Called at the start and at every reload; `open` serves every table to anyone on this machine. */
  readonly api: (() => ApiDefinition | Promise<ApiDefinition>) | 'open'
  /** Performs the requests of request resources too, unless false (docs/requests.md). */
  readonly worker?: boolean | WorkerOptions
  readonly onError?: (error: unknown, requestId?: string) => void
  readonly onReload?: (runtime: Runtime) => void
}

export interface ServerOptions extends MountOptions {
  readonly host?: string
  /** 0 for any free one. */
  readonly port?: number
  /** Certificate and key from files; plain HTTP without. */
  readonly tls?: TlsOptions
  readonly timeouts?: HttpTimeouts
  readonly connections?: ConnectionLimits
  /** How it stops: at once, and 5 s longer than a statement may take, where nothing else is said. */
  readonly stop?: Partial<StopOptions>
}

/** An API that answers, on whatever server hands it requests: `nodeHandler`, `fastifyPlugin`. */
export interface MountableApi extends Pick<Entrance, 'enter' | 'fixedHeaders'> {
  readonly findClient: (request: IncomingMessage) => Client
  /** True from the call of `close` on. */
  isClosing(): boolean
  runtime(): Runtime
  /** Introspects and compiles again; what is served stays as it is until the new one is whole. */
  reload(): Promise<void>
  /** Closes the database, once nothing runs any more: close the server before. */
  close(): Promise<void>
}

export interface RunningServer extends MountableApi {
  /** With the base path: `http://127.0.0.1:8080/api` */
  readonly url: string
  readonly port: number
  /** Where metrics are read, if anywhere. */
  readonly metricsUrl: string | undefined
  readonly server: Server
  /** Introspects and compiles again, and reads certificate and key anew. */
  reload(): Promise<void>
  /** Is not ready from now on, answers what runs, then closes the listener and the database. */
  close(): Promise<void>
}

/**
 * @throws DefinitionError where the API does not fit the database, ApiError `unavailable` where there is no database
 * @throws Error for an open API in production
 */
export function mountApi(options: MountOptions): Promise<MountableApi> {
  return openApi(options)
}

interface OpenedApi extends MountableApi {
  readonly metricsUrl: string | undefined
  /** Is not ready from now on. */
  beginToStop(): void
  /** Hears of changes in the database no longer; `close` does that too. */
  stopListening(): Promise<void>
}

/** What tells whether the server is ready. */
interface State {
  isBuilt: boolean
  isStopping: boolean
  listens: boolean
}

async function openApi(options: MountOptions): Promise<OpenedApi> {
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
  // An open server writes nothing into the database, not even when a key was used last; its cursors live as long as it does.
  const clients = open ? false : options.clients
  const signatures = open ? undefined : options.signatures
  const failed = (error: unknown) => {
    operation.failed(error)
    options.onError?.(error)
  }
  const identity = makeIdentity({ jwt, clients, introspection, signatures, realm }, { database, onError: failed })
  const { identify, challenge } = identity
  const street = (http: HttpRequest) => (open ? answerOpen(http, runtime) : handleRequest(http, runtime))
  const signed = async (http: HttpRequest) => addVary(await street(http), 'Signature-Input')
  const watched = operation.around(signatures ? signed : street, () => runtime)
  const { enter, fixedHeaders } = makeEntrance(options, () => runtime, watched)
  const openSecret = randomUUID()
  const build = async (): Promise<Runtime> => {
    const schema = await database.introspect()
    const definition = options.api === 'open' ? openDefinition(defineTables(schema)) : await options.api()
    const compiled = compileVersions(definition, schema, database.sqlTypeOf)
    const secret = compiled.api.secret ?? (open ? openSecret : await database.secret())
    const onError = (error: unknown, requestId: string) => {
      operation.failed(error, requestId)
      options.onError?.(error, requestId)
      if (database.isSchemaChange(error)) followSchema()
    }
    return makeRuntime({ ...compiled, database, identify, challenge, secret, onError })
  }

  let runtime = await build()
  operation.follow(runtime)
  const work = followWork(options.worker ?? true, { database, operation, onError: failed })
  const reload = oneAtATime(async () => {
    const next = await build()
    // Lost while it was built: what changes from now on would not be heard.
    if (!state.listens) next.answers?.distrust()
    runtime = next
    operation.follow(runtime)
    await work.follow(runtime)
    operation.say('Reloaded.')
    options.onReload?.(runtime)
  })
  // A change that nobody notified of shows at the first statement that fails; a reload that fails is not tried at once again.
  let followedAt = Number.NEGATIVE_INFINITY
  const followSchema = () => {
    if (performance.now() - followedAt < 2_000) return
    followedAt = performance.now()
    reload().catch(failed)
  }
  const stopListening = await database.listen({
    onMessage(payload) {
      state.listens = true
      const [word, ...tables] = payload.match(/[^\s,]+/g) ?? []
      if (word === 'clients' || word === 'revoked') identity.told(word)
      if (payload === 'reload') identity.told('all')
      if (payload === 'reload') reload().catch(failed)
      // `changed public.videos, public.users`; without a table: any may have changed.
      if (word === 'changed') runtime.answers?.changed(tables)
    },
    // Until it listens again and is built anew, nobody tells of changes.
    onLost() {
      state.listens = false
      identity.lost()
      runtime.answers?.distrust()
    },
  })

  try {
    // Once changes are heard: what was revoked before is in the tables.
    await identity.start()
    await work.follow(runtime)
  } catch (error) {
    await stopListening()
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
    beginToStop() {
      state.isStopping = true
      // While the last requests are answered, what runs may end.
      work.stop().catch(failed)
    },
    runtime: () => runtime,
    reload,
    stopListening,
    async close() {
      state.isStopping = true
      await work.stop()
      await stopListening()
      await identity.close()
      await operation.close()
      await database.close()
    },
  }
}

/**
 * @throws as `mountApi`
 * @throws Error for an open server on an address that others can reach, and where certificate and key do not fit
 */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 0, timeouts = {}, connections } = options
  if (options.api === 'open' && !isLoopback(host))
    throw new Error(`An open API listens on a loopback address only, such as 127.0.0.1, not on ${host}.`)
  const files = options.tls && readTlsFiles(options.tls)
  const api = await openApi(options)
  const { urlBytes, headerBytes } = api.runtime().api.limits
  const followed = followConnections()
  const handler = makeNodeHandler(api.enter, {
    findClient: api.findClient,
    isLast: followed.isLast,
    stallMs: timeouts.stallMs ?? 60_000,
    bodyBytesPerSecond: timeouts.bodyBytesPerSecond ?? 1_000,
  })
  const taking: typeof handler = (request, response, asksFirst) => {
    if (followed.takes(request, response)) handler(request, response, asksFirst)
  }
  const server = makeHttpServer(taking, {
    maxHeaderBytes: urlBytes + headerBytes,
    timeouts,
    connections,
    tls: files?.context,
    headers: api.fixedHeaders,
  })
  followed.follow(server)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (error) {
    await api.stopListening()
    throw error
  }
  const { port: listening } = server.address() as AddressInfo
  const secured = server instanceof TlsServer && files ? { server, files } : undefined
  const unfollow = secured?.files.follow(secured.server, error => options.onError?.(error))
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    api.beginToStop()
    unfollow?.()
    // A statement ends by its time limit; who then still sends or reads is not waited for.
    const timeoutMs = api.runtime().api.statementTimeoutMs + 5_000
    await followed.stop({ delayMs: 0, timeoutMs, ...options.stop })
    // Until the last answer, what is kept has to hear of changes.
    await api.close()
  }
  return {
    ...api,
    url: `${files ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${listening}${api.runtime().api.basePath}`,
    port: listening,
    server,
    async reload() {
      secured?.files.reload(secured.server)
      await api.reload()
    },
    close() {
      closing ??= close()
      return closing
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

/** Runs do not overlap; one asked for meanwhile comes after, once however often it was asked for. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  return () => {
    waiting ??= running
      .catch(() => undefined)
      .then(() => {
        waiting = undefined
        running = work()
        return running
      })
    return waiting
  }
}
