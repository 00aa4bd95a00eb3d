// Compares two JSON Schemas of a record: what one who reads it, or one who writes it, may break at.
import type { Schema } from './describe-api.ts'

/** Of what is read nothing may come in addition: a client handles what it was told of. */
export function compareRead(old: Schema, now: Schema): readonly string[] {
  const [before, after] = [propertiesOf(old), propertiesOf(now)]
  return [...before].flatMap(([name, one]) => {
    const next = after.get(name)
    if (!next) return [`field "${name}" is gone`]
    const hidden = requiredOf(old).has(name) && !requiredOf(now).has(name)
    return [
      ...(hidden ? [`field "${name}" is no longer always shown`] : []),
      ...compareTypes(`field "${name}"`, one, next, 'read'),
    ]
  })
}

/** Of what is written nothing may be refused that was taken. */
export function compareWritten(old: Schema, now: Schema): readonly string[] {
  const [before, after] = [propertiesOf(old), propertiesOf(now)]
  const demanded = [...requiredOf(now)].filter(name => !requiredOf(old).has(name))
  return [
    ...demanded.map(name => `"${name}" is required now`),
    ...[...before].flatMap(([name, one]) => {
      const next = after.get(name)
      return next ? compareTypes(`"${name}"`, one, next, 'written') : [`"${name}" is no longer taken`]
    }),
  ]
}

function compareTypes(what: string, old: Schema, now: Schema, way: 'read' | 'written'): readonly string[] {
  const [before, after] = [variantsOf(old), variantsOf(now)]
  const problems: string[] = []
  for (const [type, one] of before) {
    const next = after.get(type) ?? (type === 'integer' && way === 'written' ? after.get('number') : undefined)
    // A value that is never null any more harms nobody who reads it.
    if (!next && way === 'read' && type === 'null') continue
    if (next) problems.push(...compareKeywords(what, one, next, way))
    else problems.push(`${what} is no longer ${wordOf(type)}`)
  }
  if (way === 'read')
    for (const type of after.keys())
      if (!before.has(type) && !before.has('any')) problems.push(`${what} may be ${wordOf(type)} now`)
  return problems
}

/** By type; what says none is `any`. */
function variantsOf(schema: Schema): ReadonlyMap<string, Schema> {
  const found = new Map<string, Schema>()
  const parts = [schema.anyOf, schema.oneOf].flatMap(list => (Array.isArray(list) ? (list as readonly Schema[]) : []))
  for (const part of parts) for (const [type, one] of variantsOf(part)) found.set(type, found.get(type) ?? one)
  if (parts.length > 0) return found
  const types = schema.type === undefined ? ['any'] : [schema.type].flat()
  for (const type of types) found.set(String(type), schema)
  return found
}

const lowest = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties']
const highest = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties']
const exact = ['pattern', 'format', 'multipleOf', 'const', 'uniqueItems', 'contentEncoding']

function compareKeywords(what: string, old: Schema, now: Schema, way: 'read' | 'written'): readonly string[] {
  const problems: string[] = []
  const [before, after] = [old.enum, now.enum]
  if (Array.isArray(before) && Array.isArray(after))
    for (const value of before)
      if (!after.includes(value)) problems.push(`${what} is no longer ${JSON.stringify(value)} ever`)
  if (way === 'written' && !Array.isArray(before) && Array.isArray(after))
    problems.push(`${what} takes only ${after.join(', ')}`)
  if (way === 'read' && Array.isArray(before) && !Array.isArray(after)) problems.push(`${what} may be any value now`)
  if (way === 'written')
    for (const [words, sign] of [
      [lowest, 1],
      [highest, -1],
    ] as const)
      for (const word of words) {
        const [bound, next] = [old[word], now[word]]
        if (typeof next === 'number' && (typeof bound !== 'number' || next * sign > bound * sign))
          problems.push(`${what} has ${word} ${next} now`)
      }
  for (const word of exact)
    if (old[word] !== now[word] && (now[word] !== undefined || way === 'read'))
      problems.push(
        `${what} has ${word} ${JSON.stringify(now[word] ?? null)} now, not ${JSON.stringify(old[word] ?? null)}`,
      )
  if (isSchema(old.items) && isSchema(now.items))
    problems.push(...compareTypes(`an item of ${what}`, old.items, now.items, way))
  if (isSchema(old.properties) && isSchema(now.properties))
    problems.push(
      ...(way === 'read' ? compareRead(old, now) : compareWritten(old, now)).map(problem => `${what}: ${problem}`),
    )
  return problems
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function propertiesOf({ properties }: Schema): ReadonlyMap<string, Schema> {
  return new Map(isSchema(properties) ? (Object.entries(properties) as [string, Schema][]) : [])
}

function requiredOf({ required }: Schema): ReadonlySet<string> {
  return new Set(Array.isArray(required) ? (required as readonly string[]) : [])
}

function wordOf(type: string): string {
  if (type === 'null') return 'null'
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`
}
