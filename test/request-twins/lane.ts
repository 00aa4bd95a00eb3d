// Asks both twins the same at the same time, as one caller, and tells their answers apart.
import type { HttpRequest, HttpResponse } from '../../src/request/http-request.ts'
import type { Runtime } from '../../src/runtime.ts'
import type { Caller } from '../non-interference/condition.ts'
import { differ } from '../non-interference/differ.ts'
import type { RequestProduct } from './product.ts'
import type { Twins } from './twins.ts'

export interface Asked {
  readonly method: string
  readonly target: string
  readonly body?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

export type Both<T> = readonly [T, T]

export interface Lane {
  readonly runtimes: Both<Runtime>
  readonly errors: unknown[]
  become(caller: Caller): void
  /** Bodies are whole. What is held longer than others is let go. */
  ask(asked: Asked): Promise<Both<HttpResponse> & { readonly held: Both<boolean> }>
  /** Not read yet: of an event stream, say. */
  begin(asked: Asked, at: 0 | 1, gone?: AbortSignal): Promise<HttpResponse>
  close(): Promise<void>
}

export function openLane(
  product: RequestProduct,
  twins: Twins,
  { api, inputs }: Pick<Runtime, 'api' | 'inputs'>,
): Lane {
  let caller: Caller = { id: null, claims: new Map() }
  const errors: unknown[] = []
  const runtimes = twins.both.map(({ database, storage }) =>
    product.makeRuntime({
      ...{ api, inputs, database, storage },
      identify: () => caller,
      secret: 'one secret for both of them, 32 bytes',
      onError: error => void errors.push(error),
    }),
  ) as [Runtime, Runtime]
  const begin: Lane['begin'] = (asked, at, gone) => product.handleRequest(toHttp(asked, gone), runtimes[at])
  return {
    ...{ runtimes, errors, begin },
    become(next) {
      caller = next
    },
    async ask(asked) {
      const waits = /wait=/.test(asked.headers?.prefer ?? '')
      const answered = [false, false]
      const answers = ([0, 1] as const).map(async at => {
        const answer = await readWhole(await begin(asked, at))
        answered[at] = true
        return answer
      })
      const held: [boolean, boolean] = [false, false]
      if (waits) {
        const isHeld = (at: 0 | 1) => !answered[at] && runtimes[at].followers.figures().answers > 0
        // Whoever is held is held for long; one that is slower than the other gets his time.
        const isSettled = () => ([0, 1] as const).every(at => answered[at] || isHeld(at))
        await waitFor(isSettled, 3_000)
        await waitFor(() => answered[0] === true && answered[1] === true, 25)
        if (answered[0] !== answered[1]) await waitFor(() => answered[0] === true && answered[1] === true, 1_000)
        for (const at of [0, 1] as const) held[at] = !answered[at]
        while (!answered[0] || !answered[1]) {
          for (const { followers } of runtimes) followers.release()
          await waitFor(() => answered[0] === true && answered[1] === true, 50)
        }
      }
      return Object.assign((await Promise.all(answers)) as [HttpResponse, HttpResponse], { held })
    },
    async close() {
      for (const { followers } of runtimes) await followers.close()
    },
  }
}

function toHttp({ method, target, body = null, headers = {} }: Asked, gone?: AbortSignal): HttpRequest {
  return {
    ...{ method, target },
    headers: { 'request-id': 'r', ...(body !== null && { 'content-type': 'application/json' }), ...headers },
    body: async () => new TextEncoder().encode(body ?? ''),
    isGone: () => gone?.aborted === true,
    whenGone(call) {
      gone?.addEventListener('abort', call)
      return () => gone?.removeEventListener('abort', call)
    },
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

/** Resolves once it holds, or after that time. @returns whether it holds */
export async function waitFor(holds: () => boolean, ms: number): Promise<boolean> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) return false
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  return true
}

const dayMs = 86_400_000
const times = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00)/g

/** What happens at this moment has another time in each twin. */
export function withoutNow(text: string): string {
  return text.replace(times, time =>
    Math.abs(Date.parse(time.replace(' ', 'T').replace('+00', 'Z')) - Date.now()) < dayMs * 2 ? 'now' : time,
  )
}

/** Where they differ otherwise than by the moment in which each was made. */
export function areApart(answers: Both<HttpResponse>, heedsNow = false): boolean {
  const [one, other] = answers.map(({ status, headers, body }): HttpResponse => {
    const { etag, 'last-modified': modified, 'cache-control': control, ...rest } = headers
    const said = heedsNow ? withoutNow(body) : body
    // The seconds that a content is there for.
    const cache = control?.replace(/max-age=(\d+)/, (_, seconds) => `max-age=${Math.round(Number(seconds) / 60)}`)
    const tags = { ...(etag !== undefined && { etag }), ...(modified !== undefined && { 'last-modified': modified }) }
    return {
      status,
      body: said,
      headers: { ...rest, ...(cache !== undefined && { 'cache-control': cache }), ...(!heedsNow && tags) },
    }
  }) as [HttpResponse, HttpResponse]
  return differ([one, other])
}
