// `colonnade explain`: what would this request do, for whom, and with which SQL?
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import pc from 'picocolors'
import { compileAccess } from '../access/access.ts'
import { makeCursors } from '../access/cursors.ts'
import type { Database } from '../databases/database.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { readRequest } from '../request/read-request.ts'
import { readVersion } from '../request/read-version.ts'
import { compileVersions } from '../schema/compile-versions.ts'
import type { ApiDefinition } from '../schema/resource-definition.ts'
import { CliError } from './cli-error.ts'
import { openDemo } from './demo-data.ts'
import { makeCaller } from './explain-caller.ts'
import { explainRequest } from './explain-request.ts'
import { type Lifetime, withLifetime } from './lifetime.ts'
import { loadApi } from './load-api.ts'
import { defaultDataFolder, isDatabaseUrl, openDatabase } from './open-database.ts'
import { output } from './output.ts'
import { apiFile } from './serve.ts'

interface ExplainOptions {
  readonly role?: readonly string[]
  readonly claim?: readonly string[]
  readonly api?: string
  readonly demo?: true
  readonly data?: string
}

export function addExplain(program: Command): void {
  const collect = (value: string, all: readonly string[] = []) => [...all, value]
  program
    .command('explain')
    .description('tell what a request is allowed, what is dropped and why, and the SQL that it comes to')
    .argument('<request...>', "[postgres://…] [GET] '/api/videos?…'")
    .option('--role <name>', 'a role that the caller holds; can be given again', collect)
    .option('--claim <name=value>', 'a claim of the caller, such as id=20; can be given again', collect)
    .option('--api <file>', 'the file whose default export is defineApi(…) (default: ./api.ts)')
    .option('--demo', 'explain a request to the example that `colonnade demo` serves')
    .option('--data <folder>', 'where an embedded database lives')
    .addHelpText(
      'after',
      `
Examples:
  $ colonnade explain --role regular --claim id=20 GET '/api/videos?fields=title,user.email&sort=-views_count'
  $ colonnade explain --demo --role admin GET /api/users/18`,
    )
    .action((words: readonly string[], options: ExplainOptions) =>
      withLifetime(lifetime => explain(words, options, lifetime)),
    )
}

async function explain(words: readonly string[], options: ExplainOptions, lifetime: Lifetime): Promise<void> {
  const { url, method, target } = readWords(words)
  const { definition, database } = await open(url, options, lifetime)
  const compiled = compileVersions(definition, await database.introspect(), database.sqlTypeOf)
  const http = toHttpRequest(method, target)
  const { version } = readVersion(http, compiled.api)
  const { api } = compiled.older.find(one => one.api.version === version) ?? compiled
  const request = await readRequest(http, api)
  const { principal, roles } = makeCaller(api, options.role ?? [], options.claim ?? [])
  // A cursor that was pasted is opened with the secret that sealed it; else nothing is asked of the database.
  const hasCursor = request.query.page.after !== undefined || request.query.page.before !== undefined
  const secret = api.secret ?? (hasCursor ? await database.secret() : randomUUID())
  const set = compileAccess(api, roles)
  const explanation = explainRequest({
    request,
    set,
    principal,
    cursors: makeCursors(secret),
    dialect: database.dialect,
  })
  for (const [title, lines] of explanation)
    output.print(`${pc.bold(title)}\n${lines.map(line => `  ${line}`).join('\n')}\n`)
}

async function open(
  url: string | undefined,
  options: ExplainOptions,
  lifetime: Lifetime,
): Promise<{ definition: ApiDefinition; database: Database }> {
  if (options.demo) {
    if (url !== undefined || options.api !== undefined)
      throw new CliError('--demo has its own database and api.ts: leave the others out.', { exitCode: 2 })
    const { example, database } = await openDemo(
      { name: 'videos', size: 'tiny', fresh: false, data: options.data },
      lifetime,
    )
    return { definition: example.api, database }
  }
  const definition = await loadApi(apiFile(options.api))
  return { definition, database: await openDatabase({ url, data: options.data ?? defaultDataFolder }, lifetime) }
}

function readWords(words: readonly string[]): {
  readonly url: string | undefined
  readonly method: string
  readonly target: string
} {
  const url = words.find(isDatabaseUrl)
  const [first = '', second, ...more] = words.filter(word => word !== url)
  const [method, target] = second === undefined ? ['GET', first] : [first.toUpperCase(), second]
  if (method !== 'GET' && method !== 'HEAD')
    throw new CliError(`explain takes GET or HEAD, not ${method}.`, { exitCode: 2 })
  // A whole address, as it stands in a browser or a log, means its path.
  const path = target.replace(/^https?:\/\/[^/]*/, '')
  if (!path.startsWith('/') || more.length > 0) {
    throw new CliError("explain takes one request, such as GET '/api/videos?fields=title'; quote it.", { exitCode: 2 })
  }
  // As a client would send what was typed.
  return { url, method, target: path.replace(/[^\x21-\x7e]+/g, encodeURIComponent) }
}

function toHttpRequest(method: string, target: string): HttpRequest {
  return { method, target, headers: {}, body: async () => new Uint8Array(), isGone: () => false }
}
