// Compiles how the version of an API is called, and how it ends.
import type { Api, Retirement } from './model.ts'
import type { ApiOptions, VersionDefinition } from './resource-definition.ts'

/** The options of one version, as its resources are compiled with: those of the API, where it does not say otherwise. */
export interface VersionedOptions extends ApiOptions {
  /** Of the version itself; the current one has none. */
  readonly older?: { readonly version: string; readonly definition: VersionDefinition }
}

export function compileVersioning(options: VersionedOptions): Pick<Api, 'version' | 'versions' | 'retirement'> {
  const { name, version: current = '1', versions = {}, requireVersion = false, older } = options
  return {
    version: older?.version ?? current,
    versions: {
      name: name ?? null,
      current,
      required: requireVersion,
      known: new Set([current, ...Object.keys(versions)]),
    },
    retirement: older ? compileRetirement(older.definition) : null,
  }
}

/** Every mistake in what is said of versions. */
export function checkVersions({ name, version, versions, requireVersion, naming }: ApiOptions): readonly string[] {
  const problems: string[] = []
  if (name !== undefined && (!/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$/.test(name) || /\.v\d+$/.test(name)))
    problems.push(`name: "${name}" must be lower-case letters, digits and dashes, as in application/vnd.NAME.v1+json`)
  if (versions && version === undefined)
    problems.push('version: with `versions` beside it, say which one the resources of defineApi are')
  for (const one of [...(version === undefined ? [] : [version]), ...Object.keys(versions ?? {})])
    if (!/^(0|[1-9]\d*)$/.test(one)) problems.push(`versions: "${one}" must be digits, without zeros before them`)
  if (version !== undefined && versions && Object.hasOwn(versions, version))
    problems.push(`versions.${version}: this is the version of defineApi itself`)
  if (requireVersion !== undefined && typeof requireVersion !== 'boolean')
    problems.push('requireVersion: must be true or false')
  for (const [place, one] of [
    ['', naming],
    ...Object.entries(versions ?? {}).map(([number, { naming: own }]) => [`versions.${number}.`, own]),
  ])
    if (one !== undefined && one !== 'camel')
      problems.push(`${place}naming: must be 'camel' or left out, not ${JSON.stringify(one)}`)
  for (const [number, one] of Object.entries(versions ?? {})) problems.push(...checkRetirement(number, one))
  return problems
}

function checkRetirement(number: string, one: VersionDefinition): readonly string[] {
  const { deprecated, sunset, link, goneAfterSunset } = one
  const at = `versions.${number}`
  const problems = Object.entries({ deprecated, sunset }).flatMap(([word, time]) =>
    time !== undefined && Number.isNaN(toTime(time)) ? [`${at}.${word}: "${time}" is no date`] : [],
  )
  if (link !== undefined && (!URL.canParse(link, 'http://localhost') || /[\s<>"]/.test(link)))
    problems.push(`${at}.link: "${link}" is no URL`)
  if (goneAfterSunset && sunset === undefined) problems.push(`${at}.goneAfterSunset: there is no sunset`)
  const [from, to] = [deprecated, sunset].map(time => (time === undefined ? Number.NaN : toTime(time)))
  // RFC 9745 4: the sunset is not before the deprecation.
  if ((from as number) > (to as number)) problems.push(`${at}.sunset: is before deprecated`)
  return problems
}

function compileRetirement({ deprecated, sunset, link, goneAfterSunset }: VersionDefinition): Retirement {
  return {
    deprecatedAt: deprecated === undefined ? null : toTime(deprecated),
    sunsetAt: sunset === undefined ? null : toTime(sunset),
    link: link ?? null,
    goneAfterSunset: goneAfterSunset ?? false,
  }
}

/** NaN for what is none. A time without a zone would depend on the machine. */
function toTime(given: string | Date): number {
  if (given instanceof Date) return given.getTime()
  return /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(given) ? Date.parse(given) : Number.NaN
}
