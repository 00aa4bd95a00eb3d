// Finds out which version of the API a request is for: by its path, by Accept, or else the current one.
import { ApiError } from '../errors/api-error.ts'
import { plainJson } from '../formats/index.ts'
import type { Api, Versions } from '../schema/model.ts'
import { type HttpRequest, header } from './http-request.ts'
import { type MediaRange, readAccept } from './negotiate.ts'
import { checkSizes } from './read-request.ts'

export interface VersionAsked {
  readonly version: string
  /** How Accept spelled it, so that the answer says it too: `vnd.acme`; null where it did not. */
  readonly name: string | null
}

/**
 * A version that Accept names holds for the whole request, also where another of its media types is chosen in the end.
 * One in the path that is not there is left to the route.
 * @throws ApiError 414, 431 for sizes; 406 for a version that is not there, 400 where path and Accept differ or none is named that must be
 */
export function readVersion(http: HttpRequest, { basePath, versions, limits }: Api): VersionAsked {
  checkSizes(http, limits)
  const inPath = versionInPath(http.target, basePath)
  const isOurs = http.target.startsWith(basePath) && /^[/?]?$/.test(http.target[basePath.length] ?? '')
  if (!isOurs || (inPath !== null && !versions.known.has(inPath)))
    return { version: inPath ?? versions.current, name: null }
  const { name } = versions
  const named = name === null ? null : versionInAccept(header(http, 'accept') ?? '', name, versions)
  const inAccept = named?.version ?? null
  if (inPath !== null && inAccept !== null && inPath !== inAccept)
    throw new ApiError('versions_at_odds', `The path says version ${inPath}, and Accept version ${inAccept}.`, {
      source: { header: 'Accept' },
    })
  const version = inAccept ?? inPath
  if (version === null && versions.required)
    throw new ApiError('version_needed', `Name a version: ${spellings(basePath, versions)}.`, {
      ...(name !== null && { source: { header: 'Accept' } }),
    })
  return { version: version ?? versions.current, name: named && name }
}

/** The types by which JSON of one version is asked for; the first is how answers say it. */
export function versionTypes(name: string, version: string): readonly [string, string, string] {
  return [
    `application/vnd.${name}.v${version}+json`,
    `application/vnd.${name}.v${version}`,
    `application/vnd.${name}+json`,
  ]
}

function versionInPath(target: string, basePath: string): string | null {
  if (!target.startsWith(`${basePath}/v`)) return null
  return /^(\d+)(?=[/?]|$)/.exec(target.slice(basePath.length + 2))?.[1] ?? null
}

interface Named {
  /** Null for the media type of the API without a version. */
  readonly version: string | null
  readonly quality: number
}

/** The version that is welcome most; null where Accept speaks of none. */
function versionInAccept(accept: string, name: string, versions: Versions): Named | null {
  // Most requests end here.
  if (!accept.toLowerCase().includes(`vnd.${name}`)) return null
  let best: Named | null = null
  let isUnknown = false
  let takesOther = false
  for (const range of readAccept(accept)) {
    const { quality } = range
    if (quality === 0) continue
    const version = versionOf(range, name)
    if (version === undefined) takesOther = true
    else if (version !== null && !versions.known.has(version)) isUnknown = true
    else if (!best || quality > best.quality) best = { version, quality }
  }
  if (best || !isUnknown || takesOther) return best
  const types = [...versions.known].map(version => versionTypes(name, version)[0])
  throw new ApiError('not_acceptable', `This answers ${[...types, plainJson.mediaType].join(', ')}.`, {
    source: { header: 'Accept' },
  })
}

/** Undefined for a type that is not this API's. */
function versionOf({ type, subtype, parameters }: MediaRange, name: string): string | null | undefined {
  if (type !== 'application' || !subtype.startsWith(`vnd.${name}`)) return undefined
  const said = /^(?:\.v(\d+)(?:\+json)?|\+json)$/.exec(subtype.slice(`vnd.${name}`.length))
  if (!said) return undefined
  const parameter = parameters.find(([one]) => one === 'version')?.[1]
  const version = said[1] ?? parameter ?? null
  // Two at once are none that is there.
  return version !== null && parameter !== undefined && version !== parameter ? '' : version
}

function spellings(basePath: string, { name, known }: Versions): string {
  return [...known]
    .flatMap(version => [
      `${basePath}/v${version}/…`,
      ...(name === null ? [] : [`Accept: ${versionTypes(name, version)[0]}`]),
    ])
    .join(', ')
}
