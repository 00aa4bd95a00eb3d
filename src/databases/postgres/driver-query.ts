// One read on the driver's connection: rows stay the text that the server sent, and nothing is described.
import type { Submittable } from 'pg'
import { serialize } from 'pg-protocol'
import { toArrayText } from '../../types/array-text.ts'
import type { Statement } from '../database.ts'
import type { TextRow } from './text-rows.ts'

/** What the driver's connection offers to a query that submits itself (pg-cursor is another such). */
interface Connection {
  readonly stream: { write(bytes: Uint8Array): void }
  /** Texts of prepared statements by name. */
  readonly parsedStatements: Readonly<Record<string, string>>
}

const executeAndSync = Buffer.concat([serialize.execute(), serialize.sync()])

export type Settle = (error: Error | null, rows: readonly TextRow[]) => void

/**
 * A submittable for `client.query`. The plan knows the columns, so the server is not asked to describe them (a message less
 * each way), and no value is parsed.
 */
export class DriverQuery implements Submittable {
  /** The driver notes both once the server has prepared the statement. */
  readonly name: string
  readonly text: string
  /** Set by the driver's time-outs and by its queue; called once. */
  callback: Settle
  readonly #values: readonly (string | null)[]
  readonly #rows: TextRow[] = []

  constructor(statement: Statement, name: string, settle: Settle) {
    this.name = name
    this.text = statement.text
    this.callback = settle
    this.#values = statement.values.map(value =>
      typeof value === 'string' || value === null ? value : toArrayText(value),
    )
  }

  submit(given: unknown): Error | null {
    const connection = given as Connection
    const bind = serialize.bind({ statement: this.name, values: this.#values as (string | null)[] })
    const isPrepared = this.name !== '' && connection.parsedStatements[this.name] !== undefined
    const parse = isPrepared ? [] : [serialize.parse({ name: this.name, text: this.text })]
    // One write for all messages.
    connection.stream.write(Buffer.concat([...parse, bind, executeAndSync]))
    return null
  }

  handleDataRow({ fields }: { readonly fields: TextRow }): void {
    this.#rows.push(fields)
  }

  handleError(error: Error): void {
    this.callback(error, [])
  }

  handleReadyForQuery(): void {
    this.callback(null, this.#rows)
  }

  handleRowDescription(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}
