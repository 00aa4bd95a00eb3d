// Turns a filter that a user wrote as an object into the tree that every filter is read from.
import type { Leaf, Operandish, Tree } from './tree.ts'

/**
 * `{ state: 'published', or: [{ a: 1 }, { b: { gte: 2 } }] }` as a tree. Lists of objects get the children `0`, `1`, …
 * @param where the place in the definition, for errors: `users.roles.owner.when`
 * @throws TypeError for a value that is neither a scalar, a list, an object nor a stand-in
 */
export function treeOfDefinition(definition: unknown, where: string): Tree {
  const source = { pointer: where }
  if (definition === true || isOperand(definition) || isOperandList(definition)) {
    const value = Array.isArray(definition) ? definition.map(toOperand) : toOperand(definition as Operandish | Date)
    const leaf: Leaf = { source, value, from: 'definition', bare: false }
    return { source, leaves: [leaf], children: new Map() }
  }
  if (Array.isArray(definition)) {
    return {
      source,
      leaves: [],
      children: new Map(definition.map((one, i) => [String(i), treeOfDefinition(one, `${where}.${i}`)])),
    }
  }
  if (typeof definition !== 'object' || definition === null)
    throw new TypeError(`${where}: ${String(definition)} is not a filter`)
  const children = Object.entries(definition).map(
    ([key, value]) => [key, treeOfDefinition(value, `${where}.${key}`)] as const,
  )
  return { source, leaves: [], children: new Map(children) }
}

function isOperand(value: unknown): value is Operandish | Date {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value) || value instanceof Date) return true
  if (typeof value !== 'object' || Array.isArray(value)) return false
  const keys = Object.keys(value)
  return (
    keys.length === 1 &&
    ['principal', 'field', 'param', 'now', 'given'].includes(keys[0] as string) &&
    isStandInValue(keys[0] as string, value)
  )
}

// A column may be called `field` or `now` too: then its value is no plain word.
function isStandInValue(key: string, value: object): boolean {
  const inner = (value as Record<string, unknown>)[key]
  return key === 'now' || key === 'given' ? inner === true : typeof inner === 'string'
}

function isOperandList(value: unknown): value is (Operandish | Date)[] {
  return Array.isArray(value) && value.every(isOperand)
}

function toOperand(value: Operandish | Date): Operandish {
  return value instanceof Date ? value.toISOString() : value
}
