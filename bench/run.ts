// `npm run bench`: compares the product with hand-written servers and with the database alone, in one interleaved run.
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
import { formatSkips, listSkips } from './skips.ts'
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
    for (const { workload, requests, bytes } of tasks)
      say(`${workload}: ${requests.length} requests like ${requests[0]?.path}, answers of ${bytes} bytes`)
    const skipped = await startAll(chosen, { setup, load, profile }, started)
    skipped.push(
      ...listSkips(
        asked,
        started.map(({ name }) => name),
      ),
    )
    for (const text of formatSkips(skipped)) say(text)
    await checkAll(tasks, started)
    await data.tidy()
    const runs = await runRounds({
      tasks,
      contenders: started,
      rounds: options.rounds,
      seconds: options.seconds,
      signal: stopping.signal,
      tidy: async ({ writes }) => (writes ? data.tidy() : undefined),
      postgresCpu: () => readPostgresCpu(data.postmaster),
      onRun: (round, workload, name) =>
        say(`${round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`}: ${workload} ${name}`),
    })
    const summaries = summarize(runs)
    const machine = describeMachine(options, data.version, poolSize, busy)
    const twins = Object.fromEntries(asked.flatMap(([name, { plainTwin }]) => (plainTwin ? [[name, plainTwin]] : [])))
    console.log([formatTables(summaries, twins), machine, ...formatSkips(skipped)].join('\n\n'))
    if (options.json !== null) await writeJson(options.json, toJson(summaries))
  } finally {
    for (const one of started) await one.stop()
    await load.stop()
    await data.close()
  }
}

/**
 * Into the list as they start, so that those that did are stopped where another fails.
 * @returns those that this machine can't run, with the reason
 */
async function startAll(
  chosen: readonly [string, (typeof contenders)[string]][],
  options: StartOptions,
  started: Started[],
): Promise<string[]> {
  const skipped: string[] = []
  for (const [name, find] of chosen) {
    const contender = await find()
    const missing = (await contender.missing?.()) ?? null
    if (missing !== null) skipped.push(`${name}: ${missing}`)
    else started.push(await startContender(name, contender, options))
  }
  return skipped
}

/** The product's answers are right by the project's own tests; the others are held to them, or where it takes no part to each other. */
async function checkAll(tasks: readonly Task[], started: readonly Started[]): Promise<void> {
  for (const task of tasks) {
    const servers = started.flatMap(({ name, port, checked }) =>
      checked && port !== null && task.contenders.includes(name) ? [{ name, port }] : [],
    )
    const right = servers.find(({ name }) => name === 'colonnade') ?? servers[0]
    for (const server of servers) if (right && server !== right) await checkAnswers(task, right, server)
    const names = servers.map(({ name }) => name).join(', ')
    say(`${task.workload}: ${servers.length < 2 ? 'answers are not compared' : `${names} answer the same data`}`)
  }
}

async function writeJson(file: string, text: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true })
  await writeFile(file, text)
  say(`Written to ${file}`)
}
