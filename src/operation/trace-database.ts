// Puts a span around each statement of a database, with its text and never its values.
import { SpanKind, type Tracer } from '@opentelemetry/api'
import type { Database, Transaction } from '../databases/database.ts'
import type { Rows } from '../formats/rows.ts'
import { endSpan } from './tracing.ts'

export function traceDatabase(database: Database, tracer: Tracer): Database {
  const begin = (text: string) => {
    const operation = operationOf(text)
    return tracer.startSpan(operation, {
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.query.text': text },
    })
  }
  async function around<T>(text: string, work: () => Promise<T>): Promise<T> {
    const span = begin(text)
    try {
      const result = await work()
      endSpan(span)
      return result
    } catch (error) {
      endSpan(span, error)
      throw error
    }
  }
  async function* stream(text: string, batches: AsyncIterable<Rows>): AsyncIterable<Rows> {
    const span = begin(text)
    let failure: unknown
    try {
      yield* batches
    } catch (error) {
      failure = error
      throw error
    } finally {
      endSpan(span, failure)
    }
  }
  const within = (transaction: Transaction): Transaction => ({
    ...transaction,
    run: (statement, take) => around(statement.text, () => transaction.run(statement, take)),
    query: (text, values) => around(text, () => transaction.query(text, values)),
  })
  return {
    ...database,
    read: (statement, waiting, take) => around(statement.text, () => database.read(statement, waiting, take)),
    write: (statement, take, options) => around(statement.text, () => database.write(statement, take, options)),
    stream: (statement, ...rest) => stream(statement.text, database.stream(statement, ...rest)),
    transaction: work => database.transaction(transaction => work(within(transaction))),
  }
}

/** `SELECT`; of a statement that begins with `with`, what it does in the end. */
function operationOf(text: string): string {
  const [first = 'QUERY'] = /\w+/.exec(text) ?? []
  const changes = /^with$/i.test(first) ? /\b(?:insert|update|delete)\b/i.exec(text) : null
  return (changes?.[0] ?? first.replace(/^with$/i, 'select')).toUpperCase()
}
