// Reads how long a caller would wait for the outcome of a command (RFC 7240, sections 4.1 and 4.3).
import type { HttpRequest } from './http-request.ts'
import { preferences } from './preferences.ts'

export interface Wait {
  /** Above 0, and at most what the resource permits. */
  readonly seconds: number
  /** For Preference-Applied: `wait=60` */
  readonly applied: string
}

/** Null where nothing is to be waited for; what is no whole number of seconds means nothing (RFC 7240 4.3). */
export function readWait(http: HttpRequest, maxSeconds: number): Wait | null {
  const digits = preferences(http).flatMap(one => /^wait=(\d+)$/.exec(one)?.[1] ?? [])[0]
  if (digits === undefined) return null
  const seconds = Math.min(Number(digits), maxSeconds)
  return seconds === 0 ? null : { seconds, applied: `wait=${seconds}` }
}

/** Whether the caller rather has an answer at once than one that is final. */
export function prefersAsync(http: HttpRequest): boolean {
  return preferences(http).includes('respond-async')
}
