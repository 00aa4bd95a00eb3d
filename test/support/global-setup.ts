// Starts the embedded PostgreSQL of a test run, finds the machine's own, and clears both away afterwards.
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import type { DatabaseConfig } from '../../src/databases/embedded/database-config.ts'
import { processMark } from '../../src/databases/embedded/process-mark.ts'
import { startEmbedded } from '../../src/databases/embedded/start-embedded.ts'
import type { MissingServer, Server } from './provided.ts'

const FOLDER = /^colonnade-test-run-(\d+)-/
const DATABASE = /^colonnade_test_([0-9a-f]+)_/

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await removeForgottenFolders()
  const run = randomBytes(4).toString('hex')
  const dir = await mkdtemp(join(tmpdir(), `colonnade-test-run-${process.pid}-`))
  await chmod(dir, 0o755)
  const embedded = await startEmbedded({ dir })
  const machine = await openMachineServer(run)

  const servers: Server[] = [{ name: 'embedded PostgreSQL 18', major: 18, config: embedded.config }]
  const missing: MissingServer[] = []
  if ('client' in machine) servers.push(machine.server)
  else missing.push(machine)
  for (const { name, reason } of missing) console.warn(`Skipped: the tests on ${name}, because ${reason}`)

  project.provide('run', run)
  project.provide('servers', servers)
  project.provide('missingServers', missing)

  return async () => {
    if ('client' in machine) {
      await dropDatabases(machine.client, owner => owner === run)
      await machine.client.end()
    }
    await embedded.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** The session stays open for the whole run: its name tells other runs that this one's databases are in use. */
async function openMachineServer(run: string): Promise<{ server: Server; client: pg.Client } | MissingServer> {
  const url = process.env.COLONNADE_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 3_000,
    application_name: `colonnade_test_${run}`,
    keepAlive: true,
  })
  client.on('error', error => console.warn(`The test run lost its session on ${client.host}: ${error.message}`))
  try {
    await client.connect()
  } catch (error) {
    const reason = `it does not answer: ${error instanceof Error ? error.message : error}`
    return { name: `PostgreSQL on ${client.host}:${client.port}`, reason }
  }
  const { rows } = await client.query<{ running: string }>(
    `select substr(application_name, 16) as running from pg_stat_activity where application_name like 'colonnade_test_%'`,
  )
  const running = new Set(rows.map(row => row.running))
  await dropDatabases(client, owner => !running.has(owner))
  const version = await client.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  )
  const major = version.rows[0]?.major ?? 0
  const config: DatabaseConfig = {
    host: client.host,
    port: client.port,
    user: client.user ?? 'postgres',
    database: client.database ?? 'postgres',
    ...(client.password && { password: client.password }),
    ssl: false,
  }
  return { client, server: { name: `PostgreSQL ${major} on ${client.host}`, major, config } }
}

async function dropDatabases(client: pg.Client, isOurs: (run: string) => boolean): Promise<void> {
  const { rows } = await client.query<{ datname: string }>('select datname from pg_database')
  for (const { datname } of rows) {
    const owner = DATABASE.exec(datname)?.[1]
    if (owner && isOurs(owner))
      await client.query(`drop database if exists ${pg.escapeIdentifier(datname)} with (force)`)
  }
}

/** A run that was killed left its server behind: join it, and stop it as the last one. */
async function removeForgottenFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = FOLDER.exec(name)?.[1]
    if (!pid || processMark(Number(pid))) continue
    const dir = join(tmpdir(), name)
    try {
      const forgotten = await startEmbedded({ dir })
      await forgotten.stop()
    } catch {
      // Another run clears the same folder away, or there is no server in it.
    }
    await rm(dir, { recursive: true, force: true })
  }
}
