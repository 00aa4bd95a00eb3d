// Puts a whole server together: connects, introspects, compiles, listens; builds the next API aside and swaps it in.
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Database } from './databases/database.ts'
import { handleRequest } from './handle-request.ts'
import { checkLoopbackHost, isLoopback } from './http/check-host.ts'
import { followConnections, type StopOptions } from './http/follow-connections.ts'
import { type HttpTimeouts, makeHttpServer } from './http/make-http-server.ts'
import { nodeHandler } from './http/node-handler.ts'
import { type IdentityOptions, makeIdentity } from './identity/identify.ts'
import { type Operation, type OperationOptions, startOperation } from './operation/start-operation.ts'
import { type HttpRequest, type HttpResponse, header } from './request/http-request.ts'
import { addVary } from './respond/add-vary.ts'
import { respondError } from './respond/respond-error.ts'
import { makeRuntime, type Runtime } from './runtime.ts'
import { compileApi } from './schema/compile-api.ts'
import { defineTables } from './schema/define-tables.ts'
import { openDefinition } from './schema/open-definition.ts'
import type { ApiDefinition } from './schema/resource-definition.ts'
import { compileAllInputs } from './validation/compile-all-inputs.ts'

export interface ServerOptions extends IdentityOptions, OperationOptions {
  readonly database: Database
  /** Called at the start and at every reload; `open` serves every table to anyone on this machine. */
  readonly api: (() => ApiDefinition | Promise<ApiDefinition>) | 'open'
  readonly host?: string
  /** 0 for any free one. */
  readonly port?: number
  readonly timeouts?: HttpTimeouts
  /** How it stops: at once, and 5 s longer than a statement may take, where nothing else is said. */
  readonly stop?: Partial<StopOptions>
  readonly onError?: (error: unknown, requestId?: string) => void
  readonly onReload?: (runtime: Runtime) => void
}

export interface RunningServer {
  /** With the base path: `http://127.0.0.1:8080/api` */
  readonly url: string
  readonly port: number
  /** Where metrics are read, if anywhere. */
  readonly metricsUrl: string | undefined
  readonly server: Server
  runtime(): Runtime
  /** Introspects and compiles again; what is served stays as it is until the new one is whole. */
  reload(): Promise<void>
  /** Is not ready from now on, answers what runs, then closes the listener and the database. */
  close(): Promise<void>
}

/**
 * @throws DefinitionError where the API does not fit the database, ApiError `unavailable` where there is no database
 * @throws Error for an open server in production, or on an address that others can reach
 */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 0 } = options
  const open = options.api === 'open'
  if (open && process.env.NODE_ENV === 'production')
    throw new Error(
      'An open API is refused in production (NODE_ENV=production). Write an api.ts that says who may see what.',
    )
  if (open && !isLoopback(host))
    throw new Error(`An open API listens on a loopback address only, such as 127.0.0.1, not on ${host}.`)
  const state = { isBuilt: false, isStopping: false, listens: true }
  const operation = await startOperation(options.database, () => state, options)
  try {
    return await startServer({ ...options, host, port }, operation, state)
  } catch (error) {
    await operation.close()
    throw error
  }
}

async function startServer(
  options: ServerOptions & { readonly host: string; readonly port: number },
  operation: Operation,
  state: { isBuilt: boolean; isStopping: boolean; listens: boolean },
): Promise<RunningServer> {
  const { host, port } = options
  const { database } = operation
  const open = options.api === 'open'
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
  const openSecret = randomUUID()
  const build = async (): Promise<Runtime> => {
    const schema = await database.introspect()
    const definition = options.api === 'open' ? openDefinition(defineTables(schema)) : await options.api()
    const api = compileApi(definition, schema, database.sqlTypeOf)
    const secret = api.secret ?? (open ? openSecret : await database.secret())
    const onError = (error: unknown, requestId: string) => {
      operation.failed(error, requestId)
      options.onError?.(error, requestId)
      if (database.isSchemaChange(error)) followSchema()
    }
    const inputs = compileAllInputs(definition, api, schema)
    return makeRuntime({ api, inputs, database, identify, challenge, secret, onError })
  }

  let runtime = await build()
  operation.follow(runtime)
  const reload = oneAtATime(async () => {
    const next = await build()
    // Lost while it was built: what changes from now on would not be heard.
    if (!state.listens) next.answers?.distrust()
    runtime = next
    operation.follow(runtime)
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

  const { urlBytes, headerBytes } = runtime.api.limits
  const connections = followConnections()
  const street = (http: HttpRequest) => (open ? answerOpen(http, runtime) : handleRequest(http, runtime))
  const signed = async (http: HttpRequest) => addVary(await street(http), 'Signature-Input')
  const handler = nodeHandler(
    operation.around(signatures ? signed : street, () => runtime),
    { isLast: connections.isLast },
  )
  const server = makeHttpServer(
    (request, response) => {
      if (connections.takes(request, response)) handler(request, response)
    },
    urlBytes + headerBytes,
    options.timeouts,
  )
  connections.follow(server)
  try {
    // Once changes are heard: what was revoked before is in the tables.
    await identity.start()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (error) {
    await stopListening()
    throw error
  }
  state.isBuilt = true
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    state.isStopping = true
    // A statement ends by its time limit; who then still sends or reads is not waited for.
    const timeoutMs = runtime.api.statementTimeoutMs + 5_000
    await connections.stop({ delayMs: 0, timeoutMs, ...options.stop })
    // Until the last answer, what is kept has to hear of changes.
    await stopListening()
    await identity.close()
    await operation.close()
    await database.close()
  }
  const { port: listening } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}${runtime.api.basePath}`,
    port: listening,
    metricsUrl: operation.metricsUrl,
    server,
    runtime: () => runtime,
    reload,
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
