// What the set-up of a test run hands to its workers.
import type { DatabaseConfig } from '../../src/databases/embedded/database-config.ts'

export interface Server {
  /** As test titles say it: `embedded PostgreSQL 18`, `PostgreSQL 15 on 127.0.0.1`. */
  readonly name: string
  /** Such as 18. */
  readonly major: number
  /** Of its maintenance database. */
  readonly config: DatabaseConfig
}

/** A server that the tests would also run on, and why they don't. */
export interface MissingServer {
  readonly name: string
  readonly reason: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Stands in the name of every database that the run creates. */
    run: string
    servers: readonly Server[]
    missingServers: readonly MissingServer[]
  }
}
