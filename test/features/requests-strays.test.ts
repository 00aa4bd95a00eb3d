// Processes outlive what `perform` throws, leaves behind and never ends; of what is not its own they end as any process does.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { until } from '../requests/tasks.ts'
import { type CliProcess, makeFolder, runCli, startCli } from '../support/cli.ts'
import { emptyDatabase, servers, type TestDatabase } from '../support/databases.ts'

const program = fileURLToPath(new URL('../requests/stray-program.ts', import.meta.url))

const apiFile = `
import { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import { defineApi, RequestFailure, requests, tables } from 'colonnade'
const columns = { id: 'int4 default', what: 'text', status: 'text default', attempts: 'int4 default', last_error: 'jsonb null', error: 'jsonb null' }
const db = tables({ jobs: { key: 'id', columns } })
const never = new Promise(() => undefined)
// As the connections of a pool that is made once: what waits for an answer is rejected by nobody's request.
const waiting = []
setInterval(() => { for (const reject of waiting.splice(0)) reject(new Error('stray of a pool')) }, 20)
const later = (call, ms = 30) => void setTimeout(call, ms)
const bad = error => { throw error }
class Unspeakable extends Error { get message() { throw new Error('no message') } get stack() { throw new Error('no stack') } get cause() { throw new Error('no cause') } }
const doing = {
  good: () => undefined,
  error: () => bad(new Error('An error.')),
  text: () => bad('words'),
  nothing: () => bad(undefined),
  frozen: () => bad(Object.freeze(new Error('Frozen.'))),
  bare: () => bad(Object.create(null)),
  unspeakable: () => bad(new Unspeakable()),
  revoked: () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy },
  endless: () => { const error = new Error('A circle.'); error.cause = error; throw error },
  rejects: async () => bad(new Error('Rejected.')),
  'odd letters': () => bad(new RequestFailure('odd\\0code', 'nul \\0, half \\ud800, escape \\u001b[31m')),
  long: () => bad(new RequestFailure('long', 'x'.repeat(1_000_000))),
  hangs: () => never,
  'rejects late': () => new Promise((_, reject) => later(() => reject(new Error('late')), 1_700)),
  'resolves late': () => new Promise(resolve => later(resolve, 1_700)),
  'leaks an interval': () => void setInterval(() => undefined, 10),
  'stray timer': () => later(() => bad(new Error('stray of a timer'))),
  'stray of nothing': () => later(() => bad(undefined)),
  'stray unspeakable': () => later(() => bad(new Unspeakable())),
  'stray immediate': () => void setImmediate(() => bad(new Error('stray immediate'))),
  'stray tick': () => process.nextTick(() => bad(new Error('stray tick'))),
  'stray microtask': () => queueMicrotask(() => bad(new Error('stray microtask'))),
  'stray rejection': () => void Promise.reject(new Error('stray rejection')),
  'stray later rejection': () => later(() => void Promise.reject('stray words')),
  'stray function': () => { void (async () => { await new Promise(resolve => later(resolve)); throw new Error('stray function') })() },
  'stray of a pool': () => { new Promise((_, reject) => waiting.push(reject)) },
  'stray socket': () => void connect(1, '127.0.0.1'),
  'stray emitter': () => { const emitter = new EventEmitter(); later(() => emitter.emit('error', new Error('stray emitter'))) },
  'stray statement': ({ db }) => { void db.selectFrom('nothing_of_that_name').selectAll().execute(); return new Promise(resolve => later(resolve, 100)) },
  'stray query': ({ query }) => { void query('nothing_of_that_name'); return new Promise(resolve => later(resolve, 100)) },
  'stray listener': ({ signal }) => { signal.addEventListener('abort', () => bad(new Error('stray listener'))); return never },
  'stray while it hangs': () => { later(() => bad(new Error('stray while it hangs'))); return never },
}
if (process.env.BREAKS) setTimeout(() => bad(new Error('of nobody')), 500)
export default defineApi({
  jobs: requests(db.jobs, {
    roles: { guest: { read: 'all', write: { create: { only: ['what'] } } } },
    attempts: 1, timeout: '500ms', concurrency: 50,
    perform: context => doing[context.row.what](context),
  }),
}, { roles: { guest: 'anyone' } })
`
const failures = {
  ...{ error: 'An error.', text: 'words', nothing: 'undefined', frozen: 'Frozen.', rejects: 'Rejected.' },
  ...{ bare: 'cannot be told', unspeakable: 'cannot be told', revoked: 'cannot be told', endless: 'caused by' },
}
const strays = [
  ...['stray timer', 'stray immediate', 'stray tick', 'stray microtask', 'stray rejection', 'stray later rejection'],
  ...['stray function', 'stray of a pool', 'stray socket', 'stray emitter', 'stray of nothing', 'stray unspeakable'],
]
const late = ['hangs', 'rejects late', 'resolves late', 'stray listener', 'stray while it hangs']

