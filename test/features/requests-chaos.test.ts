// Workers that are killed, and a database that goes away: no request is lost, none is applied twice, no two of a key run together.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startEmbedded } from '../../src/databases/embedded/start-embedded.ts'
import { openTasks, pause, type TaskDatabase, until } from '../requests/tasks.ts'

const program = fileURLToPath(new URL('../requests/work-program.ts', import.meta.url))
/** All 5,000 where COLONNADE_CHAOS_REQUESTS says so, else what takes half a minute on a busy machine. */
const count = Number(process.env.COLONNADE_CHAOS_REQUESTS ?? 600)
const lanes = 150

interface Worker {
  readonly child: ChildProcess
  readonly exited: Promise<unknown>
  isReady: boolean
}

function start({ config }: TaskDatabase): Worker {
  const child = spawn(process.execPath, [program, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'ignore'] })
  const worker: Worker = { child, exited: once(child, 'exit'), isReady: false }
  child.stdout.once('data', () => {
    worker.isReady = true
  })
  return worker
}

it('ends every request once, though a worker is killed every second and the database restarts', {
  timeout: 240_000,
}, async () => {
  // One of its own, since it is stopped in the middle.
  const dir = await mkdtemp(join(tmpdir(), `colonnade-test-run-${process.pid}-`))
  await chmod(dir, 0o755)
  let embedded = await startEmbedded({ dir })
  const { config } = embedded
  const database = await openTasks({ name: 'embedded PostgreSQL 18', major: 18, config })
  await database.sql(
    `create table attempts (id bigint generated always as identity primary key, task_id int not null, lane text not null)`,
  )
  const workers = Array.from({ length: 3 }, () => start(database))
  try {
    await database.sql(
      `insert into tasks (label, lane, run_as) select 'x', (n % ${lanes})::text, jsonb_build_object('id', (n % 7)::text) from generate_series(1, $1::int) n`,
      [count],
    )
    const left = async () =>
      (
        await database.sql<{ n: number }>("select count(*)::int as n from tasks where status in ('pending', 'running')")
      )[0]?.n as number
    let kills = 0
    let restarted = false
    let isOver = false
    const killing = (async () => {
      while (!isOver) {
        await pause(1_000)
        if (isOver) break
        // One that has begun to work; on a busy machine a program takes longer than that to start.
        const ready = workers.filter(({ child, isReady }) => isReady || child.exitCode !== null)
        const worker = ready[Math.floor(Math.random() * ready.length)]
        if (!worker) continue
        worker.child.kill('SIGKILL')
        await worker.exited
        kills += 1
        workers[workers.indexOf(worker)] = start(database)
        if (!restarted && (await left()) < count / 2) {
          restarted = true
          await embedded.stop()
          embedded = await startEmbedded({ dir })
        }
      }
    })()
    await until(async () => (await left().catch(() => 1)) === 0, 200_000, 500).finally(() => {
      isOver = true
    })
    await killing
    expect(kills).toBeGreaterThan(0)
    expect(restarted).toBe(true)
    const figures = await database.sql('select status, count(*)::int as n from tasks group by 1')
    expect(figures).toEqual([{ status: 'succeeded', n: count }])
    expect(await database.sql('select task_id from effects group by 1 having count(*) <> 1')).toEqual([])
    expect(await database.sql('select count(*)::int as n from effects')).toEqual([{ n: count }])
    // Each attempt that was begun is one that is counted.
    const [sums] = await database.sql<{ begun: number; counted: number }>(
      'select (select count(*)::int from attempts) as begun, (select sum(attempts)::int from tasks) as counted',
    )
    expect(sums?.begun).toBeLessThanOrEqual(sums?.counted as number)
    // The claim of a request writes down when it began, its outcome when it ended: of one lane none began before another had ended.
    const overlaps = await database.sql(
      `select a.id, b.id as other from tasks a join tasks b on a.lane = b.lane and a.id < b.id
       where a.started_at < b.finished_at and b.started_at < a.finished_at limit 5`,
    )
    expect(overlaps).toEqual([])
  } finally {
    for (const { child } of workers) child.kill('SIGKILL')
    await Promise.all(workers.map(({ exited }) => exited))
    await embedded.stop()
    await rm(dir, { recursive: true, force: true })
  }
})
