// `colonnade check`: whether api.ts and the database fit, and what the API publishes on purpose.
import type { Command } from 'commander'
import pc from 'picocolors'
import { describeApi } from '../openapi/describe-api.ts'
import { type BreakingChange, findBreaking } from '../openapi/find-breaking.ts'
import { tableNameOf } from '../schema/bind-table.ts'
import { compareDefinition } from '../schema/compare-definition.ts'
import { compileApi } from '../schema/compile-api.ts'
import { checkVersions } from '../schema/compile-versioning.ts'
import { compileVersions, definitionsOf } from '../schema/compile-versions.ts'
import type { DatabaseSchema } from '../schema/database-schema.ts'
import { DefinitionError } from '../schema/definition-error.ts'
import type { Difference } from '../schema/difference.ts'
import { type Finding, type FindingKind, findExceptions } from '../schema/find-exceptions.ts'
import type { Api } from '../schema/model.ts'
import type { ApiDefinition } from '../schema/resource-definition.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { loadApi } from './load-api.ts'
import { defaultDataFolder, openDatabase } from './open-database.ts'
import { output } from './output.ts'
import { readPublished } from './read-published.ts'
import { apiFile } from './serve.ts'

interface CheckOptions {
  readonly api?: string
  readonly data: string
  readonly published?: string
  readonly json?: true
}

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('tell where the database and the definitions differ, and what the API publishes')
    .argument('[url]', 'postgres://USER:PASSWORD@HOST:5432/NAME; without it the embedded database')
    .option('--api <file>', 'the file whose default export is defineApi(…) (default: ./api.ts)')
    .option('--data <folder>', 'where an embedded database lives', defaultDataFolder)
    .option('--published <file>', 'what `colonnade describe` wrote before: tell what would break its clients')
    .option('--json', 'all of it as JSON on stdout')
    .addHelpText(
      'after',
      '\nEnds with 1 where something is wrong, with 0 where there are notes only.\n\nExample:\n  $ colonnade check postgres://localhost/mine',
    )
    .action((url: string | undefined, options: CheckOptions) => withLifetime(lifetime => check(url, options, lifetime)))
}

async function check(url: string | undefined, options: CheckOptions, lifetime: Lifetime): Promise<void> {
  const { api: file, data, json } = options
  const published = options.published === undefined ? undefined : readPublished(options.published)
  const definition = await loadApi(apiFile(file))
  const database = await openDatabase({ url, data }, lifetime)
  const found = await database.introspect()
  const differences = compareSchemas(definition, found)
  const versions = definitionsOf(definition).map(one => {
    const compiled = compile(() => compileApi(one.definition, found, database.sqlTypeOf))
    const problems = 'problems' in compiled ? withoutKnown(compiled.problems, differences) : []
    const findings = 'api' in compiled ? findExceptions(one.definition, compiled.api, found) : []
    const mark = one.isCurrent ? '' : `version ${one.version}: `
    return {
      problems: problems.map(problem => mark + problem),
      findings: findings.map(finding => ({ ...finding, message: mark + finding.message })),
    }
  })
  const findings = versions.flatMap(one => one.findings)

  const problems = [
    ...differences.filter(one => one.breaking).map(one => one.message),
    ...checkVersions(definition.options),
    ...versions.flatMap(one => one.problems),
  ]
  const harmless = differences.filter(one => !one.breaking).map(one => one.message)
  const breaking =
    published && problems.length === 0
      ? findBreaking(published, describeApi(compileVersions(definition, found, database.sqlTypeOf)))
      : []
  if (problems.length + breaking.length > 0) process.exitCode = 1
  if (json) {
    const notes = [...harmless, ...findings.map(one => one.message)]
    return output.print(JSON.stringify({ problems, breaking, notes }))
  }
  print(pc.red('Problems'), problems)
  print(pc.red('Breaking changes'), breaking.map(sayBreaking))
  print(pc.yellow('In the database, and not in the definitions'), harmless)
  for (const [kind, title] of Object.entries(titles)) {
    print(
      pc.yellow(title),
      findings.filter(one => one.kind === kind).map((one: Finding) => one.message),
    )
  }
  output.print(
    [
      countOf(problems.length, 'problem'),
      ...(published ? [countOf(breaking.length, 'breaking change')] : []),
      countOf(harmless.length + findings.length, 'note'),
    ].join(', '),
  )
}

function sayBreaking({ version, callers, message }: BreakingChange): string {
  return `version ${version}${callers.length > 0 ? ` (${callers.join(', ')})` : ''}: ${message}`
}

const titles: Readonly<Record<FindingKind, string>> = {
  published: 'Published on purpose',
  negatedClaim: 'Negations over claims',
  gain: 'New columns, and who would read them',
  renamed: 'Names that are served otherwise',
  unreachable: 'Out of reach for everybody',
}

/** Each definition with the schemas that it was pulled from: what else there is, is not its concern. */
function compareSchemas(definition: ApiDefinition, found: DatabaseSchema): readonly Difference[] {
  const definitions = new Set(
    definitionsOf(definition).flatMap(one => Object.values(one.definition.resources).map(resource => resource.schema)),
  )
  return [...definitions].flatMap(schema => {
    const names = new Set(Object.entries(schema).map(([entry, table]) => tableNameOf(entry, table).schema))
    return compareDefinition(schema, { ...found, tables: found.tables.filter(table => names.has(table.schema)) })
  })
}

function compile(run: () => Api): { readonly api: Api } | { readonly problems: readonly string[] } {
  try {
    return { api: run() }
  } catch (error) {
    if (error instanceof DefinitionError) return { problems: error.problems }
    throw error
  }
}

/** That a column is missing was said already by the comparison, in other words. */
function withoutKnown(problems: readonly string[], differences: readonly Difference[]): readonly string[] {
  const said = differences
    .filter(one => one.kind === 'missingColumn')
    .map(({ table, name }) => `${table}: there is no column "${name}"`)
  return problems.filter(problem => !said.some(one => problem.startsWith(one)))
}

function print(title: string, messages: readonly string[]): void {
  if (messages.length > 0) output.print(`${title}\n${messages.map(message => `  ${message}`).join('\n')}\n`)
}

const countOf = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
