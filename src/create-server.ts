// Puts a whole server together: connects, introspects, compiles, listens; builds the next API aside and swaps it in.
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Database } from './databases/database.ts'
import { handleRequest } from './handle-request.ts'
import { checkLoopbackHost, isLoopback } from './http/check-host.ts'
import { followConnections } from './http/close-server.ts'
import { type HttpTimeouts, makeHttpServer } from './http/make-http-server.ts'
import { nodeHandler } from './http/node-handler.ts'
import { makeIdentify } from './identity/identify.ts'
import type { JwtOptions } from './identity/identify-jwt.ts'
import { type HttpRequest, type HttpResponse, header } from './request/http-request.ts'
import { respondError } from './respond/respond-error.ts'
import { makeRuntime, type Runtime } from './runtime.ts'
import { compileVersions } from './schema/compile-versions.ts'
import { defineTables } from './schema/define-tables.ts'
import { openDefinition } from './schema/open-definition.ts'
import type { ApiDefinition } from './schema/resource-definition.ts'

export interface ServerOptions {
  readonly database: Database
  /** Called at the start and at every reload; `open` serves every table to anyone on this machine. */
  readonly api: (() => ApiDefinition | Promise<ApiDefinition>) | 'open'
  readonly jwt?: JwtOptions
  readonly host?: string
  /** 0 for any free one. */
  readonly port?: number
  readonly timeouts?: HttpTimeouts
  readonly onError?: (error: unknown, requestId?: string) => void
  readonly onReload?: (runtime: Runtime) => void
}

export interface RunningServer {
  /** With the base path: `http://127.0.0.1:8080/api` */
  readonly url: string
  readonly port: number
  readonly server: Server
  runtime(): Runtime
  /** Introspects and compiles again; what is served stays as it is until the new one is whole. */
  reload(): Promise<void>
  /** Answers what runs, then closes the listener and the database. */
  close(): Promise<void>
}

/**
 * @throws DefinitionError where the API does not fit the database, ApiError `unavailable` where there is no database
 * @throws Error for an open server in production, or on an address that others can reach
 */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { database, host = '127.0.0.1', port = 0 } = options
  const open = options.api === 'open'
  if (open && process.env.NODE_ENV === 'production')
    throw new Error(
      'An open API is refused in production (NODE_ENV=production). Write an api.ts that says who may see what.',
    )
  if (open && !isLoopback(host))
    throw new Error(`An open API listens on a loopback address only, such as 127.0.0.1, not on ${host}.`)
  const identify = makeIdentify(options)
  // An open server writes nothing into the database; its cursors live as long as it does.
  const openSecret = randomUUID()
  const build = async (): Promise<Runtime> => {
    const schema = await database.introspect()
    const definition = options.api === 'open' ? openDefinition(defineTables(schema)) : await options.api()
    const compiled = compileVersions(definition, schema, database.sqlTypeOf)
    const secret = compiled.api.secret ?? (open ? openSecret : await database.secret())
    const onError = (error: unknown, requestId: string) => {
      options.onError?.(error, requestId)
      if (database.isSchemaChange(error)) followSchema()
    }
    return makeRuntime({ ...compiled, database, identify, secret, onError })
  }

  let runtime = await build()
  let listens = true
  const reload = oneAtATime(async () => {
    const next = await build()
    // Lost while it was built: what changes from now on would not be heard.
    if (!listens) next.answers?.distrust()
    runtime = next
    options.onReload?.(runtime)
  })
  // A change that nobody notified of shows at the first statement that fails; a reload that fails is not tried at once again.
  let followedAt = Number.NEGATIVE_INFINITY
  const followSchema = () => {
    if (performance.now() - followedAt < 2_000) return
    followedAt = performance.now()
    reload().catch((error: unknown) => options.onError?.(error))
  }
  const stopListening = await database.listen({
    onMessage(payload) {
      listens = true
      const [word, ...tables] = payload.match(/[^\s,]+/g) ?? []
      if (payload === 'reload') reload().catch((error: unknown) => options.onError?.(error))
      // `changed public.videos, public.users`; without a table: any may have changed.
      if (word === 'changed') runtime.answers?.changed(tables)
    },
    // Until it listens again and is built anew, nobody tells of changes.
    onLost() {
      listens = false
      runtime.answers?.distrust()
    },
  })

  const { urlBytes, headerBytes } = runtime.api.limits
  let closing = false
  const handler = nodeHandler(http => (open ? answerOpen(http, runtime) : handleRequest(http, runtime)), {
    isClosing: () => closing,
  })
  const server = makeHttpServer(handler, urlBytes + headerBytes, options.timeouts)
  const closeServer = followConnections(server)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (error) {
    await stopListening()
    throw error
  }
  const { port: listening } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}${runtime.api.basePath}`,
    port: listening,
    server,
    runtime: () => runtime,
    reload,
    async close() {
      closing = true
      // A statement ends by its time limit; who then still sends or reads is not waited for.
      const closed = closeServer(runtime.api.statementTimeoutMs + 5_000)
      await stopListening()
      await closed
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
