// Serves an API on a server of its own: listens, follows connections, stops without cutting off an answer.
import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { isLoopback } from './http/check-host.ts'
import { followConnections, type StopOptions } from './http/follow-connections.ts'
import { type ConnectionLimits, type HttpTimeouts, makeHttpServer } from './http/make-http-server.ts'
import { makeNodeHandler } from './http/node-handler.ts'
import { readTlsFiles, type TlsOptions } from './http/tls-files.ts'
import { type MountableApi, type MountOptions, openApi } from './mount-api.ts'

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

export interface RunningServer extends MountableApi {
  /** With the base path: `http://127.0.0.1:8080/api`; without a slash at its end also where the API is at the root. */
  readonly url: string
  readonly port: number
  /** Where metrics are read, if anywhere. */
  readonly metricsUrl: string | undefined
  readonly server: Server
  /** Says in the log, and to `onError`, what went wrong around the server. */
  failed(error: unknown): void
  /** Introspects and compiles again, and reads certificate and key anew. */
  reload(): Promise<void>
  /** Is not ready from now on, answers what runs, then closes the listener and the database. */
  close(): Promise<void>
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
    onBroken: api.broken,
  })
  followed.follow(server)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (error) {
    await api.leave()
    throw error
  }
  const { port: listening } = server.address() as AddressInfo
  const secured = server instanceof TlsServer && files ? { server, files } : undefined
  const unfollow = secured?.files.follow(secured.server, api.failed)
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
