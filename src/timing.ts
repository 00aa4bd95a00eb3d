// Measures how long a request stays in each room, for the header Server-Timing.

export interface Timing {
  of<T>(room: string, walk: () => T): T
  /** As Server-Timing spells it (W3C Server Timing), in milliseconds. */
  toHeader(): string
}

export function startTiming(now: () => number = () => performance.now()): Timing {
  const rooms: string[] = []
  const note = (room: string, since: number) => rooms.push(`${room};dur=${(now() - since).toFixed(3)}`)
  return {
    of(room, walk) {
      const since = now()
      const result = walk()
      if (result instanceof Promise) return result.finally(() => note(room, since)) as typeof result
      note(room, since)
      return result
    },
    toHeader: () => rooms.join(', '),
  }
}

/** Measures nothing. */
export const noTiming: Timing = { of: (_, walk) => walk(), toHeader: () => '' }

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
