// Texts that are easily written wrong: what JSON escapes, what looks like an escape, and what begins in the middle of a chunk.
import type { Random } from '../non-interference/random.ts'

const signs = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i))

export const texts: readonly string[] = [
  '',
  ' ',
  'a',
  'null',
  'NULL',
  '"',
  '\\',
  '\\"',
  '"quoted"',
  "it's",
  '{}',
  '{a,"b"}',
  '[1,2]',
  ',',
  ' leading and trailing ',
  '\\ud800',
  '\\u0000',
  '\\n',
  '\\\\ud83d\\\\ude00',
  ...signs(1, 0x1f),
  ...signs(0x7f, 0x9f),
  signs(1, 0x7f).join(''),
  signs(0x80, 0xff).join(''),
  '\u2028\u2029',
  'e\u0301 a\u0308\u0323',
  '👩‍👩‍👧‍👦 🎉 𝄞',
  '\u{10ffff}\uffff\ufffe\ufffd\ufeff',
  'שלום \u202eabc\u202c مرحبا',
  'ﷺ 漢字 ｶﾅ',
  '</script><!--',
  '\r\n\t\b\f\v',
  'x'.repeat(300),
]

/** Of these, short texts without end. */
const pieces = [...texts.filter(text => text.length < 40), 'b', 'Z', 'ß', 'é', '€', '𝄞', '0', '-']

export function drawText(random: Random): string {
  return Array.from({ length: random.int(6) }, () => random.pick(pieces)).join('')
}

/** Rows and messages that end around the borders of chunks, in signs of one to four bytes, and one of a megabyte. */
export const longTexts: readonly string[] = [
  ...[8_192, 16_384, 65_536].flatMap((border, i) =>
    [-60, -37, -21, -12, -7, -1, 0, 1].map((step, j) => {
      const sign = ['x', 'é', '€', '𝄞', '"', '\u0001'][(i + j) % 6] as string
      const bytes = border + step
      return sign.repeat(bytes / Buffer.byteLength(sign)) + 'y'.repeat(bytes % Buffer.byteLength(sign))
    }),
  ),
  `${'a long text, "quoted" \\ and 𝄞 more; '.repeat(27_000)}end`,
]
