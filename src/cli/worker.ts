// `colonnade worker`: performs the requests of an API in a process of its own.
import type { Command } from 'commander'
import { containStrays } from '../jobs/contain-strays.ts'
import { startWork } from '../start-work.ts'
import { describeInternal, describeStray } from './cli-error.ts'
import { settle } from './config.ts'
import { keepHeapSmall } from './keep-heap-small.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { loadApi } from './load-api.ts'
import { defaultDataFolder, openDatabase } from './open-database.ts'
import { output } from './output.ts'
import { toPositive } from './requests.ts'
import { apiFile, toPort } from './serve.ts'
import { storageOfSettings } from './storage-of-settings.ts'

interface WorkerFlags {
  readonly api?: string
  readonly data: string
  readonly storage?: string
  readonly concurrency?: number
  readonly leaseSeconds?: number
  readonly drainSeconds: number
  readonly metricsPort?: number
  readonly json?: true
}

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('perform the requests of an API; as many workers as you like, anywhere')
    .argument('[url]', 'postgres://USER:PASSWORD@HOST:5432/NAME; without it the embedded database')
    .option('--api <file>', 'the file whose default export is defineApi(…) (default: ./api.ts)')
    .option('--data <folder>', 'where an embedded database lives', defaultDataFolder)
    .option('--storage <folder>', 'where the content of reports is kept, as that of serve (COLONNADE_STORAGE)')
    .option('--concurrency <number>', 'requests of a table at a time, in place of what each resource says', toPositive)
    .option('--lease-seconds <number>', 'how long what a killed worker had waits for another (default: 30)', toPositive)
    .option('--drain-seconds <number>', 'after a signal, how long what runs may take to end', toPositive, 10)
    .option('--metrics-port <number>', 'port on 127.0.0.1 on which /metrics is read; off without one', toPort)
    .option('--json', 'one line of JSON on stdout when ready')
    .addHelpText(
      'after',
      `
SIGTERM: it begins nothing more, waits for what runs, and gives the rest back. Killed, its requests wait for the end of its lease.

Example:
  $ colonnade worker postgres://localhost/mine --api api.ts`,
    )
    .action((url: string | undefined, flags: WorkerFlags) => withLifetime(lifetime => run(url, flags, lifetime)))
}

async function run(url: string | undefined, flags: WorkerFlags, lifetime: Lifetime): Promise<void> {
  keepHeapSmall()
  const file = apiFile(flags.api)
  const definition = await loadApi(file)
  const { statementTimeoutMs } = definition.options
  const database = await openDatabase({ url, data: flags.data, statementTimeoutMs }, lifetime)
  // Of the settings of the server those that it shares: what one writes the other reads.
  const { settings } = await settle(undefined, flags.storage === undefined ? {} : { storage: flags.storage })
  // Until the process ends: what a request has left behind may come at any time.
  containStrays(error => output.say(describeStray(error)))
  const running = await startWork({
    database,
    storage: storageOfSettings(settings),
    warn: output.warn,
    api: () => loadApi(file),
    worker: {
      drainMs: flags.drainSeconds * 1_000,
      ...(flags.concurrency !== undefined && { concurrency: flags.concurrency }),
      ...(flags.leaseSeconds !== undefined && { leaseMs: flags.leaseSeconds * 1_000 }),
    },
    ...(flags.metricsPort !== undefined && { metrics: { port: flags.metricsPort } }),
    onError: error => output.say(`A request, or what looks after it, failed: ${describeInternal(error)}`),
  })
  lifetime.onEnd(() => running.stop())
  const names = running.queues().map(({ name }) => name)
  const { metricsUrl } = running
  if (flags.json)
    output.print(JSON.stringify({ requests: names, ...(metricsUrl && { metrics: `${metricsUrl}/metrics` }) }))
  else
    output.print(
      names.length === 0 ? `${file} has no request resources.` : `Performing the requests of ${names.join(', ')}`,
    )
  await lifetime.stopped
}