describe('what perform throws and leaves behind', { timeout: 90_000 }, () => {
  const folder = makeFolder()
  const cwd = folder.path
  let database: TestDatabase
  const started: CliProcess[] = []
  const sql = async (text: string, values: readonly unknown[] = []) =>
    (await withClient(database.config, client => client.query(text, [...values]))).rows
  const over = () =>
    until(async () => (await sql(`select from jobs where status in ('pending', 'running')`)).length === 0, 30_000)
  const row = async (what: string) => (await sql('select * from jobs where what = $1', [what]))[0]

  beforeAll(async () => {
    database = await emptyDatabase(servers()[0] as never)
    await sql('create table jobs (id int generated by default as identity primary key, what text not null)')
    writeFileSync(join(cwd, 'api.ts'), apiFile)
    expect((await runCli(['migrate', database.url, '--yes'], { cwd })).code).toBe(0)
  })
  afterEach(async () => {
    for (const { child } of started.splice(0)) child.kill('SIGKILL')
    await sql('truncate jobs restart identity')
  })
  afterAll(async () => {
    await database.drop()
    folder.remove()
  })
  const start = (...args: string[]) => {
    const process = startCli(args, { cwd })
    started.push(process)
    return process
  }
  const insert = (...whats: string[]) => sql('insert into jobs (what) select unnest($1::text[])', [whats])

  it.each(['worker', 'serve'])(
    'does not stop `colonnade %s`, nor lose another command; each stray is named after its command',
    async command => {
      const args = command === 'worker' ? ['--json'] : ['--json', '--port', '0', '--log', 'off']
      const worker = start(command, database.url, ...args)
      await worker.ready
      const whats = [
        ...Object.keys(failures),
        ...strays,
        ...late,
        'stray statement',
        'stray query',
        'odd letters',
        'long',
        'leaks an interval',
      ]
      await insert(...whats.flatMap(what => [what, 'good']))
      await over()
      // What is late comes by then, and what was left behind.
      await Promise.all(strays.map(async what => worker.hears(`of jobs ${(await row(what)).id}, attempt 1.`)))
      await new Promise(resolve => setTimeout(resolve, 800))
      await insert('good')
      await over()
      expect(worker.child.exitCode).toBe(null)
      expect(await sql(`select status from jobs where what = 'good' group by 1`)).toEqual([{ status: 'succeeded' }])
      for (const [what, said] of Object.entries(failures)) {
        const { status, error, internal_error } = await row(what)
        expect([what, status, error, internal_error]).toEqual([
          what,
          'failed',
          { code: 'internal', message: 'It could not be carried out.' },
          expect.stringContaining(said),
        ])
      }
      for (const what of late)
        expect([what, await row(what)]).toMatchObject([what, { status: 'failed', error: { code: 'timeout' } }])
      expect((await row('stray while it hangs')).internal_error).toContain('stray while it hangs')
      expect((await row('hangs')).internal_error).toBe(null)
      for (const what of [...strays, 'leaks an interval', 'stray query'])
        expect([what, (await row(what)).status]).toEqual([what, 'succeeded'])
      // A transaction in which a statement failed cannot be committed.
      expect((await row('stray statement')).status).toBe('failed')
      for (const what of ['stray query', 'stray statement', 'stray listener'])
        expect(worker.stderr()).toContain(`of jobs ${(await row(what)).id}, attempt 1.`)
      expect(worker.stderr()).toContain('Error: stray of a pool')
      expect((await row('odd letters')).error).toEqual({
        code: 'odd�code',
        message: 'nul �, half �, escape \u001b[31m',
      })
      expect((await row('long')).error.message).toHaveLength(2_000)
      expect(await worker.end('SIGTERM')).toBe(0)
    },
  )

  it('does not keep a worker from ending, however many timers are left', async () => {
    const worker = start('worker', database.url, '--drain-seconds', '1')
    await worker.ready
    await insert('leaks an interval', 'leaks an interval')
    await over()
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('stops a worker with what is not of a request, as it would stop any process', async () => {
    const worker = startCli(['worker', database.url], { cwd, env: { BREAKS: '1' } })
    started.push(worker)
    const [code] = await new Promise<[number | null]>(resolve => worker.child.once('close', code => resolve([code])))
    expect(code).toBe(1)
    expect(worker.stderr()).toMatch(/Error: of nobody\n {4}at [\s\S]*Node\.js v/)
  })

  it.each(['exception', 'rejection', 'no error', 'listener'])(
    'changes nothing of what Node does with an error of another (%s)',
    what => {
      const run = (...args: string[]) => {
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          ['--conditions=colonnade-source', program, what, ...args],
          { encoding: 'utf8' },
        )
        return { status, stdout, stderr }
      }
      const plain = run()
      expect(plain.status).toBe(what === 'listener' ? 0 : 1)
      expect(plain.stdout + plain.stderr).toContain('of nobody')
      expect(run('contained')).toEqual(plain)
    },
  )
})
