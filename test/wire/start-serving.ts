// Starts a server in a process of its own, over a database of a test.
import { type Child, startChild } from '../../bench/child.ts'
import type { TestDatabase } from '../support/databases.ts'
import type { Measured, ServeQuestion } from './serve-program.ts'

export interface ServingProcess {
  readonly port: number
  /** Measures anew from here on. */
  begin(): Promise<void>
  measure(): Promise<Measured>
  stop(): Promise<void>
}

export async function startServing(database: TestDatabase, api: 'open' | 'videos'): Promise<ServingProcess> {
  const child: Child = startChild(new URL('./serve-program.ts', import.meta.url), ['the server'])
  const ask = <Answer>(question: ServeQuestion) => child.ask<Answer>(question)
  const port = await ask<number>({ kind: 'serve', config: database.config, api })
  return {
    port,
    begin: () => ask({ kind: 'begin' }),
    measure: () => ask<Measured>({ kind: 'measure' }),
    stop: () => child.stop(),
  }
}
