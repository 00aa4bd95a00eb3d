// Finds where an answer is not what it should be.
import type { Shown } from './shown.ts'

/** One line for each place where they differ, whatever the order of members. */
export function findDifferences(
  answer: Shown | undefined,
  expected: Shown | undefined,
  path = 'data',
): readonly string[] {
  if (answer === expected) return []
  if (Array.isArray(answer) && Array.isArray(expected)) {
    if (answer.length !== expected.length) return [`${path} has ${answer.length} items, not ${expected.length}`]
    return answer.flatMap((item: Shown, i) => findDifferences(item, expected[i], `${path}[${i}]`))
  }
  if (isObject(answer) && isObject(expected)) {
    const names = new Set([...Object.keys(answer), ...Object.keys(expected)])
    return [...names].flatMap(name => findDifferences(own(answer, name), own(expected, name), `${path}.${name}`))
  }
  return [`${path} is ${tell(answer)}, not ${tell(expected)}`]
}

function isObject(value: Shown | undefined): value is { readonly [name: string]: Shown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(value: { readonly [name: string]: Shown }, name: string): Shown | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined
}

function tell(value: Shown | undefined): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 300)
}
