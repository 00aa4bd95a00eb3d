// The transaction of one attempt: begun with its first statement, so that what is slow and no database holds no connection.
import type { Database, Statement, Transaction } from '../databases/database.ts'
import { outsideAttempt } from './attempt-scope.ts'
import type { Gate } from './gate.ts'

class Undone extends Error {}

export class LazyTransaction implements Transaction {
  readonly #database: Database
  readonly #gate: Gate
  readonly #last = Promise.withResolvers<(transaction: Transaction) => Promise<void>>()
  #opened: Promise<Transaction> | null = null
  #done: Promise<void> | null = null
  #isOver = false
  readonly #atEnd: Statement[] = []
  readonly #ifUndone: (() => void)[] = []

  constructor(database: Database, gate: Gate) {
    this.#database = database
    this.#gate = gate
    this.#last.promise.catch(() => undefined)
  }

  /** Whether there is anything to commit. */
  get isOpen(): boolean {
    return this.#opened !== null
  }

  run: Transaction['run'] = async (statement, take) => (await this.#open()).run(statement, take)

  query: Transaction['query'] = async (text, values) => (await this.#open()).query(text, values)

  onCommit: Transaction['onCommit'] = call => void this.#open().then(transaction => transaction.onCommit(call))

  /** Is run behind the fence, right before the commit: until then it locks no row. */
  async atEnd(statement: Statement): Promise<void> {
    await this.#open()
    this.#atEnd.push(statement)
  }

  /** Called where all is undone for certain: not where the commit itself was lost on its way. */
  ifUndone(call: () => void): void {
    this.#ifUndone.push(call)
  }

  /**
   * @param last is run before the commit
   * @throws what it throws, once all is undone; as `Database.transaction`
   */
  async commit(last: (transaction: Transaction) => Promise<void>): Promise<void> {
    this.#isOver = true
    this.#last.resolve(async transaction => {
      try {
        await last(transaction)
        for (const statement of this.#atEnd) await transaction.run(statement, () => undefined)
      } catch (error) {
        this.#sayUndone()
        throw error
      }
    })
    await this.#done
  }

  async undo(): Promise<void> {
    this.#isOver = true
    this.#last.reject(new Undone())
    await this.#done?.catch(() => undefined)
    this.#sayUndone()
  }

  #sayUndone(): void {
    for (const call of this.#ifUndone.splice(0)) call()
  }

  async #open(): Promise<Transaction> {
    if (this.#isOver) throw new Error('The transaction is over: wait for every statement before `perform` returns.')
    this.#opened ??= outsideAttempt(() => this.#begin())
    return this.#opened
  }

  #begin(): Promise<Transaction> {
    const { promise, resolve, reject } = Promise.withResolvers<Transaction>()
    this.#done = this.#gate.enter().then(leave =>
      this.#database
        .transaction(async transaction => {
          resolve(transaction)
          const last = await this.#last.promise
          await last(transaction)
        })
        .finally(leave),
    )
    this.#done.catch(reject)
    return promise
  }
}
