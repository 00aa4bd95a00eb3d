// `colonnade tokens`: ends tokens of identity providers before their time.
import type { Command } from 'commander'
import { revokeTokens } from '../identity/revoke-tokens.ts'
import { CliError } from './cli-error.ts'
import { toNumber } from './clients.ts'
import { addRegistryOptions, type RegistryOptions, withRegistry } from './open-registry.ts'
import { output } from './output.ts'

interface RevokeOptions extends RegistryOptions {
  readonly jti?: string
  readonly subject?: string
  readonly issuer?: string
  readonly days: number
  readonly json?: true
}

export function addTokens(program: Command): void {
  const tokens = program.command('tokens').description('revoke tokens before their time')
  addRegistryOptions(tokens.command('revoke').description('refuse a token, or all of a caller until now, at once'))
    .option('--jti <id>', 'the one token with this jti')
    .option('--subject <sub>', 'every token of this sub that was issued until now')
    .option('--issuer <iss>', 'of this issuer alone')
    .option('--days <number>', 'for how long it is remembered: no token lives longer', toNumber, 365)
    .option('--json', 'the answer as one line of JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colonnade tokens revoke --jti 5b0c1f0e\n  $ colonnade tokens revoke --subject 18',
    )
    .action((options: RevokeOptions) => withRegistry(options, database => revoke(options, database)))
}

async function revoke(options: RevokeOptions, database: Parameters<typeof revokeTokens>[0]): Promise<void> {
  const { jti, subject, issuer, days } = options
  if ((jti === undefined) === (subject === undefined))
    throw new CliError('Say which tokens: --jti, or --subject.', { exitCode: 2 })
  const which = { ...(jti !== undefined && { jti }), ...(subject !== undefined && { subject }) }
  const revocation = { ...which, ...(issuer !== undefined && { issuer }) }
  await revokeTokens(database, { ...revocation, days })
  output.print(options.json ? JSON.stringify(revocation) : `Revoked: ${jti ?? `the tokens of ${subject} until now`}.`)
}
