// The transaction of one attempt: begun with its first statement, so that what is slow and no database holds no connection.
import type { Database, Transaction } from '../databases/database.ts'
import type { Gate } from './gate.ts'

class Undone extends Error {}

export class LazyTransaction implements Transaction {
  readonly #database: Database
  readonly #gate: Gate
  readonly #last = Promise.withResolvers<(transaction: Transaction) => Promise<void>>()
  #opened: Promise<Transaction> | null = null
  #done: Promise<void> | null = null
  #isOver = false

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

  /**
   * @param last is run before the commit
   * @throws what it throws, once all is undone; as `Database.transaction`
   */
  async commit(last: (transaction: Transaction) => Promise<void>): Promise<void> {
    this.#isOver = true
    this.#last.resolve(last)
    await this.#done
  }

  async undo(): Promise<void> {
    this.#isOver = true
    this.#last.reject(new Undone())
    await this.#done?.catch(() => undefined)
  }

  async #open(): Promise<Transaction> {
    if (this.#isOver) throw new Error('The transaction is over: wait for every statement before `perform` returns.')
    this.#opened ??= this.#begin()
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
