// The embedded server with real processes: started, joined, killed, and begun twice at once.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnEmbedded } from '../../../test/support/embedded-process.ts'
import { createDatabase } from './create-database.ts'
import { processMark } from './process-mark.ts'
import { type EmbeddedDatabase, type EmbeddedOptions, startEmbedded } from './start-embedded.ts'

let folder: string
const running: { stop(): Promise<void> }[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colonnade-embedded-'))
  await chmod(folder, 0o755)
})
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop()
  await rm(folder, { recursive: true, force: true })
})

async function start(name = 'a', options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedDatabase> {
  const database = await startEmbedded({ dir: join(folder, name), ...options })
  running.push(database)
  return database
}

async function query<T extends object>(url: string, sql: string): Promise<readonly T[]> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<T>(sql).finally(() => client.end())
  return rows
}

/** As a pool would: the server may be away for a moment. */
async function queryPatiently<T extends object>(url: string, sql: string): Promise<readonly T[]> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await query<T>(url, sql)
    } catch (error) {
      if (tries === 200) throw error
      await sleep(50)
    }
  }
}

function postmasterOf(home: string): number {
  return Number(readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
}

function lockHolderOf(home: string): number {
  return JSON.parse(readFileSync(join(home, 'lock.1'), 'utf8')).pid
}

function isDown(home: string): boolean {
  return !existsSync(join(home, 'data', 'postmaster.pid'))
}

describe('startEmbedded', () => {
  it('starts PostgreSQL 18 in a folder that does not exist, also as root', async () => {
    const progress: string[] = []
    const database = await start('new/folder', { onProgress: step => progress.push(step) })
    expect(database).toMatchObject({ joined: false, version: expect.stringMatching(/^18\./) })
    expect(progress).toEqual([`Creating the database in ${database.home}`, 'Starting PostgreSQL'])
    const rows = await query(
      database.url,
      `select current_setting('fsync') as fsync, current_setting('listen_addresses') as addresses, 'B' < 'a' as by_bytes`,
    )
    expect(rows).toEqual([{ fsync: 'on', addresses: '', by_bytes: true }])
    expect(statSync(database.config.host).mode & 0o777).toBe(0o700)
    await database.stop()
    expect(isDown(database.home)).toBe(true)
    expect(existsSync(database.config.host)).toBe(false)
  })

  it('keeps what was written over a stop and a start', async () => {
    const first = await start()
    const app = await createDatabase(first.config, 'app')
    await createDatabase(first.config, 'app', { ifMissing: true })
    await expect(createDatabase(first.config, 'app')).rejects.toThrow('already exists')
    await query(first.url.replace('/postgres?', '/app?'), 'create table kept as select 42 as answer')
    await createDatabase(first.config, 'copy', { template: 'app' })
    await first.stop()

    const second = await start()
    expect(second.config).toEqual(first.config)
    const client = new pg.Client({ ...app, database: 'copy' })
    await client.connect()
    expect((await client.query('select * from kept')).rows).toEqual([{ answer: 42 }])
    await client.end()
  })

  it('runs two folders side by side', async () => {
    const [one, other] = await Promise.all([start('one'), start('other')])
    await query(one.url, 'create table only_here ()')
    expect(await query(other.url, `select from pg_tables where tablename = 'only_here'`)).toEqual([])
    expect(one.config.host).not.toBe(other.config.host)
  })

  it('listens on loopback with a password where there are no sockets', async () => {
    const { url, config } = await start('a', { transport: 'loopback' })
    expect(config.host).toBe('127.0.0.1')
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    await expect(query(url.replace(/:[^:@]+@/, ':guess@'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    )
  })

  it('says for which platforms there are binaries, and what works elsewhere', async () => {
    await expect(startEmbedded({ dir: join(folder, 'a'), platform: 'sunos-sparc' })).rejects.toThrow(
      /no embedded PostgreSQL for sunos-sparc: it exists for .*linux-x64.*Pass the URL of a PostgreSQL server/s,
    )
    expect(await readdir(folder)).toEqual([])
  })

  it('quotes the log when the server does not start', async () => {
    const database = await start()
    await database.stop()
    await writeFile(join(database.home, 'data', 'postgresql.conf'), 'shared_buffers = nonsense\n')
    await expect(startEmbedded({ dir: database.dir })).rejects.toThrow(/did not start.*shared_buffers.*nonsense/s)
  })

  it('refuses the data of another version', async () => {
    const database = await start()
    await database.stop()
    await writeFile(join(database.home, 'data', 'PG_VERSION'), '17\n')
    await expect(startEmbedded({ dir: database.dir })).rejects.toThrow(
      'was made by PostgreSQL 17, and this is PostgreSQL 18',
    )
  })

  it('begins anew when the first start was killed in the middle', async () => {
    const home = join(folder, 'a')
    const drafts = async () => (await readdir(home)).filter(name => name.startsWith('initdb-'))
    const killed = spawnEmbedded(home)
    const failed = expect(killed).rejects.toThrow('SIGKILL')
    while (!existsSync(home) || (await drafts()).length === 0) await sleep(5)
    await sleep(100)
    process.kill(lockHolderOf(home), 'SIGKILL')
    await failed
    expect(existsSync(join(home, 'data'))).toBe(false)

    const database = await start()
    expect(await query(database.url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(await drafts()).toEqual([])
  })
})

describe('a killed server', () => {
  it('is started again by the process that uses it, with every acknowledged row', async () => {
    const progress: string[] = []
    const database = await start('a', { onProgress: step => progress.push(step) })
    await query(database.url, 'create table kept (answer int); insert into kept values (42)')
    const pid = postmasterOf(database.home)
    process.kill(pid, 'SIGKILL')
    expect(await queryPatiently(database.url, 'select * from kept')).toEqual([{ answer: 42 }])
    expect(postmasterOf(database.home)).not.toBe(pid)
    expect(progress).toContain('PostgreSQL ended unexpectedly')
    await database.stop()
    expect(isDown(database.home)).toBe(true)
  })

  it('is started again by a later process when its user was killed, too', async () => {
    const killed = await spawnEmbedded(join(folder, 'a'))
    await query(killed.url, 'create table kept (answer int); insert into kept values (42)')
    await killed.kill()
    process.kill(postmasterOf(killed.home), 'SIGKILL')
    const database = await start()
    expect(database.joined).toBe(false)
    expect(await query(database.url, 'select * from kept')).toEqual([{ answer: 42 }])
  })

  it('is started although its process id was given to another process', async () => {
    const first = await start()
    const path = join(first.home, 'data', 'postmaster.pid')
    const content = readFileSync(path, 'utf8')
    await first.stop()
    // The id of the test runner: a process that runs, and is no PostgreSQL.
    await writeFile(path, content.replace(/^\d+/, String(process.ppid)))
    const database = await start()
    expect(await query(database.url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(postmasterOf(database.home)).not.toBe(process.ppid)
  })
})

describe('a second process', () => {
  it('joins the server, and keeps it when the first one stops', async () => {
    const first = await spawnEmbedded(join(folder, 'a'))
    const second = await start()
    expect(second).toMatchObject({ joined: true, url: first.url })
    const pid = postmasterOf(second.home)
    await first.stop()
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(postmasterOf(second.home)).toBe(pid)
    await second.stop()
    expect(processMark(pid)).toBeUndefined()
  })

  it('keeps the server when the first one is killed, and stops it as the last', async () => {
    const first = await spawnEmbedded(join(folder, 'a'))
    const second = await start()
    await first.kill()
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await second.stop()
    expect(isDown(second.home)).toBe(true)
  })

  it('joins a server whose only user was killed', async () => {
    const first = await spawnEmbedded(join(folder, 'a'))
    await first.kill()
    const second = await start()
    expect(second.joined).toBe(true)
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('starts at the same time as the first, and only one creates the database', async () => {
    const processes = await Promise.all([1, 2, 3].map(() => spawnEmbedded(join(folder, 'a'))))
    running.push(...processes)
    const creations = processes.flatMap(({ progress }) => progress.filter(step => step.startsWith('Creating')))
    expect(creations).toHaveLength(1)
    expect(processes.filter(({ joined }) => !joined)).toHaveLength(1)
    expect(new Set(processes.map(({ url }) => url)).size).toBe(1)
  })

  it('is not in the way of a process that leaves at the same time', async () => {
    let held = await start()
    for (let round = 0; round < 5; round += 1) {
      const [next] = await Promise.all([startEmbedded({ dir: held.dir }), held.stop()])
      running.push(next)
      expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }])
      held = next
    }
  })
})

describe.skipIf(process.getuid?.() !== 0)('as root, below a folder that only root may enter', () => {
  it('keeps the data where the server can reach it, and finds it again', async () => {
    await chmod(folder, 0o700)
    const first = await start()
    try {
      expect(first.home).toMatch(/^\/var\/lib\/colonnade\/[0-9a-f]{16}$/)
      expect(readFileSync(join(first.dir, 'data-is-in'), 'utf8').trim()).toBe(first.home)
      await query(first.url, 'create table kept ()')
      await first.stop()
      await chmod(folder, 0o755)
      const second = await start()
      expect(second.home).toBe(first.home)
      expect(await query(second.url, 'select * from kept')).toEqual([])
      await second.stop()
    } finally {
      await rm(first.home, { recursive: true, force: true })
    }
    await expect(startEmbedded({ dir: first.dir })).rejects.toThrow('which is gone')
  })
})
