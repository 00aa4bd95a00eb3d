#!/usr/bin/env node
// The command `colonnade`: reads the command line, runs one command, tells errors in a line.
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addCheck } from './check.ts'
import { CliError, codeOf, describeError } from './cli-error.ts'
import { addClients } from './clients.ts'
import { addConfig } from './config.ts'
import { addDemo } from './demo.ts'
import { addDescribe } from './describe.ts'
import { addExplain } from './explain.ts'
import { addMigrate } from './migrate.ts'
import { output } from './output.ts'
import { addPull } from './pull.ts'
import { addRequests } from './requests.ts'
import { addServe } from './serve.ts'
import { addTokens } from './tokens.ts'
import { addWorker } from './worker.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('colonnade')
  .description('A modern HTTP API over the relational tables you have.')
  .version(version)
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Examples:
  $ colonnade demo                                       an example, with its own database
  $ colonnade serve postgres://localhost/mine --open     every table, to this machine alone
  $ colonnade pull postgres://localhost/mine             write schema.ts
  $ colonnade serve postgres://localhost/mine            serve ./api.ts
  $ colonnade check postgres://localhost/mine            do api.ts and the database fit?
  $ colonnade clients add billing --role service         a key for a client
  $ colonnade migrate postgres://localhost/mine          the columns of request resources
  $ colonnade worker postgres://localhost/mine           perform requests, beside a server
  $ colonnade requests list --status failed              what became of them
  $ colonnade describe postgres://localhost/mine         what is published, as JSON
  $ colonnade explain --demo --role regular GET '/api/videos?draft=true'

COLONNADE_DEBUG=1 shows the stack of an error.`,
  )
for (const add of [
  addServe,
  addDemo,
  addPull,
  addCheck,
  addDescribe,
  addExplain,
  addConfig,
  addClients,
  addTokens,
  addMigrate,
  addWorker,
  addRequests,
])
  add(program)

// Who reads may have gone, as `head` does: that is no error, and what has begun goes on to its end.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', error => {
    if (codeOf(error) !== 'EPIPE') throw error
  })

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
  // Commander has told its own errors already.
  if (!(error instanceof CommanderError)) output.say(describeError(error))
}
// A connection that was never given back must not keep an ended command alive.
setTimeout(() => process.exit(), 1_000).unref()

function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return 1
}
