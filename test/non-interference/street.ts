// Runs the product over both databases, with caches or without, for whoever calls.
import type { HttpRequest, HttpResponse } from '../../src/request/http-request.ts'
import type { Runtime } from '../../src/runtime.ts'
import type { Caller } from './condition.ts'
import type { Asked } from './make-request.ts'
import { type Policy, toDefinition, toVersions } from './policy.ts'
import type { Product } from './product.ts'
import type { TwinDatabases } from './twin-databases.ts'
import type { Data, World } from './world.ts'

export interface Street {
  become(caller: Caller, companion?: Caller): void
  /** Says what stands in the databases now: tables that are not as they were have changed. */
  loaded(data: readonly [Data, Data]): void
  /** @param headers `authorization: companion` asks as the companion does */
  ask(asked: Asked, number: number, headers?: Headers): Promise<readonly [HttpResponse, HttpResponse]>
  /** Asks the first database without anything that is kept or shared. */
  askCold(asked: Asked, number: number, headers?: Headers): Promise<HttpResponse>
  readonly errors: unknown[]
}

/** The `Request-Id` of requests in the version in which all is seen. */
const openId = 'open'

type Headers = Readonly<Record<string, string>>

const warmCache = { maxBytes: 50_000_000, maxAgeMs: 3_600_000, private: true }

/** @param isWarm whether answers are kept */
export function openStreet(
  product: Product,
  twins: TwinDatabases,
  policy: Policy,
  world: World,
  isWarm = false,
): Street {
  const { api, older } = isWarm
    ? product.compileVersions(toVersions(policy, world), twins.schema, product.sqlTypeOf)
    : { api: product.compileApi(toDefinition(policy, world), twins.schema, product.sqlTypeOf), older: [] }
  tellByTime(api)
  const errors: unknown[] = []
  let current: Caller = { id: null, claims: new Map() }
  let companion = current
  const open = (at: 0 | 1, responseCache: typeof warmCache | null): Runtime =>
    product.makeRuntime({
      inputs: new Map(),
      api: { ...api, responseCache },
      older,
      database: twins.databases[at],
      identify: http => (http.headers.authorization === 'companion' ? companion : current),
      secret: 'one secret for both of them, 32 bytes',
      // What fails where more is seen says nothing of the policy.
      onError: (error, id) => void (id.startsWith(openId) || errors.push(error)),
    })
  const runtimes = ([0, 1] as const).map(at => open(at, isWarm ? warmCache : null))
  const cold = open(0, null)
  const send = (asked: Asked, number: number | string, headers: Headers, runtime: Runtime) =>
    product.handleRequest(toHttp(asked, number, headers), runtime).then(readWhole)
  let before: readonly Data[] = []
  return {
    errors,
    become(caller, other = caller) {
      current = caller
      companion = other
    },
    loaded(data) {
      for (const [i, { answers }] of runtimes.entries()) {
        const changed = [...world.tables.keys()].filter(
          name => JSON.stringify(data[i]?.[name] ?? []) !== JSON.stringify(before[i]?.[name]),
        )
        if (changed.length > 0) answers?.changed(changed.map(name => `public.${name}`))
      }
      before = data
    },
    async ask(asked, number, headers = {}) {
      // The companion asks for the version in which all is seen too: nothing of it may be given to the other.
      const opened = isWarm && headers.authorization !== undefined && asked.accept === undefined
      const inOpen = { ...asked, accept: 'application/vnd.twins.v0+json' }
      const open = opened ? runtimes.map(runtime => send(inOpen, openId, headers, runtime)) : []
      const [one, other] = await Promise.all(runtimes.map(runtime => send(asked, number, headers, runtime)))
      await Promise.all(open)
      return [one as HttpResponse, other as HttpResponse]
    },
    askCold: (asked, number, headers = {}) => send(asked, number, headers, cold),
  }
}

/** Every list and item has the validators of its first time. That it may be null, which a definition is refused for, shows nobody more. */
function tellByTime(api: Runtime['api']): void {
  for (const resource of api.resources.values()) {
    const times = [...resource.fields.values()].filter(one => one.kind === 'column')
    const time = times.find(one => one.column.type.name === 'timestamptz' && !one.column.isArray) ?? null
    Object.assign(resource, { caching: { lastModified: time, list: time, shared: 'public, no-cache' } })
  }
}

/** A stream as the body that it is; one that breaks is an error of our own. */
async function readWhole(response: HttpResponse): Promise<HttpResponse> {
  if (!response.stream) return response
  let body = ''
  try {
    for await (const text of response.stream) body += text
  } catch {
    return { status: 500, headers: response.headers, body }
  }
  return { status: response.status, headers: response.headers, body }
}

function toHttp({ method, target, body, accept }: Asked, number: number | string, more: Headers): HttpRequest {
  const headers = {
    ...more,
    'request-id': typeof number === 'string' ? number : `r${number}`,
    ...(body !== null && { 'content-type': 'application/json' }),
    ...(accept !== undefined && { accept }),
  }
  return {
    method,
    target,
    headers,
    body: async () => new TextEncoder().encode(body ?? ''),
    isGone: () => false,
  }
}
