// Stands before the street: refuses plain HTTP, answers preflights, and gives every answer the headers that all have.
import { ApiError } from '../errors/api-error.ts'
import { type HttpRequest, type HttpResponse, header } from '../request/http-request.ts'
import { methodsOf, readRequest } from '../request/read-request.ts'
import { respondError } from '../respond/respond-error.ts'
import type { Runtime } from '../runtime.ts'
import { type Cors, type CorsOptions, isPreflight, makeCors } from './cors.ts'

export interface EntranceOptions {
  /** Plain HTTP is 403, unless a trusted proxy says that its client came over TLS. */
  readonly requireTls?: boolean
  /** Which pages of other origins may ask; left out, none. */
  readonly cors?: CorsOptions
  /** For how long a browser that came over TLS will come over nothing else: a year when left out; `false` sends none. */
  readonly hsts?: HstsOptions | false
  /** In place of one of the usual, or beside them: `{ 'cross-origin-resource-policy': 'cross-origin' }`. */
  readonly securityHeaders?: Readonly<Record<string, string>> | false
}

export interface HstsOptions {
  readonly maxAgeSeconds: number
  readonly includeSubDomains?: boolean
  readonly preload?: boolean
}

export interface Entrance {
  /** @param problem what is wrong with the request as HTTP */
  enter(http: HttpRequest, problem?: ApiError): Promise<HttpResponse>
  /** Of answers to what is no request at all. */
  readonly fixedHeaders: Readonly<Record<string, string>>
}

/** An answer is data: no page is made of it, and no other site shows it as its own. */
const usual = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
}

/** @param street answers what enters; never throws */
export function makeEntrance(
  options: EntranceOptions,
  runtime: () => Runtime,
  street: (http: HttpRequest) => Promise<HttpResponse>,
): Entrance {
  const { requireTls = false, hsts = { maxAgeSeconds: 31_536_000 }, securityHeaders } = options
  const cors = options.cors && makeCors(options.cors)
  const fixed: Readonly<Record<string, string>> = securityHeaders === false ? {} : { ...usual, ...securityHeaders }
  const overTls = hsts === false ? fixed : { ...fixed, 'strict-transport-security': toHsts(hsts) }
  const answer = (http: HttpRequest, problem: ApiError | undefined) => {
    const refused = requireTls && http.client?.scheme !== 'https' ? refusePlain(http.client?.host ?? '') : problem
    if (refused) return respondError(refused, runtime().newRequestId(undefined), () => undefined)
    return isPreflight(http) ? answerPreflight(http, runtime(), cors) : street(http)
  }
  return {
    fixedHeaders: fixed,
    async enter(http, problem) {
      const response = await answer(http, problem)
      // RFC 9110 15.4.5: a 304 has what a cache needs, and nothing more; without the headers of CORS no page could read it.
      const isShort = response.status === 304
      const origin = cors && header(http, 'origin')
      return {
        ...response,
        headers: {
          ...(isShort ? undefined : http.client?.scheme === 'https' ? overTls : fixed),
          ...response.headers,
          ...(cors && !(isShort && origin === undefined) && cors.headersFor(origin)),
          ...(cors?.varies && { vary: addOrigin(response.headers.vary) }),
        },
      }
    },
  }
}

function refusePlain(host: string): ApiError {
  const where = /^[\w.:[\]-]+$/.test(host) ? ` Ask https://${host.replace(/:\d+$/, '')} in its place.` : ''
  return new ApiError('tls_required', `This API is served over TLS only.${where}`, { headers: { connection: 'close' } })
}

/** It ends where the method is known: who asks, and how often, does not matter (Fetch sends no credentials with it). */
async function answerPreflight(http: HttpRequest, runtime: Runtime, cors: Cors | undefined): Promise<HttpResponse> {
  const id = runtime.newRequestId(header(http, 'request-id'))
  try {
    const { route } = await readRequest(http, runtime.api)
    const methods = methodsOf(route, runtime.api)
    const origin = header(http, 'origin')
    const isWelcome = cors?.headersFor(origin)['access-control-allow-origin'] !== undefined
    return {
      status: 204,
      headers: {
        allow: methods.join(', '),
        'cache-control': 'no-store',
        'request-id': id,
        ...(isWelcome && cors?.preflightHeaders(methods)),
      },
      body: '',
    }
  } catch (error) {
    return respondError(error, id, internal => runtime.onError(internal, id))
  }
}

function addOrigin(vary: string | undefined): string {
  return vary === undefined ? 'Origin' : `${vary}, Origin`
}

function toHsts({ maxAgeSeconds, includeSubDomains, preload }: HstsOptions): string {
  return `max-age=${maxAgeSeconds}${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`
}
