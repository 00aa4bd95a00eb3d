// Says whether the server should be sent requests: it is built, not stopping, hears of changes, and its database answers in time.
import type { Database } from '../databases/database.ts'

/** What keeps a server from being ready; words of ours alone, nothing of the inside. */
export type Unready = 'build' | 'stopping' | 'listener' | 'database'

/** What the server knows of itself. */
export interface ServerState {
  readonly isBuilt: boolean
  readonly isStopping: boolean
  /** Whether NOTIFY is heard. */
  readonly listens: boolean
}

export interface ReadinessOptions {
  /** The database has so long to answer. */
  readonly timeoutMs?: number
  /** So long its last answer stands. */
  readonly keepMs?: number
  readonly now?: () => number
}

/** @returns a function that names what is missing: nothing when ready */
export function makeReadiness(
  state: () => ServerState,
  database: Pick<Database, 'read'>,
  { timeoutMs = 1_000, keepMs = 1_000, now = () => performance.now() }: ReadinessOptions = {},
): () => Promise<readonly Unready[]> {
  let asking: Promise<boolean> | undefined
  let last: { readonly answers: boolean; readonly at: number } | undefined

  /** Asked once however many want to know. */
  async function answers(): Promise<boolean> {
    if (last && now() - last.at < keepMs) return last.answers
    asking ??= ask(database, timeoutMs).then(answered => {
      last = { answers: answered, at: now() }
      asking = undefined
      return answered
    })
    return asking
  }

  return async () => {
    const { isBuilt, isStopping, listens } = state()
    const missing: Unready[] = []
    if (!isBuilt) missing.push('build')
    if (isStopping) missing.push('stopping')
    else if (isBuilt && !listens) missing.push('listener')
    // While it stops, the database may be closed already.
    if (!isStopping && !(await answers())) missing.push('database')
    return missing
  }
}

/** By the way that reads go. */
async function ask(database: Pick<Database, 'read'>, timeoutMs: number): Promise<boolean> {
  let isOver = false
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => {
    isOver = true
    resolve(false)
  }, timeoutMs)
  const statement = { name: 'colonnade_ready', text: 'select 1', values: [] }
  const asked = database.read(statement, { isGone: () => isOver }, () => true).catch(() => false)
  try {
    return await Promise.race([asked, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
