// Finds what has changed between two descriptions of an API that a client of the first may break at.

import { compareRead, compareWritten } from './compare-schema.ts'
import type { ApiDescription, ResourceDescription, Schema, VersionDescription } from './describe-api.ts'

/** One change, and all the kinds of callers that it breaks. */
export interface BreakingChange {
  readonly version: string
  readonly callers: readonly string[]
  readonly message: string
}

export function findBreaking(published: ApiDescription, present: ApiDescription): readonly BreakingChange[] {
  const changes: BreakingChange[] = Object.entries(published.versions).flatMap(([version, old]) => {
    const now = present.versions[version]
    return now ? compareVersions(version, old, now) : [{ version, callers: [], message: 'is no longer served' }]
  })
  if (published.current !== present.current)
    changes.push({
      version: published.current,
      callers: [],
      message: `is no longer what is served to who names none: that is ${present.current} now`,
    })
  return changes
}

function compareVersions(version: string, old: VersionDescription, now: VersionDescription): readonly BreakingChange[] {
  const callers = new Map<string, string[]>()
  for (const [caller, resources] of Object.entries(old.callers)) {
    for (const [name, resource] of Object.entries(resources)) {
      // Whose role is no more is still signed in.
      const next = (now.callers[caller] ?? now.callers.authenticated)?.[name]
      const found = next ? compareResources(resource, next).map(one => `${name}: ${one}`) : [`${name}: is gone`]
      for (const message of found) callers.set(message, [...(callers.get(message) ?? []), caller])
    }
  }
  const all = Object.keys(old.callers).length
  return [...callers].map(([message, whom]) => ({ version, callers: whom.length === all ? [] : whom, message }))
}

function compareResources(old: ResourceDescription, now: ResourceDescription): readonly string[] {
  const lists = ['sorts', 'scopes', 'includes', 'actions', 'singulars', 'formats'] as const
  const places = ['list', 'item'] as const
  return [
    ...places.flatMap(place =>
      lost(old.methods[place], now.methods[place]).map(
        method => `${method} of ${place === 'list' ? 'the list' : 'an item'} is gone`,
      ),
    ),
    ...compareRead(old.schema, now.schema),
    ...compareWrites('create', old.write.create, now.write.create),
    ...compareWrites('update', old.write.update, now.write.update),
    ...Object.entries(old.filters).flatMap(([name, operators]) => {
      const next = now.filters[name]
      if (!next) return [`filter "${name}" is gone`]
      return lost(operators, next).map(operator => `filter "${name}" no longer takes ${operator}`)
    }),
    ...lists.flatMap(list => lost(old[list], now[list]).map(name => `${list.slice(0, -1)} "${name}" is gone`)),
    ...(now.page.maxSize < old.page.maxSize
      ? [`a page has at most ${now.page.maxSize} records, not ${old.page.maxSize}`]
      : []),
    ...(now.page.defaultSize === old.page.defaultSize
      ? []
      : [`a page has ${now.page.defaultSize} records where none is asked for, not ${old.page.defaultSize}`]),
  ]
}

/** That nothing can be written any more is told by the methods. */
function compareWrites(kind: string, old: Schema | undefined, now: Schema | undefined): readonly string[] {
  return old && now ? compareWritten(old, now).map(problem => `${kind}: ${problem}`) : []
}

function lost(old: readonly string[], now: readonly string[]): readonly string[] {
  return old.filter(name => !now.includes(name))
}
