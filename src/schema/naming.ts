// Spells the names of a definition as a version serves them.

/** `camel`: `created_at` is served, and asked for, as `createdAt`. */
export type Naming = 'camel'

/** From a name of the definition to the one that is served; a served name stays as it is. */
export type Spell = (name: string) => string

/**
 * `switch_port_id` → `switchPortId`, `line_2` → `line2`: an underscore or dash between two signs is left out, and what
 * follows it is a capital. Nothing else changes, so that no word with a meaning of its own can come out.
 */
function toCamel(name: string): string {
  return name.replace(/(?<=[^_-])[_-]+([^_-])/gu, (_, next: string) => next.toUpperCase())
}

export const spellingOf = (naming: Naming | undefined): Spell => (naming === 'camel' ? toCamel : name => name)

/**
 * What is declared, by the names that are served.
 * @param report is told of two that would have the same
 */
export function spellDeclared<T>(
  entries: Iterable<readonly [name: string, value: T]>,
  spell: Spell,
  report: (problem: string) => void,
): ReadonlyMap<string, readonly [definedAs: string, value: T]> {
  const spelled = new Map<string, readonly [string, T]>()
  for (const [definedAs, value] of entries) {
    const name = spell(definedAs)
    const other = spelled.get(name)?.[0]
    if (other !== undefined && other !== definedAs) report(sayClash(other, definedAs, name))
    spelled.set(name, [definedAs, value])
  }
  return spelled
}

export function sayClash(one: string, other: string, name: string): string {
  return `"${one}" and "${other}" would both be called "${name}"; rename one`
}
