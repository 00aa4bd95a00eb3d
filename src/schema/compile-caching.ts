// Reads what a resource says of caches: by which column its answers are told apart, and how long shared ones hold.
import { hash } from 'node:crypto'
import type { Report } from './bind-table.ts'
import type { ColumnField } from './field.ts'
import type { CacheVersion, Resource, ResourceCaching } from './model.ts'
import { definedNames, findDefined } from './policy-reader.ts'
import type { ApiOptions, ResourceOptions } from './resource-definition.ts'
import { hint } from './suggest.ts'

/** @returns null where nothing of it may be cached */
export function compileCaching(
  given: ResourceOptions['caching'],
  options: ApiOptions,
  name: string,
  known: Pick<Resource, 'fields' | 'defined'>,
  report: Report,
): ResourceCaching | null {
  if (given === false || options.caching === false) return null
  const time = (option: 'lastModified' | 'list'): ColumnField | null => {
    const wanted = given?.[option]
    if (wanted === undefined) return null
    const where = `${name}.caching.${option}`
    const field = findDefined(known, wanted)
    if (field?.kind !== 'column')
      report(`${where}: there is no column "${wanted}".${hint(wanted, definedNames(known))}`)
    else if (!['timestamptz', 'timestamp'].includes(field.column.type.name) || field.column.isArray)
      report(`${where}: "${wanted}" must be a timestamptz or timestamp, not ${field.column.type.name}`)
    // A change of a record without a time would go unnoticed.
    else if (option === 'list' && field.column.nullable) report(`${where}: "${wanted}" may be null`)
    else return field
    return null
  }
  for (const option of ['maxAge', 'sMaxAge'] as const) {
    const seconds = given?.[option]
    if (seconds !== undefined && !(Number.isSafeInteger(seconds) && seconds >= 0))
      report(`${name}.caching.${option}: must be a whole number of seconds, not ${seconds}`)
  }
  const ages = [
    given?.maxAge !== undefined && `max-age=${given.maxAge}`,
    given?.sMaxAge !== undefined && `s-maxage=${given.sMaxAge}`,
  ].filter(Boolean)
  return {
    lastModified: time('lastModified'),
    list: time('list'),
    shared: `public, ${ages.length > 0 ? ages.join(', ') : 'no-cache'}`,
  }
}

/** A version that is a time raises the dates to it; any other a date cannot carry, so there are none. */
export function compileCacheVersion(version: string | number | undefined): CacheVersion {
  if (version === undefined) return { suffix: '', since: 0 }
  const text = String(version)
  const since = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) ? Date.parse(text) : Number.NaN
  return { suffix: `.${hash('sha1', text, 'base64url').slice(0, 8)}`, since: Number.isNaN(since) ? null : since }
}
