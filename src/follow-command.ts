// Follows a command as a stream of events: one for each state of the row as its caller sees it, until it is over.
import { ApiError } from './errors/api-error.ts'
import type { Following } from './following/shared-reads.ts'
import { eventStream, keepAlive, spellEvent } from './formats/event-stream.ts'
import { joinCommand } from './join-command.ts'
import { readRecords, type Walk } from './read-records.ts'
import { header } from './request/http-request.ts'
import { isFinal } from './respond/command-state.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import { checkStillHolds, msUntilExpiry } from './still-holds.ts'

/** How often something is said at least, so that nobody between takes the connection for dead. */
const keepAliveMs = 15_000
/** So many states may wait for a client that reads slowly; one more, and it is cut off. */
const maxWaiting = 64

/**
 * @returns a stream; 204 to who comes back with the last event of a command that is over, as an `EventSource` always does
 * @throws ApiError as `readRecords`
 */
export async function followCommand(walk: Walk): Promise<ReadAnswer> {
  const { http, request } = walk
  const plain: Walk = { ...walk, format: 'plain' }
  const first = await readRecords(plain)
  const last = lastEvent(walk)
  if (first.state && isFinal(first.state) && isNamed(first, last))
    return { status: 204, body: '', headers: { 'cache-control': 'no-store' } }
  const headers = {
    'content-type': `${eventStream.mediaType}; charset=utf-8`,
    'cache-control': 'no-store',
    // Else nginx keeps events until it has a buffer full of them.
    'x-accel-buffering': 'no',
  }
  if (request.method === 'HEAD') return { body: '', headers }
  return { body: '', headers, stream: new CommandEvents(plain, last, http.watch?.held) }
}

/** An identifier may come back as it was sent, or without its quotes. */
function lastEvent({ http }: Walk): string | null {
  const id = header(http, 'last-event-id')?.trim()
  return id === undefined || id === '' ? null : id.startsWith('"') ? id : `"${id}"`
}

function isNamed({ headers: { etag } }: ReadAnswer, last: string | null): boolean {
  return etag !== undefined && etag === last
}

/** What there is to say next, in its order. */
type Message = { readonly text: string; readonly isLast: boolean } | { readonly error: unknown } | 'end'

class CommandEvents implements AsyncIterable<string> {
  readonly #walk: Walk
  readonly #held: ((ms: number) => void) | undefined
  readonly #waiting: Message[] = []
  #lastTag: string | null
  #wake: () => void = () => undefined

  /** @param last the tag that the client has already */
  constructor(walk: Walk, last: string | null, held: ((ms: number) => void) | undefined) {
    this.#walk = walk
    this.#lastTag = last
    this.#held = held
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    const { http, principal, runtime } = this.#walk
    const since = performance.now()
    const release = runtime.followers.hold('stream')
    const unwatch = http.whenGone?.(() => this.#say('end'))
    let following: Following | undefined
    try {
      following = await joinCommand(this.#walk, {
        told: answer => this.#tell(answer),
        failed: error => this.#fail(error),
        released: () => this.#say('end'),
      })
      // The head leaves with the first piece of the body.
      yield keepAlive
      for (;;) {
        const message = await this.#next(Math.min(keepAliveMs, msUntilExpiry(principal, Date.now())))
        if (message === 'end' || !(await stillHolds(this.#walk))) return
        if (message === null) yield keepAlive
        else if ('error' in message) throw message.error
        else yield message.text
        if (message !== null && 'isLast' in message && message.isLast) return
      }
    } catch (error) {
      // The head is sent: all that the client sees is that the stream was cut off.
      if (!(error instanceof ApiError) || error.status >= 500) runtime.onError(error, this.#walk.id)
      throw error
    } finally {
      following?.leave()
      unwatch?.()
      release()
      this.#held?.(performance.now() - since)
    }
  }

  #tell(answer: ReadAnswer): void {
    const { etag } = answer.headers
    const isLast = answer.state !== undefined && isFinal(answer.state)
    if (etag === this.#lastTag) {
      if (isLast) this.#say('end')
      return
    }
    this.#lastTag = etag ?? null
    const data = answer.body.slice(opening.length, answer.body.length - (answer.tail ?? 1))
    this.#say({ text: spellEvent({ name: 'state', id: etag ?? '', data }), isLast })
  }

  /** What is not there any more was deleted, or is hidden from this caller now: he cannot tell which. */
  #fail(error: unknown): void {
    if (error instanceof ApiError && error.status < 500) this.#say('end')
    else this.#say({ error })
  }

  #say(message: Message): void {
    if (this.#waiting.length < maxWaiting) this.#waiting.push(message)
    else if (this.#waiting.length === maxWaiting) this.#waiting.push({ error: tooSlow() })
    this.#wake()
  }

  /** Null where nothing was said for so long. */
  async #next(timeoutMs: number): Promise<Message | null> {
    if (this.#waiting.length === 0)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, Math.max(timeoutMs, 0))
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    return this.#waiting.shift() ?? null
  }
}

function tooSlow(): ApiError {
  return new ApiError('request_timeout', 'The client takes its events too slowly.')
}

const opening = '{"data":'

/** Whoever is not let in any more finds that out when he comes back. */
async function stillHolds({ principal }: Walk): Promise<boolean> {
  try {
    await checkStillHolds(principal)
    return true
  } catch (error) {
    if (error instanceof ApiError) return false
    throw error
  }
}
