// Runs every contender on every workload that it takes part in, round by round, in rotated order.
import type { Load, Task } from './contender.ts'
import type { Run } from './summarize.ts'

/** A contender that has started. */
export interface Running {
  readonly name: string
  run(task: Task, seconds: number): Promise<Load>
  /** Of its process in node, or null where it has none. */
  usage(): Promise<{ readonly cpu: number; readonly bytes: number } | null>
}

export interface RoundsOptions {
  readonly tasks: readonly Task[]
  readonly contenders: readonly Running[]
  readonly rounds: number
  readonly seconds: number
  /** CPU seconds so far, or null where they can't be told. */
  readonly postgresCpu: () => Promise<number | null>
  /** Called after each run, outside of what is measured. */
  readonly tidy: (task: Task) => Promise<void>
  /** Told before each run. */
  readonly onRun: (round: number, workload: string, contender: string) => void
  /** Ends the rounds before the next run. */
  readonly signal: AbortSignal
}

/** Round 0 warms up: code is compiled, pages are cached, connections are opened. It is not counted. */
export async function runRounds(options: RoundsOptions): Promise<Run[]> {
  const { tasks, contenders, rounds, seconds, tidy, onRun, signal } = options
  const runs: Run[] = []
  for (let round = 0; round <= rounds; round += 1) {
    for (const task of tasks) {
      const part = contenders.filter(({ name }) => task.contenders.includes(name))
      for (const contender of rotate(part, round)) {
        signal.throwIfAborted()
        onRun(round, task.workload, contender.name)
        if (round === 0) await contender.run(task, Math.max(1, seconds / 2))
        else runs.push(await measure(contender, task, options))
        await tidy(task)
      }
    }
  }
  // In the order of the contenders again.
  const order = contenders.map(({ name }) => name)
  const workloads = tasks.map(({ workload }) => workload)
  return runs.sort(
    (a, b) =>
      workloads.indexOf(a.workload) - workloads.indexOf(b.workload) ||
      order.indexOf(a.contender) - order.indexOf(b.contender),
  )
}

/** Who comes first may have it easier, so all take turns. */
export function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

async function measure(contender: Running, task: Task, { seconds, postgresCpu }: RoundsOptions): Promise<Run> {
  const [node, postgres] = [await contender.usage(), await postgresCpu()]
  const load = await contender.run(task, seconds)
  const [nodeAfter, postgresAfter] = [await contender.usage(), await postgresCpu()]
  const perTenThousand = (before: number | undefined | null, after: number | undefined | null) =>
    typeof before === 'number' && typeof after === 'number' ? ((after - before) / load.requests) * 10_000 : null
  return {
    workload: task.workload,
    contender: contender.name,
    rps: load.requests / load.seconds,
    p50: load.p50,
    p99: load.p99,
    cpuNode: perTenThousand(node?.cpu, nodeAfter?.cpu),
    cpuPostgres: perTenThousand(postgres, postgresAfter),
    bytes: nodeAfter?.bytes ?? null,
  }
}
