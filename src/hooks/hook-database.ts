// Kysely over the transaction of a write: what a hook does is committed and undone with it.
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { Transaction } from '../databases/database.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tables of a definition are known to its compiler alone
export type HookDatabase = Kysely<any>

export function hookDatabase(transaction: Transaction): HookDatabase {
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new TransactionDriver(transaction),
      createIntrospector: db => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

/** One connection, which is in its transaction already: another one inside of it is a savepoint. */
class TransactionDriver implements Driver {
  readonly #connection: DatabaseConnection
  #depth = 0

  constructor(transaction: Transaction) {
    this.#connection = {
      async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
        const { rows, count } = await transaction.query(sql, parameters)
        return { rows: rows as R[], ...(count !== null && { numAffectedRows: BigInt(count) }) }
      },
      streamQuery() {
        throw new Error('A hook reads its rows at once: use execute().')
      },
    }
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    this.#depth += 1
    await connection.executeQuery(CompiledQuery.raw(`savepoint hook${this.#depth}`))
  }
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`release savepoint hook${this.#depth}`))
    this.#depth -= 1
  }
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`rollback to savepoint hook${this.#depth}`))
    this.#depth -= 1
  }

  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
