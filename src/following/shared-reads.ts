// Reads a row again whenever it may have changed, once for all who see the same of it.
import type { RowSignals } from './row-signals.ts'

/** How one and the same is read, for all who ask with the same key. */
export interface Reading<T> {
  /** The row as NOTIFY names it, as far as that is known before it is read. */
  readonly row: string | null
  /** @throws what there is to say in place of it; it is read again at the next change all the same */
  read(): Promise<T>
  /** The row as NOTIFY names it. */
  rowOf(result: T): string | null
}

export interface Listener<T> {
  told(result: T): void
  failed(error: unknown): void
  /** Nothing is held any longer: the server stops, or what it serves has changed. */
  released(): void
}

export interface Following {
  /** Has it read once more: the listener is told what is read from now on. */
  refresh(): void
  leave(): void
}

interface Joined<T> {
  readonly listener: Listener<T>
  /** Told of no read that began before. */
  from: number
}

interface Group<T> {
  readonly key: string
  readonly reading: Reading<T>
  readonly joined: Set<Joined<T>>
  /** How many reads have begun. */
  begun: number
  isReading: boolean
  isDue: boolean
  row: string | null
  unfollow: () => void
  timer: NodeJS.Timeout | undefined
}

export class SharedReads<T> {
  readonly #groups = new Map<string, Group<T>>()
  readonly #signals: RowSignals
  readonly #pollMs: number

  /** @param pollMs how often it is read without being told of a change: the net below LISTEN */
  constructor(signals: RowSignals, pollMs: number) {
    this.#signals = signals
    this.#pollMs = pollMs
  }

  /** How many different reads are shared now. */
  get size(): number {
    return this.#groups.size
  }

  /**
   * Reads at once, and again at every change until the listener leaves.
   * @param key all that decides what is read and how it is answered
   * @throws ApiError `unavailable` where changes cannot be heard
   */
  async join(key: string, reading: Reading<T>, listener: Listener<T>): Promise<Following> {
    await this.#signals.ready()
    const group = this.#groups.get(key) ?? this.#open(key, reading)
    const one: Joined<T> = { listener, from: group.begun + 1 }
    group.joined.add(one)
    this.#refresh(group)
    return {
      refresh: () => {
        one.from = group.begun + 1
        this.#refresh(group)
      },
      leave: () => {
        if (group.joined.delete(one) && group.joined.size === 0) this.#close(group)
      },
    }
  }

  release(): void {
    for (const group of [...this.#groups.values()]) for (const { listener } of [...group.joined]) listener.released()
  }

  #open(key: string, reading: Reading<T>): Group<T> {
    const group: Group<T> = {
      ...{ key, reading, joined: new Set(), begun: 0, isReading: false, isDue: false },
      ...{ row: null, unfollow: () => undefined, timer: undefined },
    }
    this.#groups.set(key, group)
    if (reading.row !== null) this.#follow(group, reading.row)
    return group
  }

  #close(group: Group<T>): void {
    clearTimeout(group.timer)
    group.unfollow()
    if (this.#groups.get(group.key) === group) this.#groups.delete(group.key)
  }

  #follow(group: Group<T>, row: string): void {
    group.unfollow()
    group.row = row
    group.unfollow = this.#signals.follow(row, () => this.#refresh(group))
  }

  #refresh(group: Group<T>): void {
    if (group.isReading) group.isDue = true
    else void this.#readWhileDue(group)
  }

  /** One read at a time: what changes meanwhile is read once more, however often it changed. */
  async #readWhileDue(group: Group<T>): Promise<void> {
    clearTimeout(group.timer)
    group.isReading = true
    do {
      group.isDue = false
      await this.#readOnce(group)
    } while (group.isDue && group.joined.size > 0)
    group.isReading = false
    if (group.joined.size === 0) return
    group.timer = setTimeout(() => this.#refresh(group), this.#pollMs)
    group.timer.unref()
  }

  async #readOnce(group: Group<T>): Promise<void> {
    group.begun += 1
    const number = group.begun
    const meant = () => [...group.joined].filter(one => one.from <= number)
    try {
      const result = await group.reading.read()
      const row = group.reading.rowOf(result)
      if (row !== null && row !== group.row && group.joined.size > 0) {
        // A change between this read and the moment from which the row is followed would be missed.
        this.#follow(group, row)
        group.isDue = true
        return
      }
      for (const { listener } of meant()) listener.told(result)
    } catch (error) {
      for (const { listener } of meant()) listener.failed(error)
    }
  }
}
