// The statements of a workload from PostgreSQL's load generator, prepared, without HTTP: what the database alone comes to.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ProgramContender, Setup } from '../contender.ts'
import { readLatencies, readTransactions, writeScript } from '../pgbench-script.ts'
import { percentile } from '../summarize.ts'

const run = promisify(execFile)
const clients = 4

export const pgbench: ProgramContender = {
  kind: 'program',
  async missing() {
    try {
      await run('pgbench', ['--version'])
      return null
    } catch {
      return 'pgbench is not on the path of this machine'
    }
  },

  async run(task, setup, seconds) {
    const folder = await mkdtemp(join(tmpdir(), 'colonnade-bench-'))
    try {
      const { script, variables } = writeScript(task.statement)
      await writeFile(join(folder, 'script.sql'), script)
      const whole = Math.max(1, Math.round(seconds))
      const { stdout } = await run(
        'pgbench',
        [
          ...[
            '--no-vacuum',
            '--protocol=prepared',
            `--client=${clients}`,
            '--jobs=2',
            `--time=${whole}`,
            '--random-seed=1',
          ],
          // One transaction in twenty, so that noting them does not slow it down.
          ...['--log', `--log-prefix=${join(folder, 'log')}`, '--sampling-rate=0.05'],
          ...variables.map(([name, value]) => `--define=${name}=${value}`),
          ...[`--file=${join(folder, 'script.sql')}`, ...connection(setup), setup.config.database],
        ],
        { env: { ...process.env, ...(setup.config.password !== undefined && { PGPASSWORD: setup.config.password }) } },
      )
      const latencies = readLatencies(await readLogs(folder))
      const { transactions, perSecond } = readTransactions(stdout)
      const milliseconds = (rank: number) => percentile(latencies, rank) / 1000
      return {
        requests: transactions,
        seconds: transactions / perSecond,
        p50: milliseconds(0.5),
        p99: milliseconds(0.99),
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

function connection({ config }: Setup): readonly string[] {
  return [`--host=${config.host}`, `--port=${config.port}`, `--username=${config.user}`]
}

async function readLogs(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter(name => name.startsWith('log'))
  return (await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))).join('')
}
