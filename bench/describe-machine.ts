// Says on what the figures were measured.
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import type { BenchOptions } from './options.ts'
import { connections } from './start-contender.ts'

/** @param busy the load average before the bench began: the figures of a busy machine mean little */
export function describeMachine(options: BenchOptions, postgres: string, poolSize: number, busy: number): string {
  const [cpu] = cpus()
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}, load average ${busy.toFixed(1)} before`,
    `node ${process.versions.node}, PostgreSQL ${postgres} (embedded, over its Unix socket), ${options.size} data`,
    `medians of ${options.rounds} interleaved rounds of ${options.seconds} s after a warm-up; ${connections} HTTP connections without pipelining, ${poolSize} to the database`,
    'load generator, node and PostgreSQL share the machine',
  ].join('\n')
}

export function loadAverage(): number {
  return loadavg()[0] ?? 0
}
