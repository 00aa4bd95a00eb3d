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

export interface BenchRequest {
  readonly method: 'GET' | 'POST'
  /** Base path included. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON. */
  readonly body?: string
}

/** What a workload came to over the data that there is. */
export interface Task {
  readonly workload: string
  readonly requests: readonly BenchRequest[]
  /** Who takes part. */
  readonly contenders: readonly string[]
  /** Of right answers; any other ends the bench. */
  readonly statuses: readonly number[]
  /** Whether it inserts comments, which are taken out again after each run. */
  readonly writes: boolean
  /** Whether it is asked of a server whose response cache is on. */
  readonly cached: boolean
  readonly statement: TaskStatement
  /** The first answer. */
  readonly body: string
  /** Of an answer, on average. */
  readonly bytes: number
}

/** For contenders that know no HTTP: of reads that of the product, of writes that of the hand-written servers. */
export interface TaskStatement {
  readonly text: string
  /** The values that it is bound to, one list a request. */
  readonly values: readonly (readonly BoundText[])[]
}

/** As the product binds it: text, a list, or null. */
export type BoundText = string | readonly string[] | null

/** Runs in a process of its own. */
export interface ServerContender {
  readonly kind: 'server'
  /** Whether its answers must be those of the product; `false` for one that answers anything. */
  readonly checked: boolean
  /** Makes what it needs beforehand; says why this machine can't run it, or null. */
  missing?(): Promise<string | null>
  serve(setup: Setup): Promise<Serving>
}

export interface Serving {
  /** On 127.0.0.1. */
  readonly port: number
  /** Where the same is served with a response cache, if anywhere. */
  readonly cachedPort?: number
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
