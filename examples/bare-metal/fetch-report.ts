// Fetches a report: asks for it, looks again and again whether it is there, downloads it, and knows when to stop.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ReportOrder {
  /** Where reports of the kind are asked for: `http://127.0.0.1:8080/api/traffic-reports` */
  readonly url: string
  readonly token: string
  /** What the report is about, as the resource takes it; or the id of one that was asked for before. */
  readonly report: Readonly<Record<string, unknown>> | { readonly id: string }
  /** Of all requests together, the first and the last among them: 30, when left out. */
  readonly maxRequests?: number
  /** How long it waits at least before it looks again: half a second at first, then twice as long each time, up to 30 s. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number }
  /** Until one request is answered: 30 seconds, when left out. What the content takes then is not bounded. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Hears of every request and every wait. */
  readonly onStep?: (step: string) => void
}

export class ReportError extends Error {
  override name = 'ReportError'
  /** Where the report is, or will be, once it was asked for. */
  place: string | null = null
}

/** What is worth asking again: too much was asked, the server is away, or the same request is still being answered. */
const isPassing = ({ status, headers }: Response) =>
  status === 408 || status === 429 || status >= 500 || (status === 409 && headers.has('retry-after'))

/**
 * @returns the content, to be streamed
 * @throws ReportError when the report failed, has expired, was refused, or is not there after `maxRequests`
 */
export async function fetchReport(order: ReportOrder): Promise<Response> {
  const asker = new Asker(order)
  const { id } = order.report
  const place = typeof id === 'string' ? `${order.url}/${encodeURIComponent(id)}` : await askFor(order, asker)
  try {
    return await fetchContent(place, asker)
  } catch (error) {
    if (error instanceof ReportError) error.place = place
    throw error
  }
}

/** @returns where it will be */
async function askFor({ url, report }: ReportOrder, asker: Asker): Promise<string> {
  // With a key of its own: whoever heard no answer asks for the same report, not for another one.
  const headers = { 'Idempotency-Key': `"${randomUUID()}"`, 'Content-Type': 'application/json' }
  const made = await asker.ask(url, { method: 'POST', headers, body: JSON.stringify(report) })
  const location = made.headers.get('location')
  if (!made.ok || location === null) throw await refusal('The report was refused', made)
  const place = new URL(location, url).href
  await made.body?.cancel()
  if (made.headers.has('retry-after')) await asker.wait(made, `The report is asked for: ${place}`)
  return place
}

async function fetchContent(place: string, asker: Asker): Promise<Response> {
  for (;;) {
    const answer = await asker.ask(`${place}/content`)
    const link = answer.headers.get('location')
    if (answer.status === 200) return answer
    if (answer.status === 202) await asker.wait(answer, `The report is not ready${await readProgress(answer)}`)
    else if ([302, 303, 307].includes(answer.status) && link !== null) {
      await answer.body?.cancel()
      const content = await asker.follow(new URL(link, place))
      if (content.status === 200) return content
      await content.body?.cancel()
      // Links live for a minute. The server gives another one, if there is one.
      await asker.wait(null, `The link is answered with ${content.status}`)
    } else throw await refusal('The content cannot be fetched', answer)
  }
}

class Asker {
  readonly #order: ReportOrder
  #asked = 0
  #waitMs: number

  constructor(order: ReportOrder) {
    this.#order = order
    this.#waitMs = order.backoff?.firstMs ?? 500
  }

  /** Asks until there is an answer that says something. */
  ask(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Accept: '*/*', Authorization: `Bearer ${this.#order.token}`, ...init.headers }
    return this.#askUntil(url, { ...init, headers }, url)
  }

  /** Without the token: the link says itself what may be fetched, and leads to somebody else. */
  follow(link: URL): Promise<Response> {
    return this.#askUntil(link.href, {}, `${link.origin}${link.pathname}`)
  }

  async #askUntil(url: string, init: RequestInit, shown: string): Promise<Response> {
    const { maxRequests = 30, onStep } = this.#order
    for (;;) {
      this.#checkBound('The report is not fetched yet')
      this.#asked += 1
      onStep?.(`${this.#asked} of ${maxRequests}: ${init.method ?? 'GET'} ${shown}`)
      const answer = await this.#askOnce(url, init)
      if (answer instanceof Error) {
        await this.wait(null, `No answer: ${(answer.cause as Error | undefined)?.message ?? answer.message}`)
        continue
      }
      if (!isPassing(answer)) return answer
      await answer.body?.cancel()
      await this.wait(answer, `The server says ${answer.status}`)
    }
  }

  /** @returns the error where there was no answer */
  async #askOnce(url: string, init: RequestInit): Promise<Response | Error> {
    const { timeoutMs = 30_000, signal } = this.#order
    // Until there is an answer, and not until the last of the content is there.
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error(`none in ${timeoutMs} ms`)), timeoutMs)
    const either = signal ? AbortSignal.any([signal, late.signal]) : late.signal
    try {
      return await fetch(url, { ...init, redirect: 'manual', signal: either })
    } catch (error) {
      signal?.throwIfAborted()
      return error as Error
    } finally {
      clearTimeout(timer)
    }
  }

  #checkBound(why: string): void {
    const { maxRequests = 30 } = this.#order
    if (this.#asked >= maxRequests)
      throw new ReportError(`${why}, and all ${maxRequests} requests that it may take were made.`)
  }

  /** Not shorter than the server says, and longer each time; no two that began together go on together. */
  async wait(answer: Response | null, why: string): Promise<void> {
    const { backoff = { firstMs: 500, maxMs: 30_000 }, signal, onStep } = this.#order
    // Else it would wait for nothing.
    this.#checkBound(why)
    const said = retryAfterMs(answer?.headers.get('retry-after') ?? null)
    const waitMs = Math.max(said, Math.round(this.#waitMs * (0.5 + Math.random() / 2)))
    this.#waitMs = Math.min(this.#waitMs * 2, backoff.maxMs)
    onStep?.(`${why}; looking again in ${waitMs} ms`)
    await sleep(waitMs, undefined, { ...(signal && { signal }) })
  }
}

/** Seconds or a date (RFC 9110, 10.2.3); 0 for anything else. */
function retryAfterMs(value: string | null): number {
  if (value === null) return 0
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  return Math.max(0, Date.parse(value) - Date.now()) || 0
}

/** What 202 says beside: the row, and so how far it has come. */
async function readProgress(answer: Response): Promise<string> {
  const { data } = (await answer.json().catch(() => ({}))) as { data?: { progress?: { done?: number } | null } }
  return data?.progress?.done === undefined ? '' : `, ${data.progress.done} rows so far`
}

async function refusal(what: string, response: Response): Promise<ReportError> {
  const text = await response.text()
  let detail = text.slice(0, 200)
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly { detail?: string }[] }
    detail = errors?.map(error => error.detail).join(' ') ?? detail
  } catch {
    // Something between us and the server has answered, in words of its own.
  }
  return new ReportError(`${what}: ${response.status} ${detail}`)
}
