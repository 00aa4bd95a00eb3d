// Starts a contender: a server in a process of its own, a program in none.
import { type Child, startChild } from './child.ts'
import type { Contender, Load, Setup, Task } from './contender.ts'
import type { LoadQuestion } from './put-load.ts'
import type { Running } from './run-rounds.ts'
import type { Ports, ServeQuestion, Usage } from './serve-contender.ts'

/** At once, without HTTP pipelining. */
export const connections = 32

export interface Started extends Running {
  /** Null for a program. */
  readonly port: number | null
  readonly checked: boolean
  stop(): Promise<void>
}

export interface StartOptions {
  readonly setup: Setup
  /** The load generator. */
  readonly load: Child
  /** The folder for CPU profiles. */
  readonly profile: string | null
}

export async function startContender(
  name: string,
  contender: Contender,
  { setup, load, profile }: StartOptions,
): Promise<Started> {
  if (contender.kind === 'program') {
    return {
      name,
      port: null,
      checked: false,
      run: (task, seconds) => contender.run(task, setup, seconds),
      usage: async () => null,
      stop: async () => undefined,
    }
  }
  const execArgv =
    profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`]
  const child = startChild(new URL('./serve-contender.ts', import.meta.url), [name], execArgv)
  const ask = <Answer>(question: ServeQuestion) => child.ask<Answer>(question)
  const { port, cachedPort } = await ask<Ports>({ kind: 'serve', setup })
  return {
    name,
    port,
    checked: contender.checked,
    async run(task: Task, seconds: number) {
      await ask({ kind: 'prepare', task })
      const asked = task.cached ? cachedPort : port
      if (asked === undefined) throw new Error(`${name} has no response cache`)
      const { requests, statuses } = task
      const question: LoadQuestion = { port: asked, requests, statuses, connections, seconds }
      return load.ask<Load>(question)
    },
    usage: () => ask<Usage>({ kind: 'usage' }),
    stop: () => child.stop(),
  }
}
