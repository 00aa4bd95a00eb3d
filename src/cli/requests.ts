// `colonnade requests`: what is asked for, what became of it, and another try or an end to it.
import { type Command, InvalidArgumentError, Option } from 'commander'
import pc from 'picocolors'
import type { Database } from '../databases/database.ts'
import { cancel, readCancelled } from '../jobs/cancel.ts'
import { type Found, findRequests, readFound } from '../jobs/find-requests.ts'
import { type Queue, queuesOf } from '../jobs/queue.ts'
import { retry } from '../jobs/retry.ts'
import { compileVersions } from '../schema/compile-versions.ts'
import { requestStates } from '../schema/request-columns.ts'
import { CliError } from './cli-error.ts'
import { withLifetime } from './lifetime.ts'
import { loadApi } from './load-api.ts'
import { defaultDataFolder, openDatabase } from './open-database.ts'
import { output } from './output.ts'
import { apiFile } from './serve.ts'
import { toPrintable, toPrintableJson, toPrintableLines } from './to-printable.ts'
import { toTable } from './to-table.ts'

interface Common {
  readonly database?: string
  readonly api?: string
  readonly data: string
  readonly json?: true
}
interface ListOptions extends Common {
  readonly status?: string
  readonly limit: number
}

export function addRequests(program: Command): void {
  const requests = program
    .command('requests')
    .description('list, show, retry and cancel the requests of request resources')
    .addHelpText(
      'after',
      `
Examples:
  $ colonnade requests list --status failed
  $ colonnade requests show switch_port_open_requests 0193b0c6-6a7e-7c3e-9d7f-0c3b7a1a5a10
  $ colonnade requests retry switch_port_open_requests 0193b0c6-6a7e-7c3e-9d7f-0c3b7a1a5a10`,
    )
  const command = (name: string, description: string) =>
    requests
      .command(name)
      .description(description)
      .option('--database <url>', 'postgres://… (default: DATABASE_URL, else the embedded one)')
      .option('--api <file>', 'the file whose default export is defineApi(…) (default: ./api.ts)')
      .option('--data <folder>', 'where an embedded database lives', defaultDataFolder)
      .option('--json', 'the answer as one line of JSON')
  const one = (name: string, description: string, work: (opened: Opened, id: string, json: boolean) => Promise<void>) =>
    command(name, description)
      .argument('<resource>')
      .argument('<id>')
      .action((resource: string, id: string, options: Common) =>
        withQueues(options, resource, opened => work(opened, id, options.json === true)),
      )
  command('list', 'the requests, newest first')
    .argument('[resource]', 'of one resource alone')
    .addOption(new Option('--status <status>', 'in one state alone').choices(requestStates))
    .option('--limit <number>', 'of each resource at most', toPositive, 20)
    .action((resource: string | undefined, options: ListOptions) =>
      withQueues(options, resource, opened => list(opened, options)),
    )
  one('show', 'one request with all that is known of it, what operators alone may see included', show)
  one('retry', 'begin a failed or cancelled one anew', tryAgain)
  one('cancel', 'cancel one: at once while it waits, and once its worker lets go while it runs', end)
}

interface Opened {
  readonly database: Database
  readonly queues: readonly Queue[]
}

async function withQueues(
  options: Common,
  resource: string | undefined,
  work: (opened: Opened) => Promise<void>,
): Promise<void> {
  await withLifetime(async lifetime => {
    const definition = await loadApi(apiFile(options.api))
    const url = options.database ?? process.env.DATABASE_URL
    const database = await openDatabase({ url, data: options.data }, lifetime)
    const { api, older } = compileVersions(definition, await database.introspect(), database.sqlTypeOf)
    const all = queuesOf([api, ...older.map(one => one.api)])
    const queues = all.filter(({ name }) => resource === undefined || name === resource)
    if (queues.length === 0)
      throw new CliError(
        resource === undefined
          ? 'The API has no request resources.'
          : `There is no request resource "${resource}".${all.length > 0 ? ` There are: ${all.map(({ name }) => name).join(', ')}` : ''}`,
      )
    await work({ database, queues })
  })
}

