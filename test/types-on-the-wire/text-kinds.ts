// Text in all its types, and JSON.
import type { Random } from '../non-interference/random.ts'
import { type Kind, kind, shownOnly } from './kind.ts'
import { asJson, asText } from './shown.ts'
import { drawText, texts } from './texts.ts'

const short = texts.filter(text => [...text].length <= 12)
const named = texts.filter(text => Buffer.byteLength(text) <= 63)
const drawShort = (random: Random) => random.pick(short)

const deep = `${'[{"a":'.repeat(60)}null${'}]'.repeat(60)}`
/** U+0000 has no place in jsonb, nor has half a surrogate pair. */
const documents = [
  'null',
  'true',
  '"text"',
  '""',
  '[]',
  '{}',
  '0',
  '-0',
  '-0.0',
  '1.0',
  '1e2',
  '1E+30',
  '9007199254740993',
  '123456789012345678901234567890.12345678901234567890',
  `${'9'.repeat(400)}`,
  '{"a": 1, "b": [1, 2, {"c": null}], "": false}',
  '{"a\\u0001b": "\\u001f\\u007f\\u2028", "q\\"uote": "back\\\\slash \\/ \\b\\f\\n\\r\\t"}',
  '"\\ud83c\\udf89 é \\u00e9 𝄞"',
  '"\\\\ud800 \\\\u0000"',
  '{"__proto__": {"x": 1}, "constructor": 2}',
  ' {\n  "spaced" : [ 1 ,\r\n\t2 ]\n} ',
  deep,
  JSON.stringify(texts),
]
const looseDocuments = ['{"a":1,"a":2}', '"\\u0000"', '"\\ud800"', '1e400', '[ 1,\n 2 ]', '"\\u00E9"']

function drawDocument(random: Random, depth = 0): string {
  const choice = random.int(depth > 3 ? 4 : 6)
  if (choice < 2) return JSON.stringify(drawText(random))
  if (choice === 2) return `${random.int(2_000) - 1_000}.${random.int(1_000)}`
  if (choice === 3) return random.pick(['true', 'false', 'null'])
  const items = Array.from({ length: random.int(4) }, () => drawDocument(random, depth + 1))
  if (choice === 4) return `[${items.join(random.pick([',', ', ', ' ,\n']))}]`
  return `{${items.map((item, i) => `${JSON.stringify(`${drawText(random)}${i}`)}:${item}`).join(',')}}`
}

export const textKinds: readonly Kind[] = [
  kind('text', asText, texts, drawText),
  kind('varchar', asText, texts, drawText),
  kind('varchar(12)', asText, short, drawShort),
  kind('char(12)', asText, short, drawShort),
  kind('bpchar', asText, [...short, 'two  ', '  '], drawShort),
  kind('name', asText, named, drawShort),
  { ...shownOnly('json', [...documents, ...looseDocuments], asJson), draw: drawDocument },
  { ...shownOnly('jsonb', documents, asJson), draw: drawDocument },
]

/** Of extensions. */
export const citextKind: Kind = kind('citext', asText, texts, drawText)
