// Gives tests real databases: empty ones, and clones of templates that are built once a run.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { describe, inject } from 'vitest'
import { type DatabaseConfig, toDatabaseUrl } from '../../src/databases/embedded/database-config.ts'
import type { Server } from './provided.ts'

export type { Server } from './provided.ts'

/** The name of a template database on a server. */
export interface Template {
  readonly name: string
}

export interface TestDatabase {
  readonly config: DatabaseConfig
  readonly url: string
  /** Also ends whoever is still connected. What is not dropped goes at the end of the run. */
  drop(): Promise<void>
}

/** The embedded server, and the machine's own where there is one. */
export function servers(): readonly Server[] {
  return inject('servers')
}

/** One `describe` for each server; a server that isn't there shows as a skipped one, with the reason. */
export function describeEachServer(title: string, define: (server: Server) => void): void {
  for (const server of servers()) describe(`${title} (${server.name})`, () => define(server))
  for (const { name, reason } of inject('missingServers')) {
    describe.skip(`${title} (${name}: ${reason})`, it => it('is skipped', () => undefined))
  }
}

/**
 * Builds a template database, once a run: other workers that ask for the same name wait and take what was built.
 * A build that fails leaves nothing behind, and is tried anew by whoever asks next.
 * @param name lower-case letters, digits and underscores, at most 24
 */
export async function createTemplate(
  server: Server,
  name: string,
  build: (client: pg.Client) => Promise<void>,
): Promise<Template> {
  const ready = databaseName('t', name)
  const draft = databaseName('b', name)
  await withClient(server.config, async admin => {
    await admin.query('select pg_advisory_lock(hashtextextended($1, 0))', [ready])
    const { rows } = await admin.query('select from pg_database where datname = $1', [ready])
    if (rows.length > 0) return
    await admin.query(`drop database if exists ${draft} with (force)`)
    await admin.query(creationOf(server, draft))
    await withClient({ ...server.config, database: draft }, build)
    // Nobody may be connected to a database that is copied, autovacuum neither.
    await admin.query(`alter database ${draft} with allow_connections false`)
    // The name is the mark that the template is whole.
    await admin.query(`alter database ${draft} rename to ${ready}`)
  })
  return { name: ready }
}

/** A database of its own for a test file, or for a test: a copy takes some hundredths of a second. */
export async function cloneDatabase(server: Server, template: Template): Promise<TestDatabase> {
  return makeDatabase(server, name => `create database ${name} template ${template.name}`)
}

/** A database with nothing in it, in which text sorts by code point on every server. */
export async function emptyDatabase(server: Server): Promise<TestDatabase> {
  return makeDatabase(server, name => creationOf(server, name))
}

async function makeDatabase(server: Server, creation: (name: string) => string): Promise<TestDatabase> {
  const name = databaseName('d', randomBytes(6).toString('hex'))
  await withClient(server.config, admin => admin.query(creation(name)))
  const config = { ...server.config, database: name }
  return {
    config,
    url: toDatabaseUrl(config),
    drop: async () => {
      await withClient(server.config, admin => admin.query(`drop database if exists ${name} with (force)`))
    },
  }
}

function databaseName(kind: 'b' | 'd' | 't', name: string): string {
  if (!/^[a-z0-9_]{1,24}$/.test(name)) throw new Error(`"${name}" is no name for a test database`)
  return `colonnade_test_${inject('run')}_${kind}_${name}`
}

function creationOf({ major }: Server, name: string): string {
  // The embedded server is made with this locale; others may sort by another, or lack the builtin provider.
  const locale =
    major >= 17 ? `locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'` : `lc_collate 'C' lc_ctype 'C.UTF-8'`
  return `create database ${name} template template0 encoding 'UTF8' ${locale}`
}

async function withClient<T>(config: DatabaseConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
