// Keeps the runtime that is served: builds it, hears of changes in its database, builds the next one aside and swaps it in.
import { randomUUID } from 'node:crypto'
import type { Database } from './databases/database.ts'
import type { Followers } from './following/followers.ts'
import type { Identity } from './identity/identify.ts'
import type { ReportStorage } from './reports/report-storage.ts'
import { makeRuntime, type Runtime } from './runtime.ts'
import { compileVersions } from './schema/compile-versions.ts'
import { defineTables } from './schema/define-tables.ts'
import { openDefinition } from './schema/open-definition.ts'
import type { ApiDefinition } from './schema/resource-definition.ts'

export interface ServedOptions {
  /** Called at the start and at every reload; `open` serves every table to anyone on this machine. */
  readonly api: (() => ApiDefinition | Promise<ApiDefinition>) | 'open'
  readonly onError?: (error: unknown, requestId?: string) => void
  readonly onReload?: (runtime: Runtime) => void
}

interface Surroundings {
  readonly database: Database
  readonly identity: Identity
  readonly followers: Followers
  readonly storage: ReportStorage
  /** Of a runtime that is served from now on. */
  readonly onServed: (runtime: Runtime, isReload: boolean) => void
  readonly onError: (error: unknown, requestId?: string) => void
  /** Whether NOTIFY is heard. */
  readonly onListening: (listens: boolean) => void
}

export interface KeptRuntime {
  /** The last that was built whole; there is none before `start`. */
  current(): Runtime
  /**
   * Builds the first one, and hears of changes from then on.
   * @throws DefinitionError where the API does not fit the database, ApiError `unavailable` where there is no database
   */
  start(): Promise<void>
  /** Introspects and compiles again; what is served stays as it is until the new one is whole. */
  reload(): Promise<void>
  /** Hears of changes no longer. */
  stop(): Promise<void>
}

export function keepRuntime(api: ServedOptions['api'], surroundings: Surroundings): KeptRuntime {
  const { database, identity, followers, storage, onServed, onError, onListening } = surroundings
  // The cursors of an open server live as long as it does: it writes no secret into the database.
  const openSecret = randomUUID()
  let runtime: Runtime | undefined
  let listens = true
  let stop = async (): Promise<void> => undefined

  async function build(): Promise<Runtime> {
    const schema = await database.introspect()
    const definition = api === 'open' ? openDefinition(defineTables(schema)) : await api()
    const compiled = compileVersions(definition, schema, database.sqlTypeOf)
    const secret = compiled.api.secret ?? (api === 'open' ? openSecret : await database.secret())
    const { identify, challenge } = identity
    return makeRuntime({
      ...compiled,
      database,
      identify,
      challenge,
      secret,
      followers,
      storage,
      onError(error, requestId) {
        onError(error, requestId)
        if (database.isSchemaChange(error)) followSchema()
      },
    })
  }

  const reload = oneAtATime(async () => {
    const next = await build()
    // Lost while it was built: what changes from now on would not be heard.
    if (!listens) next.answers?.distrust()
    runtime = next
    onServed(next, true)
  })

  // A change that nobody notified of shows at the first statement that fails; a reload that fails is not tried at once again.
  let followedAt = Number.NEGATIVE_INFINITY
  function followSchema(): void {
    if (performance.now() - followedAt < 2_000) return
    followedAt = performance.now()
    reload().catch(onError)
  }

  function hear(isHeard: boolean): void {
    listens = isHeard
    onListening(isHeard)
  }

  function listen(): Promise<() => Promise<void>> {
    return database.listen({
      onMessage(payload) {
        hear(true)
        const [word, ...tables] = payload.match(/[^\s,]+/g) ?? []
        if (word === 'clients' || word === 'revoked') identity.told(word)
        if (payload === 'reload') identity.told('all')
        if (payload === 'reload') reload().catch(onError)
        // `changed public.videos, public.users`; without a table: any may have changed.
        if (word === 'changed') runtime?.answers?.changed(tables)
      },
      // Until it listens again and is built anew, nobody tells of changes.
      onLost() {
        hear(false)
        identity.lost()
        runtime?.answers?.distrust()
      },
    })
  }

  return {
    current() {
      if (!runtime) throw new Error('there is no runtime before the start')
      return runtime
    },
    async start() {
      runtime = await build()
      onServed(runtime, false)
      stop = await listen()
    },
    reload,
    stop: () => stop(),
  }
}

/** Runs do not overlap; one asked for meanwhile comes after, once however often it was asked for. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  return () => {
    waiting ??= running
      .catch(() => undefined)
      .then(() => {
        waiting = undefined
        running = work()
        return running
      })
    return waiting
  }
}
