// Puts a whole server together: connects, introspects, compiles, listens; builds the next API aside and swaps it in.
import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { anonymous } from './access/principal.ts'
import type { Database } from './databases/database.ts'
import { handleRequest } from './handle-request.ts'
import { checkLoopbackHost } from './http/check-host.ts'
import { nodeHandler } from './http/node-handler.ts'
import { type Identify, identifyByJwt, type JwtOptions } from './identity/identify-jwt.ts'
import { header } from './request/http-request.ts'
import { respondError } from './respond/respond-error.ts'
import { makeRuntime, type Runtime } from './runtime.ts'
import { compileApi } from './schema/compile-api.ts'
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
 * @throws Error for an open server in production
 */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { database, host = '127.0.0.1', port = 0 } = options
  const open = options.api === 'open'
  if (open && process.env.NODE_ENV === 'production')
    throw new Error(
      'An open API is refused in production (NODE_ENV=production). Write an api.ts that says who may see what.',
    )
  const identify: Identify = options.jwt ? identifyByJwt(options.jwt) : () => anonymous
  const build = async (): Promise<Runtime> => {
    const schema = await database.introspect()
    const definition = options.api === 'open' ? openDefinition(defineTables(schema)) : await options.api()
    const api = compileApi(definition, schema, database.sqlTypeOf)
    const secret = api.secret ?? (open ? crypto.randomUUID() : await database.secret())
    return makeRuntime({ api, database, identify, secret, ...(options.onError && { onError: options.onError }) })
  }

  let runtime = await build()
  let reloading: Promise<void> | undefined
  const reload = (): Promise<void> => {
    // Reloads do not overlap; one asked for meanwhile comes after.
    const next = (reloading ?? Promise.resolve())
      .catch(() => undefined)
      .then(async () => {
        runtime = await build()
        options.onReload?.(runtime)
      })
    reloading = next
    return next
  }
  const stopListening = await database.listen(payload => {
    if (payload === 'reload') reload().catch((error: unknown) => options.onError?.(error))
  })

  const server = createHttpServer(
    { maxHeaderSize: runtime.api.limits.headerBytes + runtime.api.limits.urlBytes },
    nodeHandler(async http => {
      const current = runtime
      if (open) {
        try {
          checkLoopbackHost(header(http, 'host'))
        } catch (error) {
          return respondError(error, current.newRequestId(undefined), () => undefined)
        }
      }
      return handleRequest(http, current)
    }),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: listening } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}${runtime.api.basePath}`,
    port: listening,
    server,
    runtime: () => runtime,
    reload,
    async close() {
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
      })
      await stopListening()
      await database.close()
    },
  }
}
