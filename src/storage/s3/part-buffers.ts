// Gathers parts in a few buffers, which are used again and again, and bounds how many parts are under way at once.
import type { Bucket } from './bucket.ts'
import type { PutPart, SentPart } from './part-upload.ts'

export class PartBuffers {
  readonly #partBytes: number
  readonly #parallelParts: number
  readonly #free: Buffer[] = []
  /** One that failed stays, so that whoever waits for a place hears of it. */
  readonly #underWay = new Set<Promise<void>>()
  readonly #sent: SentPart[] = []
  #buffer: Buffer
  #filled = 0
  #count = 0

  constructor({ partBytes, parallelParts }: Pick<Bucket, 'partBytes' | 'parallelParts'>) {
    this.#partBytes = partBytes
    this.#parallelParts = parallelParts
    this.#buffer = Buffer.allocUnsafeSlow(partBytes)
  }

  /** What was gathered since the last part. */
  get filled(): Buffer {
    return this.#buffer.subarray(0, this.#filled)
  }

  /** @returns how many bytes of it were taken; fewer than there are once the part is full */
  fill(block: Uint8Array): number {
    const piece = block.subarray(0, this.#partBytes - this.#filled)
    this.#buffer.set(piece, this.#filled)
    this.#filled += piece.length
    return piece.length
  }

  /**
   * Resolves once there is a place for the part, not once it is there.
   * @throws what a part before it threw
   */
  async send(put: PutPart): Promise<void> {
    while (this.#underWay.size >= this.#parallelParts) await Promise.race(this.#underWay)
    const [buffer, part] = [this.#buffer, this.filled]
    this.#count += 1
    const sending = put(this.#count, part).then(sent => {
      this.#sent.push(sent)
      this.#free.push(buffer)
      this.#underWay.delete(sending)
    })
    sending.catch(() => undefined)
    this.#underWay.add(sending)
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#partBytes)
    this.#filled = 0
  }

  /** All parts in order, once they are there. */
  async sent(): Promise<readonly SentPart[]> {
    await Promise.all(this.#underWay)
    return this.#sent.toSorted((a, b) => a.PartNumber - b.PartNumber)
  }

  /** Resolves once nothing is under way, whatever came of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }
}
