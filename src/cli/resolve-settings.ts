// Decides what each setting is: flags, then the environment, then the file, then the profile; and remembers which it was.
import { hint } from '../schema/suggest.ts'
import { CliError } from './cli-error.ts'
import type { ConfigFile } from './config-file.ts'
import {
  type Given,
  type Profile,
  profiles,
  readOne,
  type Setting,
  type SettingName,
  type Settings,
  settings,
} from './settings.ts'

export interface Sources {
  /** By the name of the option, as commander gives them: those that were given. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly file: ConfigFile | undefined
}

export interface Resolved {
  readonly profile: Profile
  readonly settings: Settings
  /** Where each came from: `--port`, `LOG_LEVEL`, `colonnade.config.ts`, `profile production`. */
  readonly origins: Readonly<Record<SettingName | 'profile', string>>
}

interface Found {
  readonly value: unknown
  readonly origin: string
}

const names = Object.keys(settings) as SettingName[]

/** @throws CliError for a value that is none, and for a name in the file that is no setting */
export function resolveSettings({ flags, environment, file }: Sources): Resolved {
  const profile = resolveProfile({ flags, environment, file })
  if (file) checkNames(file)
  const special = file?.values.profiles
  const ofProfile = isObject(special) ? special[profile.value] : undefined
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = { profile: profile.origin }
  for (const name of names) {
    const setting: Setting<Given> = settings[name]
    const { flag, variable } = setting
    const option = flag === undefined ? name : optionOf(flag)
    const found: Found | undefined =
      (flag !== undefined || name === 'database'
        ? given(flags[option], flag?.split(' ')[0] ?? 'the argument')
        : undefined) ??
      (variable === undefined ? undefined : given(environment[variable] || undefined, variable)) ??
      (file && isObject(ofProfile) ? given(ofProfile[name], `${file.name}, profiles.${profile.value}`) : undefined) ??
      (file ? given(file.values[name], file.name) : undefined)
    values[name] = found ? read(setting, found) : setting.profiles[profile.value]
    origins[name] = found?.origin ?? `profile ${profile.value}`
  }
  return { profile: profile.value, settings: values as Settings, origins: origins as Resolved['origins'] }
}

function resolveProfile({ flags, environment, file }: Sources): { readonly value: Profile; readonly origin: string } {
  const found = given(flags.profile, '--profile') ??
    given(environment.COLONNADE_PROFILE || undefined, 'COLONNADE_PROFILE') ??
    // What other tools set there, such as `test`, is no profile of ours.
    given(
      profiles.find(one => one === environment.NODE_ENV),
      'NODE_ENV',
    ) ??
    (file ? given(file.values.profile, file.name) : undefined) ?? { value: 'development', origin: 'default' }
  return { value: read({ read: value => readOne(value, profiles) }, found), origin: found.origin }
}

function given(value: unknown, origin: string): Found | undefined {
  return value === undefined ? undefined : { value, origin }
}

function read<T>(setting: Pick<Setting<T>, 'read'>, { value, origin }: Found): T {
  try {
    if (typeof value === 'object' && value !== null) throw new Error('takes a single value')
    return setting.read(value as Given)
  } catch (error) {
    throw new CliError(`${origin} ${error instanceof Error ? error.message : error}.`, { exitCode: 2, cause: error })
  }
}

function checkNames({ name, values }: ConfigFile): void {
  const known: readonly string[] = ['profile', 'profiles', ...names]
  const special = isObject(values.profiles) ? values.profiles : {}
  const wrongProfile = Object.keys(special).find(one => !profiles.some(profile => profile === one))
  if (wrongProfile !== undefined)
    throw new CliError(`${name}: there is no profile "${wrongProfile}". There are ${profiles.join(', ')}.`, {
      exitCode: 2,
    })
  for (const one of [values, ...Object.values(special)]) {
    const wrong = Object.keys(isObject(one) ? one : {}).find(key => !known.includes(key))
    if (wrong !== undefined)
      throw new CliError(`${name}: there is no setting "${wrong}".${hint(wrong, known)}`, { exitCode: 2 })
  }
}

/** `--stop-delay <ms>` is given as `stopDelay`. */
function optionOf(flag: string): string {
  const [long = ''] = flag.replace(/^--/, '').split(' ')
  return long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
