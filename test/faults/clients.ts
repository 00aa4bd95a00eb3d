// Asks over connections that are kept, many at a time, and judges each answer: right, away for now, wrong or none.
import { Agent, get, type IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A request and the only body that answers it. */
export interface Known {
  readonly path: string
  readonly body: string
}

export interface Tally {
  right: number
  /** 503 with Retry-After. */
  away: number
  /** What each wrong answer was; none belongs here. */
  readonly wrong: string[]
  /** Requests that nobody answered. */
  readonly hung: string[]
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Far above every time limit: what has no answer by then gets none. */
const hangMs = 25_000

class NoAnswer extends Error {}

/** One connection that is kept for all that it asks. */
class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  ask(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = get(this.#url + path, { agent: this.#agent }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk)).on('error', reject)
        response.on('end', () => {
          clearTimeout(timer)
          const { statusCode: status = 0, headers } = response
          resolve({ status, headers, body: Buffer.concat(chunks).toString() })
        })
      })
      const timer = setTimeout(() => request.destroy(new NoAnswer()), hangMs)
      request.on('error', error => {
        clearTimeout(timer)
        reject(error)
      })
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

export interface Load {
  /** With the base path. */
  readonly url: string
  readonly clients: number
  /** What the next client that is free asks; undefined ends the load. */
  readonly next: () => Known | undefined
  /** Finds the request whose answer somebody else got, for the message. */
  readonly all?: readonly Known[]
}

export async function runLoad({ url, clients, next, all = [] }: Load): Promise<Tally> {
  const tally: Tally = { right: 0, away: 0, wrong: [], hung: [] }
  const loop = async () => {
    const client = new Client(url)
    for (let known = next(); known; known = next()) {
      const { path } = known
      try {
        const answer = await client.ask(path)
        judge(known, answer, tally, all)
        // Else the refused would be nearly all that is asked.
        if (answer.status === 503) await sleep(20)
      } catch (error) {
        if (error instanceof NoAnswer) tally.hung.push(path)
        else tally.wrong.push(`${path}: ${error}`)
      }
    }
    client.close()
  }
  await Promise.all(Array.from({ length: clients }, loop))
  return tally
}

function judge(known: Known, { status, headers, body }: Answer, tally: Tally, all: readonly Known[]): void {
  if (status === 200 && body === known.body) tally.right++
  else if (status === 503 && Number(headers['retry-after']) > 0 && saysNothing(body)) tally.away++
  else {
    const whose = all.find(other => other.body === body)?.path
    tally.wrong.push(`${known.path}: ${status} ${whose ? `the answer of ${whose}` : body.slice(0, 300)}`)
  }
}

/** Whether a 503 is one of the two that there are, without a word of the inside. */
function saysNothing(body: string): boolean {
  return (
    /^\{"errors":\[\{[^[]*"code":"(unavailable|timeout)"/.test(body) &&
    !/select|pg_|postgres|socket|ECONN|administrator|terminat|127\.0\.0\.1/i.test(body)
  )
}

/** Each of them once, as often as there are. */
export function eachOf(known: readonly Known[]): () => Known | undefined {
  let at = 0
  return () => known[at++]
}
