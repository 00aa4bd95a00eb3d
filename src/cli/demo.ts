// `colonnade demo`: an example with its data, served from an embedded database.
import { Argument, type Command, Option } from 'commander'
import pc from 'picocolors'
import { type ExampleName, examples, openDemo, type Size, sizes } from './demo-data.ts'
import { type DemoTokens, demoSecret, makeDemoTokens } from './demo-tokens.ts'
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
    .addHelpText('after', '\nExamples:\n  $ colonnade demo\n  $ colonnade demo videos --size large --port 3000')
    .action((name: ExampleName, options: DemoOptions) => withLifetime(lifetime => demo(name, options, lifetime)))
}

async function demo(name: ExampleName, options: DemoOptions, lifetime: Lifetime): Promise<void> {
  await checkPort(options.port)
  const { database, api, folder } = await openDemo(
    { name, size: options.size, fresh: options.fresh === true, data: options.data },
    lifetime,
  )
  const secret = await demoSecret(folder)
  const tokens = await makeDemoTokens(secret)
  const jwt = { key: secret, algorithm: 'HS256' } as const
  const { url } = await startServer({ database, api, jwt, clients: true, port: options.port }, lifetime)
  output.print(options.json ? JSON.stringify({ url, tokens }) : describeDemo({ name, url, tokens, folder }))
  await lifetime.stopped
}

interface Served {
  readonly name: string
  readonly url: string
  readonly tokens: DemoTokens
  readonly folder: string
}

function describeDemo({ name, url, tokens, folder }: Served): string {
  const { bold } = pc
  // As it can be typed here: a clone of the project has no command of its own.
  const command = import.meta.url.endsWith('.ts')
    ? 'node --conditions=colonnade-source src/cli/main.ts'
    : 'npx colonnade'
  return `
The example ${bold(name)} is served at ${bold(url)}

${bold('As a guest')}
  curl -g '${url}/videos?fields=title,user.username&filter[published]=true&sort=-views_count&page[size]=3'
  curl '${url}/videos/3031?include=user,comments'
  curl -g '${url}/videos?aggregate[views_count]=sum,avg&group=state&page[size]=1'

${bold('As a regular user')} (number 20), ${bold('as the owner')} of video 3031 (user 18), ${bold('as an admin')} (user 1)
  curl -H 'Authorization: Bearer ${tokens.regular}' '${url}/users/18'
  curl -H 'Authorization: Bearer ${tokens.owner}' '${url}/users/18'
  curl -H 'Authorization: Bearer ${tokens.admin}' '${url}/users/18'

${bold('What there is')}: curl ${url}    ${bold('what one resource takes')}: curl -X OPTIONS ${url}/videos
${bold('What a request comes to')}
  ${command} explain --demo --role regular --claim id=20 GET '/api/videos?draft=true'

Ctrl-C ends it; the data stays in ${folder}.`
}
