// Makes text of callers and of users' code harmless in a terminal: what would move the cursor, colour, ring or turn the line is spelled out.

// Control characters, format characters (what changes the direction of text, or has no width), separators of lines, halves of pairs.
const odd = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** In one line: `\n` for a line break, `\u001b` for an escape. */
export function toPrintable(text: string): string {
  return text.replace(odd, spellOut)
}

/** Line breaks stay. */
export function toPrintableLines(text: string): string {
  return text
    .split('\n')
    .map(line => toPrintable(line.replaceAll('\t', '  ')))
    .join('\n')
}

/** The same JSON, in characters that a terminal takes for nothing else. */
export function toPrintableJson(value: unknown): string {
  return JSON.stringify(value).replace(odd, toUnicode)
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function spellOut(character: string): string {
  return short[character] ?? toUnicode(character)
}

function toUnicode(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
  return units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