async function list({ database, queues }: Opened, { status, limit, json }: ListOptions): Promise<void> {
  const found: (Found & { readonly resource: string })[] = []
  for (const queue of queues) {
    const rows = await find(database, queue, { id: null, status: status ?? null, limit })
    found.push(...rows.map(row => ({ resource: queue.name, ...row })))
  }
  if (json) return output.print(toPrintableJson(found.map(({ internalError: _, runAs: __, ...row }) => row)))
  if (found.length === 0) return output.say('There are none.')
  const header = ['resource', 'id', 'status', 'attempts', 'asked', 'by', 'error']
  const rows = found.map(one => {
    const { resource, id, attempts, createdAt, runAs, error } = one
    const by = runAs?.client ?? runAs?.id ?? '-'
    const why = error ? `${error.code}: ${error.message}` : ''
    return [resource, id, one.status, String(attempts), createdAt, String(by), why].map(toPrintable)
  })
  const table = toTable(header, rows, process.stdout.isTTY ? process.stdout.columns : null)
  output.print([...(table.header === null ? [] : [pc.bold(table.header)]), ...table.lines].join('\n'))
}

async function show({ database, queues }: Opened, id: string, json: boolean): Promise<void> {
  const [found] = await find(database, queues[0] as Queue, { id, status: null, limit: 1 })
  if (!found) throw notThere(queues, id)
  if (json) return output.print(toPrintableJson(found))
  const entries = Object.entries(found).filter(([, value]) => value !== null)
  const width = Math.max(...entries.map(([name]) => name.length))
  const say = (value: unknown) =>
    typeof value === 'string'
      ? toPrintableLines(value).replaceAll('\n', `\n${' '.repeat(width + 2)}`)
      : toPrintableJson(value)
  output.print(entries.map(([name, value]) => `${name.padEnd(width)}  ${say(value)}`).join('\n'))
}

async function tryAgain({ database, queues }: Opened, id: string, json: boolean): Promise<void> {
  const [queue] = queues as readonly [Queue]
  checkId(queue, id)
  const isDone = await database.write(retry(queue, id), rows => rows.length > 0)
  if (!isDone) {
    const [found] = await find(database, queue, { id, status: null, limit: 1 })
    throw found
      ? new CliError(`It is ${found.status}, and only a failed or cancelled request is begun anew.`)
      : notThere(queues, id)
  }
  output.print(json ? JSON.stringify({ id, status: 'pending' }) : `${queue.name} ${id} is pending again.`)
}

async function end({ database, queues }: Opened, id: string, json: boolean): Promise<void> {
  const [queue] = queues as readonly [Queue]
  checkId(queue, id)
  const done = await database.write(cancel(queue, id), readCancelled)
  if (!done) throw notThere(queues, id)
  if (done.is === null) throw new CliError(`It is ${done.was} already.`)
  if (json) return output.print(JSON.stringify({ id, status: done.is }))
  output.print(
    done.is === 'cancelled'
      ? `${queue.name} ${id} is cancelled.`
      : `${queue.name} ${id} runs, and is cancelled once its worker lets go.`,
  )
}

function find(database: Database, queue: Queue, which: Parameters<typeof findRequests>[1]): Promise<readonly Found[]> {
  if (which.id !== null) checkId(queue, which.id)
  return database.read(findRequests(queue, which), { isGone: () => false }, readFound)
}

function checkId({ key, name }: Queue, id: string): void {
  if (key.type.parse(id) === undefined) throw new CliError(`"${id}" is no id of ${name}: it takes ${key.type.accepts}.`)
}

const notThere = ([queue]: readonly Queue[], id: string) => new CliError(`There is no request ${id} of ${queue?.name}.`)

export function toPositive(text: string): number {
  const number = Number(text)
  if (/^\d{1,6}$/.test(text) && number > 0) return number
  throw new InvalidArgumentError('A whole number above 0.')
}
