// Keeps what a worker holds of one table for another while, and finds what is to be cancelled or is its own no more.
import type { Held } from './held-commands.ts'
import type { Queue } from './queue.ts'
import type { QueueSurroundings } from './queue-surroundings.ts'
import { readRenewed, renew } from './renew.ts'

export interface LeaseListener {
  /** Others may have it by now. */
  readonly onLost: (one: Held) => void
  readonly onCancelled: (one: Held) => Promise<void>
}

export async function keepLeases(
  queue: Queue,
  held: readonly Held[],
  { database, settings, onError }: QueueSurroundings,
  { onLost, onCancelled }: LeaseListener,
): Promise<void> {
  if (held.length === 0) return
  const asked = performance.now()
  try {
    const ours = held.map(({ claimed }) => claimed)
    const kept = await database.write(renew(queue, settings.owner, ours, settings.leaseMs), readRenewed)
    for (const one of held) {
      const isCancelled = kept.get(one.claimed.id)
      if (isCancelled === undefined) onLost(one)
      else if (isCancelled) await onCancelled(one)
      if (isCancelled !== undefined) one.leaseUntil = asked + settings.leaseMs
    }
  } catch (error) {
    onError(error)
  }
  // Where nobody answers, others may have it by now.
  for (const one of held) if (performance.now() > one.leaseUntil) onLost(one)
}
