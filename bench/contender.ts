// What a contender of the bench is: a server that is put under load over HTTP, or a program that puts the load itself.
import type { DatabaseConfig } from '../src/databases/embedded/database-config.ts'

export type Contender = ServerContender | ProgramContender

/** What every contender is told. */
export interface Setup {
  /** A database that holds the videos example. */
  readonly config: DatabaseConfig
  /** Connections to the database, at most. */
  readonly poolSize: number
}

/** What a workload came to when the product itself was asked for each of its paths. */
export interface Task {
  readonly workload: string
  readonly paths: readonly string[]
  /** The product's statement. */
  readonly text: string
  /** The values that it was bound to, one list a path. */
  readonly values: readonly (readonly BoundText[])[]
  /** The first answer. */
  readonly body: string
  /** Of an answer, on average. */
  readonly bytes: number
}

/** As the product binds it: text, a list, or null. */
export type BoundText = string | readonly string[] | null

/** Runs in a process of its own. */
export interface ServerContender {
  readonly kind: 'server'
  /** Whether its answers must be those of the product; `false` for one that answers anything. */
  readonly checked: boolean
  serve(setup: Setup): Promise<Serving>
}

export interface Serving {
  /** On 127.0.0.1. */
  readonly port: number
  /** Told what the next run asks for. */
  prepare?(task: Task): void
  close(): Promise<void>
}

export interface ProgramContender {
  readonly kind: 'program'
  /** Why this machine can't run it, or null. */
  missing(): Promise<string | null>
  run(task: Task, setup: Setup, seconds: number): Promise<Load>
}

/** What a run came to. */
export interface Load {
  readonly requests: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}
