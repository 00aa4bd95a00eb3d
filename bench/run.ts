// `npm run bench`: compares the product with a hand-written server and with the database alone, in one interleaved run.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { captureTasks } from './capture-tasks.ts'
import { checkAnswers } from './check-answers.ts'
import { startChild } from './child.ts'
import type { Setup, Task } from './contender.ts'
import { contenders } from './contenders/index.ts'
import { describeMachine, loadAverage } from './describe-machine.ts'
import { formatTables, toJson } from './format-report.ts'
import { openData } from './open-data.ts'
import { type BenchOptions, pick, readOptions, usage } from './options.ts'
import { readPostgresCpu } from './postgres-cpu.ts'
import { runRounds } from './run-rounds.ts'
import { type Started, type StartOptions, startContender } from './start-contender.ts'
import { summarize } from './summarize.ts'
import { workloads } from './workloads.ts'

const poolSize = 10
const say = (text: string) => void process.stderr.write(`${text}\n`)

try {
  await bench(readOptions(process.argv.slice(2)))
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) say(`\n${usage}`)
  process.exitCode = 1
}

async function bench(options: BenchOptions): Promise<void> {
  const asked = pick(workloads, options.workloads, 'workload')
  const chosen = pick(contenders, options.contenders, 'contender')
  const busy = loadAverage()
  const stopping = new AbortController()
  // Stops after the run that goes on, so that everything is put away; a second signal ends it at once.
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stopping.abort(new Error(`Stopped by ${name}.`)))
  const profile = options.profile && resolve(options.profile)
  const data = await openData(options.size, say)
  const load = startChild(new URL('./put-load.ts', import.meta.url), ['the load generator'])
  const started: Started[] = []
  try {
    const setup: Setup = { config: data.config, poolSize }
    const tasks = await captureTasks(asked, setup)
    for (const { workload, paths, bytes } of tasks)
      say(`${workload}: ${paths.length} paths like ${paths[0]}, answers of ${bytes} bytes`)
    await startAll(chosen, { setup, load, profile }, started)
    await checkAll(tasks, started)
    const runs = await runRounds({
      tasks,
      contenders: started,
      rounds: options.rounds,
      seconds: options.seconds,
      signal: stopping.signal,
      postgresCpu: () => readPostgresCpu(data.postmaster),
      onRun: (round, workload, name) =>
        say(`${round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`}: ${workload} ${name}`),
    })
    const summaries = summarize(runs)
    console.log(`${formatTables(summaries)}\n\n${describeMachine(options, data.version, poolSize, busy)}`)
    if (options.json !== null) await writeJson(options.json, toJson(summaries))
  } finally {
    for (const one of started) await one.stop()
    await load.stop()
    await data.close()
  }
}

/** Into the list as they start, so that those that did are stopped where another fails. */
async function startAll(
  chosen: readonly [string, (typeof contenders)[string]][],
  options: StartOptions,
  started: Started[],
): Promise<void> {
  for (const [name, find] of chosen) {
    const contender = await find()
    const missing = contender.kind === 'program' ? await contender.missing() : null
    if (missing !== null) say(`skipped: ${name}: ${missing}`)
    else started.push(await startContender(name, contender, options))
  }
}

/** The product's answers are right by the project's own tests; the others are held to them. */
async function checkAll(tasks: readonly Task[], started: readonly Started[]): Promise<void> {
  const servers = started.flatMap(({ name, port, checked }) => (checked && port !== null ? [{ name, port }] : []))
  const right = servers.find(({ name }) => name === 'colonnade')
  if (!right) return say('Answers are not compared: colonnade is no contender of this run.')
  for (const server of servers) {
    if (server !== right) for (const task of tasks) await checkAnswers(task, right, server)
  }
  say(`${servers.map(({ name }) => name).join(', ')} answer the same data.`)
}

async function writeJson(file: string, text: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true })
  await writeFile(file, text)
  say(`Written to ${file}`)
}
