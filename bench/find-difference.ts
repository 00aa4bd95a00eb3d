// Finds where two answers differ, whatever the order of their members.

/**
 * Times are compared as instants: `12:00:00Z` is `12:00:00.000+00:00`.
 * @param passedOver names of members that may differ
 * @returns the path of the first difference with both values, such as `[0].title: "a" and "b"`, or null
 */
export function findDifference(
  a: unknown,
  b: unknown,
  passedOver: readonly string[] = ['links'],
  path = '',
): string | null {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return `${path}: ${a.length} and ${b.length} items`
    return firstOf(a.keys(), i => findDifference(a[i], b[i], passedOver, `${path}[${i}]`))
  }
  if (isObject(a) && isObject(b)) {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(name => !passedOver.includes(name))
    return firstOf(names, name => findDifference(a[name], b[name], passedOver, `${path}.${name}`))
  }
  return toComparable(a) === toComparable(b) ? null : `${path}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`
}

function firstOf<T>(items: Iterable<T>, find: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = find(item)
    if (found !== null) return found
  }
  return null
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toComparable(value: unknown): unknown {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) ? Date.parse(value) : value
}
