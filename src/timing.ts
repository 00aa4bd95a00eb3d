// Measures how long a request stays in each room, for the header Server-Timing and for whoever watches.
import { type HttpRequest, header } from './request/http-request.ts'

export interface Timing {
  /** By the caller, with `Prefer: timing`. */
  readonly isAsked: boolean
  of<T>(room: string, walk: () => T): T
  /** As Server-Timing spells it (W3C Server Timing), in milliseconds. */
  toHeader(): string
}

type Note = (room: string, ms: number) => void

/** Measures only where the caller asks for it or somebody watches. */
export function timingOf(http: HttpRequest): Timing {
  const watching = http.watch?.stage
  if (header(http, 'prefer')?.includes('timing')) return startTiming(watching)
  return watching ? { isAsked: false, of: measure(watching), toHeader: () => '' } : noTiming
}

function startTiming(watching: Note | undefined): Timing {
  const rooms: string[] = []
  const of = measure((room, ms) => {
    rooms.push(`${room};dur=${ms.toFixed(3)}`)
    watching?.(room, ms)
  })
  return { isAsked: true, of, toHeader: () => rooms.join(', ') }
}

function measure(note: Note): Timing['of'] {
  return (room, walk) => {
    const since = performance.now()
    const result = walk()
    const end = () => note(room, performance.now() - since)
    // Beside the promise, not between it and who waits for it; this one was there first, so its end is noted in time.
    if (result instanceof Promise) result.then(end, end)
    else end()
    return result
  }
}

const noTiming: Timing = { isAsked: false, of: (_, walk) => walk(), toHeader: () => '' }

/** @param answer the headers that it has already */
export function timingHeaders(
  timing: Timing,
  answer: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const applied = answer['preference-applied']
  return {
    'server-timing': timing.toHeader(),
    'preference-applied': applied === undefined ? 'timing' : `${applied}, timing`,
  }
}
