// Takes in what a source yields, as blocks of even size that are counted and hashed on their way.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { WriteOptions, Written } from './storage.ts'

/** Rows of a few bytes become few writes; still small beside the parts of an upload. */
export const blockBytes = 256 * 1024

export interface Intake {
  /**
   * To be iterated once. The blocks share their bytes: each is to be written or copied before the next is asked for, for blocks of their own
   * would wait for the collector by the hundred. Throws what the source throws, and `signal.reason` at once, though the source should hang.
   */
  blocks(): AsyncGenerator<Buffer, void>
  /** What went through, once all blocks did. */
  result(): Written
  /** The error of a failed write: the signal's or the source's own where it was theirs, else what `explain` makes of it. */
  failure(error: unknown, explain: (error: unknown) => unknown): unknown
}

export function takeIn(source: AsyncIterable<Uint8Array>, { signal, onProgress }: WriteOptions): Intake {
  const hash = createHash('sha256')
  let size = 0
  let sourceFailure: { readonly error: unknown } | null = null

  /** What the source and its owner throw, apart from what a destroyed stream throws into us. */
  function ownFailure(error: unknown): unknown {
    sourceFailure = { error }
    return error
  }

  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of untilAborted(source, signal)) {
        if (!(chunk instanceof Uint8Array)) throw new TypeError(`A source yields bytes, not ${typeof chunk}.`)
        yield chunk
      }
    } catch (error) {
      throw ownFailure(error)
    }
  }

  function count(block: Buffer): Buffer {
    hash.update(block)
    size += block.length
    try {
      onProgress?.(size)
    } catch (error) {
      throw ownFailure(error)
    }
    return block
  }

  return {
    async *blocks() {
      const block = Buffer.allocUnsafeSlow(blockBytes)
      let filled = 0
      for await (const chunk of chunks()) {
        // Copied always, so that a source may use its buffer again.
        for (let taken = 0; taken < chunk.length; ) {
          const piece = chunk.subarray(taken, taken + blockBytes - filled)
          block.set(piece, filled)
          taken += piece.length
          filled += piece.length
          if (filled < blockBytes) continue
          yield count(block)
          filled = 0
        }
      }
      if (filled > 0) yield count(block.subarray(0, filled))
    },
    result: () => ({ size, sha256: hash.digest('hex') }),
    failure(error, explain) {
      // One that was never begun would keep its file or socket open.
      if (source instanceof Readable) source.destroy()
      if (signal?.aborted) return signal.reason
      return sourceFailure ? sourceFailure.error : explain(error)
    },
  }
}

/** Throws `signal.reason` as soon as it is aborted, and tells the source to end without waiting for it. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
  if (!signal) return yield* source
  signal.throwIfAborted()
  const iterator = source[Symbol.asyncIterator]()
  // Renewed for every chunk: a race against one promise for all of them would grow with the source.
  let giveUp: (reason: unknown) => void = () => undefined
  const onAbort = (): void => giveUp(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  let state: 'waits' | 'asked' | 'over' = 'waits'
  try {
    for (;;) {
      signal.throwIfAborted()
      state = 'asked'
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        giveUp = reject
        iterator.next().then(resolve, error => {
          state = 'over'
          reject(error)
        })
      })
      if (next.done) {
        state = 'over'
        return
      }
      state = 'waits'
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    const end = async () => void (await iterator.return?.())
    // Where it is aborted nobody waits: it may be in the middle of a chunk that never comes, or hang in its `finally`.
    if (state !== 'over' && (state === 'asked' || signal.aborted)) end().catch(() => undefined)
    else if (state === 'waits') await end()
  }
}
