// `colonnade demo`: an example with its data, served from an embedded database.
import { join } from 'node:path'
import { Argument, type Command, Option } from 'commander'
import pc from 'picocolors'
import { type ExampleName, examples, openDemo, type Size, sizes } from './demo-data.ts'
import { demoSecret, makeDemoTokens } from './demo-tokens.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { output } from './output.ts'
import { checkPort, startServer } from './run-server.ts'
import { toPort } from './serve.ts'

interface DemoOptions {
  readonly port: number
  readonly size: Size
  readonly fresh?: true
  readonly json?: true
  readonly data?: string
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('serve an example with its data, tokens and requests to paste')
    .addArgument(new Argument('[name]', 'which example').choices(examples).default('videos'))
    .option('--port <number>', 'port to listen on; 0 for any free one', toPort, 8080)
    .addOption(new Option('--size <size>', 'how much data').choices(sizes).default('small'))
    .option('--fresh', 'throw the data away and make it anew')
    .option('--json', 'one line of JSON on stdout when ready: url and tokens')
    .option('--data <folder>', 'where the database lives (default: .colonnade/demo-NAME)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colonnade demo\n  $ colonnade demo videos --size large --port 3000\n  $ colonnade demo bare-metal',
    )
    .action((name: ExampleName, options: DemoOptions) => withLifetime(lifetime => demo(name, options, lifetime)))
}

async function demo(name: ExampleName, options: DemoOptions, lifetime: Lifetime): Promise<void> {
  await checkPort(options.port)
  const { database, example, folder } = await openDemo(
    { name, size: options.size, fresh: options.fresh === true, data: options.data },
    lifetime,
  )
  const secret = await demoSecret(folder)
  const tokens = await makeDemoTokens(secret, example.callers)
  const started = await example.start?.()
  if (started) lifetime.onEnd(started.close)
  const api = started?.api ?? example.api
  const jwt = { key: secret, algorithm: 'HS256' } as const
  // What no report of this database names is removed from it.
  const storage = { directory: join(folder, 'storage', name, options.size) }
  const { url } = await startServer(
    { database, api: () => api, jwt, clients: true, storage, port: options.port },
    lifetime,
  )
  if (options.json) output.print(JSON.stringify({ url, tokens }))
  else {
    const described = example.describe({ url, tokens, bold: pc.bold })
    output.print(
      describeDemo({ name, url, folder, notes: started?.notes ?? [], described, explained: example.explained }),
    )
  }
  await lifetime.stopped
}

interface Served {
  readonly name: string
  readonly url: string
  readonly folder: string
  readonly notes: readonly string[]
  readonly described: string
  readonly explained: string | undefined
}

function describeDemo({ name, url, folder, notes, described, explained }: Served): string {
  const { bold } = pc
  // As it can be typed here: a clone of the project has no command of its own.
  const command = import.meta.url.endsWith('.ts')
    ? 'node --conditions=colonnade-source src/cli/main.ts'
    : 'npx colonnade'
  const head = [`The example ${bold(name)} is served at ${bold(url)}`, ...notes].join('\n')
  const what = explained === undefined ? '' : `\n${bold('What a request comes to')}\n  ${command} ${explained}\n`
  return `\n${head}\n${described}${what}\nCtrl-C ends it; the data stays in ${folder}.`
}
