// Carries out what a switch is asked for: slowly, one operation at a time on a port, and with what the weather brings.
import { setTimeout as sleep } from 'node:timers/promises'
import { drawFault, type Weather } from './draw-fault.ts'
import type { Operation, Port, SwitchTable } from './switch-table.ts'

export interface WorkOptions {
  /** How long an operation lasts. */
  readonly work: { readonly minMs: number; readonly maxMs: number }
  /** By how much later a late answer comes. */
  readonly lateMs: number
  /** Of chance. */
  readonly seed: number
  /** Ends all waiting. */
  readonly signal: AbortSignal
}

/** Silent: no answer ever comes. Cut: the connection ends in the middle. */
export type Outcome = Operation & Pick<Port, 'status' | 'revision'>
export type Result = { readonly done: Outcome } | { readonly failed: 'busy' | 'operation_reused' } | 'silent' | 'cut'

export class SwitchOperations {
  weather: Weather
  readonly #table: SwitchTable
  readonly #options: WorkOptions
  readonly #asked = new Map<string, { readonly operation: Operation; attempts: number }>()
  readonly #queues = new Map<string, Promise<void>>()
  readonly #waiting = new Map<string, number>()

  constructor(table: SwitchTable, weather: Weather, options: WorkOptions) {
    this.#table = table
    this.weather = weather
    this.#options = options
  }

  /** @param gone aborted when whoever asks has hung up: what has begun is carried out all the same */
  async operate(operation: Operation, gone: AbortSignal): Promise<Result> {
    const asked = this.#asked.get(operation.operation) ?? { operation, attempts: 0 }
    if (!isSame(asked.operation, operation)) return { failed: 'operation_reused' }
    this.#asked.set(operation.operation, asked)
    asked.attempts += 1
    this.#table.asked(operation, this.#arrive(nameOf(operation), gone) > 0)
    const { work, lateMs, seed, signal } = this.#options
    const { fault, length } = drawFault(this.weather, seed, operation.operation, asked.attempts)
    const lastsMs = work.minMs + (work.maxMs - work.minMs) * length
    if (fault === 'silentBefore') return 'silent'
    if (fault === 'cutBefore' || fault === 'fails') {
      await sleep(lastsMs, undefined, { signal })
      return fault === 'fails' ? { failed: 'busy' } : 'cut'
    }
    await this.#carryOut(operation, lastsMs)
    if (fault === 'silentAfter') return 'silent'
    if (fault === 'cutAfter') return 'cut'
    if (fault === 'late') await sleep(lateMs, undefined, { signal })
    const done = this.#table.outcome(operation)
    if (!done) throw new Error('What was carried out has an outcome.')
    return { done }
  }

  /** @returns how many are there before */
  #arrive(name: string, gone: AbortSignal): number {
    const before = this.#waiting.get(name) ?? 0
    this.#waiting.set(name, before + 1)
    gone.addEventListener('abort', () => this.#waiting.set(name, (this.#waiting.get(name) ?? 1) - 1), { once: true })
    return before
  }

  async #carryOut(operation: Operation, lastsMs: number): Promise<void> {
    const before = this.#queues.get(nameOf(operation)) ?? Promise.resolve()
    const mine = before.then(async () => {
      if (this.#table.outcome(operation)) return
      await sleep(lastsMs, undefined, { signal: this.#options.signal })
      this.#table.carryOut(operation)
    })
    // The next one waits for the end of this one, not for its success.
    const ended = mine.catch(() => undefined)
    this.#queues.set(nameOf(operation), ended)
    await mine
  }
}

function nameOf({ node, port }: Operation): string {
  return `${node} ${port}`
}

function isSame(one: Operation, other: Operation): boolean {
  return one.action === other.action && nameOf(one) === nameOf(other)
}
