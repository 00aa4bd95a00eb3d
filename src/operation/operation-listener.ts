// Listens for those who look after the server, apart from everybody else: metrics, and what keeps it from being ready.
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { ApiError } from '../errors/api-error.ts'
import { toByteText } from '../formats/byte-text.ts'
import { checkLoopbackHost, isLoopback } from '../http/check-host.ts'
import { makeHttpServer } from '../http/make-http-server.ts'
import { makeNodeHandler } from '../http/node-handler.ts'
import { type HttpRequest, type HttpResponse, header } from '../request/http-request.ts'
import { respondError } from '../respond/respond-error.ts'
import { answer, answerHealth } from './answer-health.ts'
import type { Metrics } from './metrics.ts'
import type { Unready } from './readiness.ts'

export interface ListenerOptions {
  readonly host?: string
  /** 0 for any free one. */
  readonly port: number
  /** Asked for as `Authorization: Bearer`; has to be there unless the address is a loopback one. */
  readonly token?: string
}

export interface OperationListener {
  readonly url: string
  close(): Promise<void>
}

const maxHeaderBytes = 16_384

/** @throws Error for an address that others can reach, without a token */
export async function listenForOperation(
  { host = '127.0.0.1', port, token }: ListenerOptions,
  { metrics, readiness }: { readonly metrics: Metrics; readonly readiness: () => Promise<readonly Unready[]> },
): Promise<OperationListener> {
  if (token === undefined && !isLoopback(host))
    throw new Error(`Metrics on ${host} need a token, for their numbers tell of what callers may not read.`)
  // As RFC 6750 2.1 lets a bearer token be.
  if (token !== undefined && !/^[\w.~+/-]{16,}=*$/.test(token))
    throw new Error('A token for metrics has 16 characters or more, of letters, digits and -._~+/ alone.')
  const health = answerHealth({ paths: {}, readiness, tellsWhat: true })
  const server = makeHttpServer(
    makeNodeHandler(async http => {
      try {
        check(http, token)
      } catch (error) {
        return respondError(error, randomUUID(), () => undefined)
      }
      if (/^\/metrics(?:$|\?)/.test(http.target)) return answer(http, () => print(metrics))
      return (
        health(http) ?? respondError(new ApiError('not_found', 'There is nothing here.'), randomUUID(), () => undefined)
      )
    }),
    { maxHeaderBytes },
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: listening } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}`,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** @throws ApiError 401 without the token; without one to ask for, 403 for a name that is not this machine (DNS rebinding) */
function check(http: HttpRequest, token: string | undefined): void {
  if (token === undefined) {
    checkLoopbackHost(header(http, 'host'))
    return
  }
  const given = /^Bearer +(\S+)$/i.exec(header(http, 'authorization') ?? '')?.[1]
  if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return
  throw new ApiError('unauthenticated', 'Metrics take a token of their own.', {
    headers: { 'www-authenticate': 'Bearer' },
  })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

async function print(metrics: Metrics): Promise<HttpResponse> {
  return {
    status: 200,
    headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store', 'request-id': randomUUID() },
    body: toByteText(await metrics.print()),
  }
}
