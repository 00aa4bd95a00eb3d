// `colonnade config`: what each setting would be, and where that comes from.
import { type Command, Option } from 'commander'
import { readConfigFile } from './config-file.ts'
import { output } from './output.ts'
import { type Resolved, resolveSettings } from './resolve-settings.ts'
import { profiles, type Setting, type SettingName, settings } from './settings.ts'

export function addConfig(program: Command): void {
  const command = program
    .command('config')
    .description('tell each setting of serve, and where it comes from; secrets are masked')
    .argument('[url]', 'as serve takes it')
  addSettings(command)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Flags come before the environment, that before the file (colonnade.config.ts, .js or .json), that before the profile.

Example:
  $ colonnade config --profile production`,
    )
    .action(async (url: string | undefined, flags: Flags & { readonly json?: true }) =>
      output.print(describeSettings(await settle(url, flags), flags.json === true)),
    )
}

export type Flags = Readonly<Record<string, unknown>>

/** The flags of all settings that have one. */
export function addSettings(command: Command): Command {
  command
    .addOption(new Option('--profile <name>', 'how strict it is').choices(profiles))
    .option('--config <file>', 'file of settings (default: ./colonnade.config.ts, .js or .json where it is there)')
  for (const { flag, about } of Object.values<Setting<unknown>>(settings)) if (flag) command.option(flag, about)
  return command
}

/** @throws CliError for what is no setting */
export async function settle(url: string | undefined, flags: Flags): Promise<Resolved> {
  const file = await readConfigFile(typeof flags.config === 'string' ? flags.config : undefined)
  return resolveSettings({
    flags: { ...flags, ...(url !== undefined && { database: url }) },
    environment: process.env,
    file,
  })
}

/** What is read from the environment alone. */
const ofIdentity = ['SECRET', 'PUBLIC_KEY', 'ALGORITHM'].map(name => `COLONNADE_JWT_${name}`)

export function describeSettings({ profile, settings: values, origins }: Resolved, asJson: boolean): string {
  const rows = [
    { name: 'profile', value: profile as unknown, from: origins.profile },
    ...(Object.keys(settings) as SettingName[]).map(name => ({
      name: name as string,
      value: mask(values[name], settings[name]),
      from: origins[name],
    })),
    ...ofIdentity.flatMap(name => (process.env[name] ? [{ name, value: maskAll as unknown, from: name }] : [])),
  ]
  if (asJson) return JSON.stringify(Object.fromEntries(rows.map(({ name, value, from }) => [name, { value, from }])))
  const texts = rows.map(({ name, value, from }) => [name, value === null ? '-' : String(value), from] as const)
  const width = (column: 0 | 1) => Math.max(...texts.map(row => row[column].length))
  const [first, second] = [width(0), width(1)]
  return texts.map(([name, value, from]) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${from}`).join('\n')
}

const maskAll = '***'

function mask(value: unknown, { secret }: Setting<unknown>): unknown {
  if (secret === undefined || typeof value !== 'string') return value
  return secret === 'all' ? maskAll : withoutPasswords(value)
}

/** In the place that a URL has for it, and as a parameter. */
function withoutPasswords(url: string): string {
  return url
    .replace(/:\/\/([^:@/]*):.*@/, `://$1:${maskAll}@`)
    .replace(/([?&](?:password|sslpassword)=)[^&]*/gi, `$1${maskAll}`)
}
