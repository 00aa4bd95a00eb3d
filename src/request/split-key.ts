// Splits a decoded key into its base name and the segments in brackets: `page[size]` is `page` and `size`.
import { checkLimit, refuse, showSource } from './pair.ts'
import type { QueryLimits, Source } from './query.ts'

export interface Key {
  readonly base: string
  readonly segments: readonly string[]
}

const none: readonly string[] = []

/**
 * @throws ApiError `bad_parameter_name` for unbalanced brackets, text after `]` or an empty base; `bad_list` for `[]` that is not last;
 *   `limit_exceeded` for a key that is nested too deep, where every dot nests as a bracket does
 */
export function splitKey(key: string, limits: QueryLimits, source: Source): Key {
  const open = key.indexOf('[')
  const base = open < 0 ? key : key.slice(0, open)
  if (base === '')
    refuse(
      'bad_parameter_name',
      `${showSource(source)} has no name before "[" or "=". Write name=value or name[part]=value.`,
      { source },
    )
  if (base.includes(']')) refuseBrackets(source)
  if (open < 0) {
    if (base.includes('.')) checkLimit(limits, 'keyDepth', countDots(base), { source })
    return { base, segments: none }
  }
  const segments = splitSegments(key, open, limits, source)
  const depth = segments.length + (key.includes('.') ? countDots(key) : 0)
  checkLimit(limits, 'keyDepth', segments.at(-1) === '' ? depth - 1 : depth, { source })
  return { base, segments }
}

function splitSegments(key: string, open: number, limits: QueryLimits, source: Source): string[] {
  const segments: string[] = []
  let at = open
  while (at < key.length) {
    const close = key.indexOf(']', at)
    if (close < 0 || key.charCodeAt(at) !== 0x5b) return refuseBrackets(source)
    const segment = key.slice(at + 1, close)
    if (segment.includes('[')) refuseBrackets(source)
    if (segment === '' && close < key.length - 1) {
      refuse(
        'bad_list',
        `"[]" may only stand last in a key, as in tags[]=a. In ${showSource(source)} use indexes: [0], [1] and so on.`,
        { source },
      )
    }
    segments.push(segment)
    // One more than the depth, since a closing `[]` is not counted.
    checkLimit(limits, 'keyDepth', segments.length - 1, { source })
    at = close + 1
  }
  return segments
}

/** How many names a text holds beyond the first. */
export function countDots(text: string): number {
  let dots = 0
  for (let at = text.indexOf('.'); at >= 0; at = text.indexOf('.', at + 1)) dots++
  return dots
}

function refuseBrackets(source: Source): never {
  return refuse(
    'bad_parameter_name',
    `The brackets of ${showSource(source)} don't balance, or text follows "]". Write name[part][part]=value.`,
    { source },
  )
}
