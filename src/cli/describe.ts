// `colonnade describe`: what the API publishes, as JSON, to be compared with what it publishes later.
import type { Command } from 'commander'
import { describeApi } from '../openapi/describe-api.ts'
import { compileVersions } from '../schema/compile-versions.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { loadApi } from './load-api.ts'
import { defaultDataFolder, openDatabase } from './open-database.ts'
import { output } from './output.ts'
import { apiFile } from './serve.ts'

interface DescribeOptions {
  readonly api?: string
  readonly data: string
}

export function addDescribe(program: Command): void {
  program
    .command('describe')
    .description('write what the API publishes, for whom, as JSON')
    .argument('[url]', 'postgres://USER:PASSWORD@HOST:5432/NAME; without it the embedded database')
    .option('--api <file>', 'the file whose default export is defineApi(…) (default: ./api.ts)')
    .option('--data <folder>', 'where an embedded database lives', defaultDataFolder)
    .addHelpText(
      'after',
      '\nIt is for you, not for your clients: it names the roles and what each may do.\n\nExample:\n  $ colonnade describe postgres://localhost/mine > api-description.json\n  $ colonnade check postgres://localhost/mine --published api-description.json',
    )
    .action((url: string | undefined, options: DescribeOptions) =>
      withLifetime(lifetime => describe(url, options, lifetime)),
    )
}

async function describe(url: string | undefined, { api, data }: DescribeOptions, lifetime: Lifetime): Promise<void> {
  const definition = await loadApi(apiFile(api))
  const database = await openDatabase({ url, data }, lifetime)
  const compiled = compileVersions(definition, await database.introspect(), database.sqlTypeOf)
  output.print(JSON.stringify(describeApi(compiled), null, 2))
}
