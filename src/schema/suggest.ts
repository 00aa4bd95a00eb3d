// Finds the name that was probably meant.
import { distance } from 'fastest-levenshtein'

/** The nearest of `names` within a third of the length, or undefined. Pass only names that the reader may know. */
function suggest(name: string, names: Iterable<string>): string | undefined {
  // The distance costs length times length, and a name from outside may be long.
  if (name.length > 63) return undefined
  let best: string | undefined
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of names) {
    const cost = distance(name, candidate)
    if (cost < least) {
      best = candidate
      least = cost
    }
  }
  return best
}

/** ` Did you mean "name"?`, or nothing. */
export function hint(name: string, names: Iterable<string>): string {
  const best = suggest(name, names)
  return best === undefined ? '' : ` Did you mean "${best}"?`
}
