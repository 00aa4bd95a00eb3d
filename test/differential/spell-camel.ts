// Spells a question for a version in camelCase, and its answer back.
import { resources } from './facts.ts'
import type { Said } from './spell-condition.ts'

/** Every name of the definition that is spelled otherwise there. */
const spelled: ReadonlyMap<string, string> = new Map(
  [...resources]
    .flatMap(([name, resource]) => [
      name,
      ...[...resource.fields.values()].flatMap(field => [
        field.name,
        ...(field.kind === 'toOne' ? [field.column.name] : []),
      ]),
      ...resource.scopes.keys(),
      ...[...resource.scopes.values()].flatMap(scope => scope.params),
      ...resource.declaredFilters.keys(),
      ...resource.declaredSorts.keys(),
    ])
    .map(name => [name, name.replace(/_+(.)/g, (_, next: string) => next.toUpperCase())] as const)
    .filter(([name, camel]) => name !== camel),
)
const defined: ReadonlyMap<string, string> = new Map([...spelled].map(([name, camel]) => [camel, name]))

/** Where values are names. */
const lists: ReadonlySet<string> = new Set([
  'fields',
  'field',
  'include',
  'includes',
  'sort',
  'property',
  'group',
  'group_by',
])

export function spellCamel(said: readonly Said[]): readonly Said[] {
  return said.map(one => {
    const [base, ...rest] = one.key
    const isList = one.key.some(segment => lists.has(segment)) || (rest.length === 0 && /^scope/.test(base ?? ''))
    const value = isList ? spellValue(one.value) : one.value
    return { ...one, key: one.key.map(spellName), value }
  })
}

function spellValue(value: Said['value']): Said['value'] {
  if (typeof value === 'string') return spellName(value)
  return Array.isArray(value) ? value.map(one => (typeof one === 'string' ? spellName(one) : one)) : value
}

/** `-user.follower_state` → `-user.followerState` */
export const spellName = (text: string) => text.replace(/\w+/g, word => spelled.get(word) ?? word)

export const unspellName = (text: string) => text.replace(/\w+/g, word => defined.get(word) ?? word)

/** The answer as a version without a naming gives it; what stands in a JSON column stays. */
export function unspellCamel(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(unspellCamel)
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      if (name.split('.').some(word => spelled.has(word))) throw new Error(`${name} is not spelled in camelCase`)
      // What was included stands by its path: `musicTrack.videos`.
      const own = unspellName(name)
      return [own, name === 'preferences' ? value : unspellCamel(value)]
    }),
  )
}
