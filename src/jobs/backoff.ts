// How long a command waits for its next attempt.
import type { RequestOptions } from '../schema/model.ts'

/**
 * Exponential, with full jitter: anything from nothing up to the bound, so that what failed together comes apart.
 *
 * @param attempt the one that failed, from 1 on
 * @param random from 0 up to 1
 * @returns milliseconds
 */
export function backoffMs(
  { firstMs, maxMs, jitter }: RequestOptions['backoff'],
  attempt: number,
  random: number,
): number {
  const bound = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 40))
  return Math.round(jitter ? bound * random : bound)
}
