// Scans the two tokens of JSON that have a grammar of their own: strings, numbers (RFC 8259 6 and 7).

/** The string that begins with the quote at `start`, and the place after its closing quote; undefined where it is malformed. */
export function scanString(text: string, start: number): { readonly value: string; readonly end: number } | undefined {
  let value = ''
  let from = start + 1
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return { value: value + text.slice(from, at), end: at + 1 }
    if (code < 0x20) return undefined
    if (code !== 0x5c) continue
    const escaped = scanEscape(text, at + 1)
    if (escaped === undefined) return undefined
    value += text.slice(from, at) + escaped
    at += text[at + 1] === 'u' ? 5 : 1
    from = at + 1
  }
  return undefined
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** The character that an escape stands for; `at` is behind the backslash. */
function scanEscape(text: string, at: number): string | undefined {
  const letter = text[at] ?? ''
  if (letter !== 'u') return escapes.get(letter)
  const digits = text.slice(at + 1, at + 5)
  return /^[0-9a-fA-F]{4}$/.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) : undefined
}

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

/** The number literal at `start`, or the empty text. */
export function scanNumber(text: string, start: number): string {
  numberPattern.lastIndex = start
  return numberPattern.exec(text)?.[0] ?? ''
}
