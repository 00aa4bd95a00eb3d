// Reads the small values that mean the same everywhere: flags, whole numbers, names with dots.
import { type Pair, refuse, show, showSource } from './pair.ts'
import type { Scalar } from './query.ts'

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
])

/** `true 1 t` and `false 0 f` in any case, as text or as JSON; undefined for everything else. */
export function toFlag(value: Scalar | readonly Scalar[]): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return flags.get(String(value))
  if (typeof value !== 'string' || value.length > 5) return undefined
  return flags.get(value) ?? flags.get(value.toLowerCase())
}

/** A flag, or 400 `invalid_value`. A key without `=` is true. */
export function readFlag(pair: Pair): boolean {
  const flag = toFlag(pair.value)
  if (flag !== undefined) return flag
  return refuse(
    'invalid_value',
    `${showSource(pair.source)} is on or off: true or false, not ${show(pair.value)}.`,
    pair,
  )
}

/** A whole number of at least `min`, as decimal digits or as a JSON number. */
export function readWhole(pair: Pair, min: number): number {
  const { value } = pair
  const whole =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^[0-9]{1,15}$/.test(value)
        ? Number(value)
        : Number.NaN
  if (Number.isSafeInteger(whole) && whole >= min) return whole
  return refuse(
    'invalid_value',
    `${showSource(pair.source)} takes a whole number of at least ${min}, not ${show(pair.bare ? '' : value)}.`,
    pair,
  )
}

/** Text that is not empty. */
export function readText(pair: Pair): string {
  const { value } = pair
  if (typeof value === 'string' && value !== '') return value
  return refuse('invalid_value', `${showSource(pair.source)} needs a text that is not empty.`, pair)
}

/** `comments.user` as its names. */
export function splitPath(path: Scalar, at: Pick<Pair, 'source'>): readonly string[] {
  if (typeof path !== 'string')
    return refuse('invalid_value', `${showSource(at.source)} takes names, not ${show(path)}.`, at)
  if (path !== '' && !path.includes('.')) return [path]
  const names = path.split('.')
  if (names.includes(''))
    refuse(
      'invalid_value',
      `${show(path)} in ${showSource(at.source)} has an empty name. Write names joined by single dots: user.username.`,
      at,
    )
  return names
}

/** Whether a segment is a position in a list. Any digits count, so that a malformed position is refused and not taken for a name. */
export function isIndex(segment: string): boolean {
  const first = segment.charCodeAt(0)
  return first >= 0x30 && first <= 0x39 && /^[0-9]+$/.test(segment)
}
