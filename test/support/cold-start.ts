// A program: starts an open server of a database as a fresh process, tells how long that took, and serves until its input ends.
import { createServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'

export interface ColdStart {
  /** Connects, introspects, compiles, listens; without the start of node. */
  readonly startMs: number
  /** The same, from the start of the process. */
  readonly processMs: number
  readonly port: number
  readonly resources: number
}

const since = performance.now()
const database = connectPostgres({ config: JSON.parse(process.argv[2] ?? '{}') })
const server = await createServer({ database, api: 'open' })
const now = performance.now()
const result: ColdStart = {
  startMs: now - since,
  processMs: now,
  port: server.port,
  resources: server.runtime().api.resources.size,
}
console.log(JSON.stringify(result))
process.stdin.resume().on('end', () => void server.close())
