// One thing that a caller said, from a URL and from a body alike: a base name, the segments after it, a value.
import { ApiError, type Source } from '../errors/api-error.ts'
import type { ErrorCode } from '../errors/catalog.ts'
import type { QueryLimits, Scalar } from './query.ts'

export interface Pair {
  readonly base: string
  /** What stood in brackets, or the nested keys of a body. `''` stands only last: `user_id[]`. */
  readonly segments: readonly string[]
  /** Text in a URL, `true` where the key stood without `=`; a JSON scalar or a JSON list of scalars in a body. */
  readonly value: Scalar | readonly Scalar[]
  readonly bare: boolean
  readonly from: 'url' | 'body'
  readonly source: Source
}

/** Throws the caller's mistake, with the place where it stands. */
export function refuse(code: ErrorCode, detail: string, at: { readonly source: Source }): never {
  throw new ApiError(code, detail, { source: at.source })
}

/** Throws when a limit is exceeded; `meta` names the limit and its bound. */
export function checkLimit(
  limits: QueryLimits,
  limit: keyof QueryLimits,
  actual: number,
  at: { readonly source: Source },
): void {
  const max = limits[limit]
  if (actual <= max) return
  const detail = `${showSource(at.source)} exceeds the limit ${limit}: at most ${max} ${limitWords[limit]}.`
  throw new ApiError('limit_exceeded', detail, { source: at.source, meta: { limit, max } })
}

const limitWords: Readonly<Record<keyof QueryLimits, string>> = {
  keyDepth: 'names nested in one key',
  filterNodes: 'conditions',
  listItems: 'items in a list',
  includeDepth: 'relationships in a path',
  sortKeys: 'fields to sort by',
  offset: 'records to skip',
}

/** How an error names the place: the parameter as written, or the pointer into the body. */
export function showSource(source: Source): string {
  if ('parameter' in source) return show(source.parameter)
  return 'pointer' in source ? show(source.pointer) : show(source.header)
}

/** Text from outside in quotes, cut where it is long, for an error must not grow with its cause. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? value : String(JSON.stringify(value))
  return text.length > 80 ? `"${text.slice(0, 77).toWellFormed()}…"` : `"${text}"`
}
