// `colonnade clients`: registers those who call the API with a key, and gives and takes their keys.
import { type Command, InvalidArgumentError } from 'commander'
import {
  demandSignatures,
  findClients,
  type KeyGiven,
  type RegisteredClient,
  registerClient,
  revoke,
  rotateClient,
} from '../identity/client-registry.ts'
import type { Claims } from '../identity/to-principal.ts'
import { CliError } from './cli-error.ts'
import { readClaim } from './explain-caller.ts'
import { addRegistryOptions, type RegistryOptions, withRegistry } from './open-registry.ts'
import { output } from './output.ts'

interface Common extends RegistryOptions {
  readonly json?: true
}
interface AddOptions extends Common {
  readonly role?: readonly string[]
  readonly claim?: readonly string[]
  readonly claims?: string
  readonly days?: number
  readonly signedOnly?: true
}
interface ChangeOptions extends Common {
  readonly signedOnly?: boolean
}
interface RotateOptions extends Common {
  readonly days?: number
  readonly graceHours: number
}
interface RevokeOptions extends Common {
  readonly key?: string
}

export function addClients(program: Command): void {
  const clients = program
    .command('clients')
    .description('register the clients that call the API with a key')
    .addHelpText(
      'after',
      `
Examples:
  $ colonnade clients add billing --role service --claim team_id=7
  $ colonnade clients list --json
  $ colonnade clients change billing --signed-only
  $ colonnade clients rotate billing --grace-hours 24
  $ colonnade clients revoke billing`,
    )
  const collect = (value: string, all: readonly string[] = []) => [...all, value]
  const command = (name: string, description: string) =>
    addRegistryOptions(clients.command(name).description(description)).option(
      '--json',
      'the answer as one line of JSON',
    )

  command('add', 'register a client, and show its key this once')
    .argument('<name>', 'letters, digits and . _ - @')
    .option('--role <name>', 'a value of its claim "role"; can be given again', collect)
    .option('--claim <name=value>', 'a claim, such as team_id=7, for principal("team_id"); can be given again', collect)
    .option('--claims <json>', 'claims as an object')
    .option('--days <number>', 'after how many days the key ends (default: never)', toNumber)
    .option('--signed-only', 'its key alone is not enough: accepted with a signature only')
    .action((name: string, options: AddOptions) => withRegistry(options, database => add(name, options, database)))
  command('list', 'list the clients, with their keys and when each was used last').action((options: Common) =>
    withRegistry(options, async database => {
      const found = await findClients(database)
      output.print(options.json ? JSON.stringify(found) : describeClients(found))
    }),
  )
  command('change', 'say whether a client is accepted with a signature only')
    .argument('<name>')
    .option('--signed-only', 'its key alone is not enough')
    .option('--no-signed-only', 'its key alone is enough')
    .action((name: string, options: ChangeOptions) =>
      withRegistry(options, database => change(name, options, database)),
    )
  command('rotate', 'give a new key; the one before goes on for a while')
    .argument('<name>')
    .option('--grace-hours <number>', 'for how long the key before goes on; 0: it ends now', toNumber, 168)
    .option('--days <number>', 'after how many days the new key ends (default: never)', toNumber)
    .action((name: string, options: RotateOptions) =>
      withRegistry(options, database => rotate(name, options, database)),
    )
  command('revoke', 'end a client with all its keys, or one key of it, at once')
    .argument('<name>')
    .option('--key <id>', 'the 8 characters after "cln_", as they stand in the list')
    .action((name: string, options: RevokeOptions) =>
      withRegistry(options, async database => {
        await revoke(database, name, options.key)
        const what = options.key === undefined ? `client "${name}"` : `key ${options.key} of "${name}"`
        output.print(options.json ? JSON.stringify({ client: name, key: options.key ?? null }) : `Revoked: ${what}.`)
      }),
    )
}

type Opened = Parameters<typeof findClients>[0]

async function add(name: string, options: AddOptions, database: Opened): Promise<void> {
  const given = await registerClient(database, {
    ...{ name, claims: readClaims(options), hours: toHours(options.days) },
    signedOnly: options.signedOnly === true,
  })
  output.print(options.json ? JSON.stringify(given) : describeKey(given))
}

async function change(name: string, { signedOnly, json }: ChangeOptions, database: Opened): Promise<void> {
  if (signedOnly === undefined) throw new CliError('Say --signed-only or --no-signed-only.', { exitCode: 2 })
  await demandSignatures(database, name, signedOnly)
  output.print(
    json
      ? JSON.stringify({ client: name, signedOnly })
      : `"${name}" is accepted ${signedOnly ? 'with a signature only' : 'with its key alone'}.`,
  )
}

async function rotate(name: string, options: RotateOptions, database: Opened): Promise<void> {
  const { graceHours, days } = options
  const { retired, ...given } = await rotateClient(database, { name, graceHours, hours: toHours(days) })
  if (options.json) return output.print(JSON.stringify({ ...given, retired }))
  output.print(describeKey(given))
  for (const { id, isRevoked, expiresAt } of retired)
    output.print(isRevoked ? `Key ${id} has ended.` : `Key ${id} goes on until ${expiresAt}.`)
}

function readClaims({ role = [], claim = [], claims = '{}' }: AddOptions): Claims {
  let object: unknown
  try {
    object = JSON.parse(claims)
  } catch {
    // Told below.
  }
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw new CliError('--claims takes a JSON object, such as {"team_id":"7"}.', { exitCode: 2 })
  const roles = role.length > 1 ? role : role[0]
  return { ...object, ...Object.fromEntries(claim.map(readClaim)), ...(roles !== undefined && { role: roles }) }
}

const toHours = (days: number | undefined) => (days === undefined ? null : days * 24)

function describeKey({ client, key, id, expiresAt }: KeyGiven): string {
  return `The key ${id} of "${client}", shown this once${expiresAt === null ? '' : `, until ${expiresAt}`}:\n${key}`
}

function describeClients(clients: readonly RegisteredClient[]): string {
  if (clients.length === 0) return 'No client is registered. Begin with: colonnade clients add NAME'
  return clients.flatMap(describeClient).join('\n')
}

function describeClient({ name, claims, signedOnly, revokedAt, keys }: RegisteredClient): readonly string[] {
  const state = (ended: string | null, expires: string | null) =>
    ended !== null ? `revoked ${ended}` : expires === null ? 'never ends' : `until ${expires}`
  return [
    `${name}  ${revokedAt === null ? '' : `revoked ${revokedAt}  `}${signedOnly ? 'signed only  ' : ''}${JSON.stringify(claims)}`,
    ...keys.map(
      key =>
        `  ${key.id}  made ${key.createdAt}  ${state(key.revokedAt, key.expiresAt)}  ${key.lastUsedAt === null ? 'never used' : `used ${key.lastUsedAt}`}`,
    ),
  ]
}

export function toNumber(text: string): number {
  if (/^\d{1,6}(\.\d{1,6})?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A number such as 30 or 0.5.')
}
