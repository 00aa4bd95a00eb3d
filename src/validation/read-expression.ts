// Reads the text of a check constraint as PostgreSQL prints it, as far as we know its words; the rest is `unknown`.

export type Expression =
  /** `name` is null for the VALUE of a domain. */
  | { readonly kind: 'column'; readonly name: string | null }
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'cast'; readonly type: string; readonly of: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  /** `left = any (right)`. */
  | { readonly kind: 'any'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'isNull' | 'isNotNull'; readonly of: Expression }

/** @returns undefined where the text says anything that is not known here */
export function readExpression(text: string): Expression | undefined {
  const tokens = text.length <= maxLength ? tokenize(text) : undefined
  if (!tokens) return undefined
  const reader: Reader = { tokens, at: 0, depth: 0 }
  try {
    const read = readOr(reader)
    return reader.at === tokens.length ? read : undefined
  } catch (error) {
    if (error === notKnown) return undefined
    throw error
  }
}

const maxLength = 20_000
const maxDepth = 60
const notKnown = new Error('the expression says what is not known here')

interface Token {
  /** A word is in lower case unless it was quoted; a text is without its quotes. */
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'sign'
  readonly text: string
}
interface Reader {
  readonly tokens: readonly Token[]
  at: number
  depth: number
}

const tokenPattern =
  /\s*(?:(E?)'((?:[^']|'')*)'|"((?:[^"]|"")+)"|([A-Za-z_][A-Za-z0-9_$]*)|([0-9]+(?:\.[0-9]+)?(?![0-9A-Za-z_.]))|(::|[-+*/<>=~!@#%^&|`?]+|[()[\],.]))/y

function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  const { length } = text.trimEnd()
  let at = 0
  while (at < length) {
    tokenPattern.lastIndex = at
    const match = tokenPattern.exec(text)
    if (!match) return undefined
    at = tokenPattern.lastIndex
    const [, escaped, string, quoted, word, number, sign] = match
    if (string !== undefined) {
      // With E the backslash escapes; PostgreSQL prints it so only under old settings, and then doubles it.
      if (escaped && /\\(?!\\)/.test(string.replaceAll('\\\\', ''))) return undefined
      const plain = string.replaceAll("''", "'")
      tokens.push({ kind: 'text', text: escaped ? plain.replaceAll('\\\\', '\\') : plain })
    } else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll('""', '"') })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
  }
  return tokens
}

function readOr(reader: Reader): Expression {
  reader.depth += 1
  if (reader.depth > maxDepth) throw notKnown
  const parts = [readAnd(reader)]
  while (takeWord(reader, 'OR')) parts.push(readAnd(reader))
  reader.depth -= 1
  return parts.length === 1 ? (parts[0] as Expression) : { kind: 'or', parts }
}

function readAnd(reader: Reader): Expression {
  const parts = [readComparison(reader)]
  while (takeWord(reader, 'AND')) parts.push(readComparison(reader))
  return parts.length === 1 ? (parts[0] as Expression) : { kind: 'and', parts }
}

const operators = new Set(['=', '<>', '<', '<=', '>', '>=', '~'])

function readComparison(reader: Reader): Expression {
  const left = readCast(reader)
  if (takeWord(reader, 'IS')) {
    const not = takeWord(reader, 'NOT')
    if (!takeWord(reader, 'NULL')) throw notKnown
    return { kind: not ? 'isNotNull' : 'isNull', of: left }
  }
  const token = reader.tokens[reader.at]
  if (token?.kind !== 'sign' || !operators.has(token.text)) return left
  reader.at += 1
  if (!takeWord(reader, 'ANY')) return { kind: 'compare', operator: token.text, left, right: readCast(reader) }
  if (token.text !== '=') throw notKnown
  expectSign(reader, '(')
  const right = readOr(reader)
  expectSign(reader, ')')
  return { kind: 'any', left, right }
}

function readCast(reader: Reader): Expression {
  let read = readPrimary(reader)
  while (takeSign(reader, '::')) read = { kind: 'cast', type: readType(reader), of: read }
  return read
}

/** `character varying(10) []`: one with a modifier is another than the same without, for a cast to it cuts or rounds. */
function readType(reader: Reader): string {
  const words: string[] = []
  for (;;) {
    const token = reader.tokens[reader.at]
    const isPart = token?.kind === 'word' && !/^(AND|OR|IS|NOT|NULL|ANY)$/.test(token.text)
    if (!token || !(isPart || token.kind === 'quoted')) break
    words.push(token.text)
    reader.at += 1
    if (takeSign(reader, '.')) words.pop()
    else if (token.kind === 'quoted') break
  }
  if (words.length === 0) throw notKnown
  if (takeSign(reader, '(')) {
    words.push('(')
    while (!takeSign(reader, ')')) {
      if (reader.at >= reader.tokens.length) throw notKnown
      reader.at += 1
    }
  }
  while (takeSign(reader, '[')) {
    expectSign(reader, ']')
    words.push('[]')
  }
  return words.join(' ')
}

function readPrimary(reader: Reader): Expression {
  const token = reader.tokens[reader.at++]
  if (!token) throw notKnown
  if (token.kind === 'text' || token.kind === 'number') return { kind: 'constant', text: token.text }
  if (token.kind === 'quoted') return { kind: 'column', name: token.text }
  if (token.kind === 'sign') {
    if (token.text !== '(') throw notKnown
    const inner = readOr(reader)
    expectSign(reader, ')')
    return inner
  }
  if (token.text === 'NULL') return { kind: 'null' }
  if (token.text === 'VALUE') return { kind: 'column', name: null }
  if (token.text === 'ARRAY') return { kind: 'array', items: readList(reader, '[', ']') }
  // Keywords are printed in capitals, names that are not quoted never.
  if (/[A-Z]/.test(token.text) || isSign(reader, '.')) throw notKnown
  if (isSign(reader, '(')) return { kind: 'call', name: token.text, args: readList(reader, '(', ')') }
  return { kind: 'column', name: token.text }
}

function readList(reader: Reader, opening: string, closing: string): readonly Expression[] {
  expectSign(reader, opening)
  const items: Expression[] = []
  if (takeSign(reader, closing)) return items
  do items.push(readOr(reader))
  while (takeSign(reader, ','))
  expectSign(reader, closing)
  return items
}

function isSign(reader: Reader, sign: string): boolean {
  const token = reader.tokens[reader.at]
  return token?.kind === 'sign' && token.text === sign
}

function takeSign(reader: Reader, sign: string): boolean {
  const found = isSign(reader, sign)
  if (found) reader.at += 1
  return found
}

function expectSign(reader: Reader, sign: string): void {
  if (!takeSign(reader, sign)) throw notKnown
}

function takeWord(reader: Reader, word: string): boolean {
  const token = reader.tokens[reader.at]
  const found = token?.kind === 'word' && token.text === word
  if (found) reader.at += 1
  return found
}
