// Turns a regular expression of PostgreSQL into one of JavaScript, where both surely mean the same and neither can be slow.

/**
 * Undefined for all but a row of characters and classes with quantifiers: groups, alternatives, classes that depend on the locale (`\d`, `\w`) and
 * whatever a long text could make slow are left to the database.
 * @example
 * readRegex('^[a-z][a-z0-9_]*$') // '^[a-z][a-z0-9_]*$'
 */
export function readRegex(source: string): string | undefined {
  if (source.length > 500) return undefined
  const anchored = source.startsWith('^')
  const ended = source.endsWith('$') && !/\\$/.test(source.slice(0, -1))
  const atoms = readAtoms(source.slice(anchored ? 1 : 0, ended ? -1 : undefined))
  if (!atoms || atoms.some(({ least }) => least > 255)) return undefined
  if (!isSteady(atoms, anchored)) return undefined
  return `${anchored ? '^' : ''}${atoms.map(({ text, quantifier }) => text + quantifier).join('')}${ended ? '$' : ''}`
}

interface Atom {
  /** As JavaScript reads it, with flag `u`. */
  readonly text: string
  readonly quantifier: string
  /** How often at least; whether it may be more often. */
  readonly least: number
  readonly varies: boolean
  /** Whether it matches the character. */
  readonly matches: (char: string) => boolean
}

const plain = /^[A-Za-z0-9 _@:;,<>=!"'#%&~`/-]$/
const escaped = /^[.^$*+?()[\]{}|\\/@#%&:;,<>=!"'~` -]$/

function readAtoms(source: string): readonly Atom[] | undefined {
  const atoms: Atom[] = []
  let at = 0
  while (at < source.length) {
    const atom = readAtom(source, at)
    if (!atom) return undefined
    const quantifier = /^(?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})?/.exec(source.slice(atom.end))?.[0] ?? ''
    const [least, most] = readQuantifier(quantifier)
    // PostgreSQL counts to 255; two quantifiers in a row mean another thing in each.
    if (least > 255 || (most !== Number.POSITIVE_INFINITY && (most > 255 || most < least))) return undefined
    at = atom.end + quantifier.length
    atoms.push({ text: atom.text, matches: atom.matches, quantifier, least, varies: most !== least })
  }
  return atoms
}

function readQuantifier(quantifier: string): readonly [least: number, most: number] {
  if (quantifier === '') return [1, 1]
  if (quantifier === '*') return [0, Number.POSITIVE_INFINITY]
  if (quantifier === '+') return [1, Number.POSITIVE_INFINITY]
  if (quantifier === '?') return [0, 1]
  const [least = '', most] = quantifier.slice(1, -1).split(',')
  return [Number(least), most === undefined ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most)]
}

interface Read {
  readonly text: string
  readonly end: number
  readonly matches: (char: string) => boolean
}

function readAtom(source: string, at: number): Read | undefined {
  const char = source[at] as string
  if (plain.test(char)) return literal(char, at + 1)
  // A dot of PostgreSQL is any character, line breaks too.
  if (char === '.') return { text: '[\\s\\S]', end: at + 1, matches: () => true }
  if (char === '\\') return escaped.test(source[at + 1] ?? '') ? literal(source[at + 1] as string, at + 2) : undefined
  return char === '[' ? readClass(source, at + 1) : undefined
}

function literal(char: string, end: number): Read {
  return { text: spell(char), end, matches: other => other === char }
}

function readClass(source: string, start: number): Read | undefined {
  const negated = source[start] === '^'
  let at = negated ? start + 1 : start
  const ranges: (readonly [from: string, to: string])[] = []
  while (source[at] !== ']') {
    const from = readMember(source, at)
    if (!from) return undefined
    at = from.end
    if (source[at] !== '-' || source[at + 1] === ']') {
      ranges.push([from.char, from.char])
      continue
    }
    const to = readMember(source, at + 1)
    if (!to || to.char < from.char) return undefined
    // In other ranges a collation could have a say.
    if (![/[a-z]/, /[A-Z]/, /[0-9]/].some(kind => kind.test(from.char) && kind.test(to.char))) return undefined
    ranges.push([from.char, to.char])
    at = to.end
  }
  if (ranges.length === 0) return undefined
  const text = ranges.map(([from, to]) => (from === to ? spell(from) : `${from}-${to}`)).join('')
  const within = (char: string) => ranges.some(([from, to]) => char >= from && char <= to)
  return { text: `[${negated ? '^' : ''}${text}]`, end: at + 1, matches: char => within(char) !== negated }
}

function readMember(source: string, at: number): { readonly char: string; readonly end: number } | undefined {
  const char = source[at] ?? ''
  if (plain.test(char) || /^[.$*+?(){}|]$/.test(char)) return { char, end: at + 1 }
  const next = source[at + 1] ?? ''
  return char === '\\' && escaped.test(next) ? { char: next, end: at + 2 } : undefined
}

/** Flag `u` allows to escape these and no others; a hyphen only inside of a class, where it would make a range. */
function spell(char: string): string {
  if (char === '-') return '\\x2d'
  return /[.^$*+?()[\]{}|\\/]/.test(char) ? `\\${char}` : char
}

const ascii = Array.from({ length: 129 }, (_, code) => String.fromCharCode(code === 128 ? 0x100 : code))

/** Whether every text is read in about one pass: where an atom may go on, what follows it begins with another character. */
function isSteady(atoms: readonly Atom[], anchored: boolean): boolean {
  if (!atoms.some(atom => atom.varies)) return atoms.reduce((sum, { least }) => sum + least, 0) <= 1000
  if (!anchored) return false
  return atoms.every((atom, i) => {
    if (!atom.varies) return true
    for (const next of atoms.slice(i + 1)) {
      if (ascii.some(char => atom.matches(char) && next.matches(char))) return false
      if (next.least > 0) return true
    }
    return true
  })
}
