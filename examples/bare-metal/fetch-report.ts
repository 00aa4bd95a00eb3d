// Fetches a report: asks for it, looks again and again whether it is there, downloads it, and knows when to stop.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ReportOrder {
  /** Where reports of the kind are asked for: `http://127.0.0.1:8080/api/traffic-reports` */
  readonly url: string
  readonly token: string
  /** What the report is about, as the resource takes it. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Of all requests together, the first and the last among them: 30, when left out. */
  readonly maxRequests?: number
  /** How long it waits before it looks again where the server does not say: half a second at first, then twice as long each time, up to 30 s. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number }
  /** Of one request: 30 seconds, when left out. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Hears of every request and every wait. */
  readonly onStep?: (step: string) => void
}

export class ReportError extends Error {
  override name = 'ReportError'
}

/** What is worth asking again: too much was asked, the server is away, or the same request is still being answered. */
const isPassing = ({ status, headers }: Response) =>
  status === 408 || status === 429 || status >= 500 || (status === 409 && headers.has('retry-after'))

/**
 * @returns the content, to be streamed
 * @throws ReportError when the report failed, was refused, or is not there after `maxRequests`
 */
export async function fetchReport(order: ReportOrder): Promise<Response> {
  const asker = new Asker(order)
  // With a key of its own: whoever heard no answer asks for the same report, not for another one.
  const key = { 'Idempotency-Key': `"${randomUUID()}"`, 'Content-Type': 'application/json' }
  const made = await asker.ask(order.url, { method: 'POST', headers: key, body: JSON.stringify(order.parameters) })
  if (made.status !== 201 && made.status !== 202) throw await refusal('The report was refused', made)
  const place = new URL(made.headers.get('location') ?? '', order.url).href
  let latest = made
  for (;;) {
    const { data } = (await latest.json()) as { data?: { status?: unknown; error?: { message?: string } | null } }
    const status = String(data?.status)
    if (status === 'succeeded') break
    if (status === 'failed' || status === 'cancelled')
      throw new ReportError(`The report is ${status}: ${data?.error?.message ?? 'nobody says why'}`)
    await asker.wait(latest, `The report is ${status}`)
    latest = await asker.ask(place)
    if (!latest.ok) throw await refusal('The report cannot be found', latest)
  }
  for (;;) {
    const content = await asker.ask(`${place}/content`)
    if (content.status === 200) return content
    if (content.status !== 202) throw await refusal('The content cannot be fetched', content)
    await content.body?.cancel()
    await asker.wait(content, 'The content is not ready')
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
  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    for (;;) {
      const { token, maxRequests = 30, timeoutMs = 30_000, signal, onStep } = this.#order
      this.#checkBound('The report is not fetched yet')
      this.#asked += 1
      onStep?.(`${this.#asked} of ${maxRequests}: ${init.method ?? 'GET'} ${url}`)
      const late = AbortSignal.timeout(timeoutMs)
      const response = await fetch(url, {
        ...init,
        headers: { Accept: '*/*', Authorization: `Bearer ${token}`, ...init.headers },
        signal: signal ? AbortSignal.any([signal, late]) : late,
      }).catch((error: unknown) => {
        signal?.throwIfAborted()
        return error as Error
      })
      if (response instanceof Error) await this.wait(null, `No answer: ${response.message}`)
      else if (isPassing(response)) await this.#passOver(response)
      else return response
    }
  }

  async #passOver(response: Response): Promise<void> {
    await response.body?.cancel()
    await this.wait(response, `The server says ${response.status}`)
  }

  #checkBound(why: string): void {
    const { maxRequests = 30 } = this.#order
    if (this.#asked >= maxRequests)
      throw new ReportError(`${why}, and all ${maxRequests} requests that it may take were made.`)
  }

  /** As long as the server says, or else twice as long each time; no two that began together go on together. */
  async wait(response: Response | null, why: string): Promise<void> {
    const { backoff = { firstMs: 500, maxMs: 30_000 }, signal, onStep } = this.#order
    // Else it would wait for nothing.
    this.#checkBound(why)
    const said = retryAfterMs(response?.headers.get('retry-after') ?? null)
    const waitMs = Math.round(said ?? this.#waitMs * (0.5 + Math.random() / 2))
    if (said === null) this.#waitMs = Math.min(this.#waitMs * 2, backoff.maxMs)
    onStep?.(`${why}; looking again in ${waitMs} ms`)
    await sleep(waitMs, undefined, { ...(signal && { signal }) })
  }
}

/** Seconds or a date (RFC 9110, 10.2.3); null for anything else. */
function retryAfterMs(value: string | null): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now())
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
