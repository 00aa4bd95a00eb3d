// How resources and relationships are spelled in paths: dashed, and what else is accepted.

/** `music_tracks` → `music-tracks`; the canonical spelling. */
export function toPath(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/_/g, '-')
    .toLowerCase()
}

/**
 * The spelling that all accepted ones come down to: `musicTracks`, `music_tracks` and `music-tracks` → `music-tracks`.
 * `Videos` and `VIDEOS` stay as they are, and name nothing.
 */
export function foldPath(segment: string): string {
  return /^[A-Z]/.test(segment) ? segment : toPath(segment)
}

const reservedPaths: ReadonlySet<string> = new Set([
  'actions',
  'operations',
  'usage',
  'openapi.json',
  'docs',
  'console',
  'health',
  'metrics',
])
/** Whether a first segment means something else than a table of that name: a version, a door of the server. */
export function isReservedPath(path: string): boolean {
  return reservedPaths.has(path) || /^v\d+$/.test(path)
}

/** Base names of parameters with a meaning of their own; a column of such a name is filtered by as `filter[page]=3`. */
export const reservedParameters: ReadonlySet<string> = new Set(
  (
    'fields field include includes filter sort page per_page limit offset aggregate group scope scopes ' +
    'aggregate_by group_by scope_by or and not max_affected v'
  ).split(' '),
)
/** Names that mean something else inside a filter. */
const reservedFieldNames: ReadonlySet<string> = new Set(['and', 'or', 'not', 'some', 'every', 'none', 'null'])

/** The name by which a column is served: without what JSON:API forbids in a name. */
export function toFieldName(column: string): string {
  const name = column.replace(/[^A-Za-z0-9_\u{80}-\u{10ffff}-]+/gu, '_').replace(/^[_-]+|[_-]+$/g, '')
  const safe = name === '' ? 'field' : name
  return reservedFieldNames.has(safe) ? `${safe}_field` : safe
}
