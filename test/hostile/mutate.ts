// Spoils valid requests: one to four mutations each, of names, values, structure, encodings, paths, headers and bodies.
import { corpus, type Draft } from './corpus.ts'
import { encodings, headers, jsonTexts, names, segments, values } from './poison.ts'
import type { Random } from './random.ts'

/** @param tokens for the header Authorization; null for a guest */
export function makeHostileRequest(random: Random, tokens: readonly (string | null)[]): Draft {
  const valid = random.pick(corpus)
  const draft: Draft = { ...valid, pairs: valid.pairs.map(([key, value]) => [key, value]), headers: [...valid.headers] }
  const token = random.pick(tokens)
  if (token !== null) draft.headers.push(['Authorization', `Bearer ${token}`])
  // Mostly one: two mistakes hide what the second would have reached.
  for (let left = random.pick([1, 1, 1, 1, 2, 2, 3, 4]); left > 0; left--) {
    const spoil =
      draft.body !== null && random.chance(0.95) ? spoilBody : random.pick(random.chance(0.6) ? deep : spoilers)
    spoil(draft, random)
  }
  return draft
}

/** As it goes over the wire: characters up to ÿ as one byte, so that bytes that are no UTF-8 can be written. */
function toTarget({ path, pairs }: Draft): string {
  const query = pairs.map(([key, value]) => (value === null ? key : `${key}=${value}`)).join('&')
  return query === '' ? path : `${path}?${query}`
}

export function toBytes(draft: Draft, host: string): Buffer {
  const fields: [string, string][] = [...draft.headers]
  if (!fields.some(([name]) => name === 'Host')) fields.unshift(['Host', host])
  const body = draft.body === null ? undefined : Buffer.from(draft.body as string)
  if (body !== undefined) fields.push(['Content-Length', String(body.length)])
  const head = `${draft.method} ${toTarget(draft)} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is about bytes
  const bytes = Buffer.from(head, /[^\x00-\xff]/.test(head) ? 'utf8' : 'latin1')
  return body === undefined ? bytes : Buffer.concat([bytes, body])
}

const encode = (text: string) => encodeURIComponent(text.toWellFormed())

type Spoiler = (draft: Draft, random: Random) => void

const spoilers: readonly Spoiler[] = [
  replaceName,
  replaceName,
  replaceName,
  replaceValue,
  replaceValue,
  replaceValue,
  addFilter,
  addFilter,
  addPair,
  repeatPair,
  spoilBrackets,
  spoilEncoding,
  spoilEncoding,
  deepen,
  grow,
  spoilPath,
  spoilPath,
  spoilBytes,
  changeMethod,
  addHeader,
  addHeader,
  mixKinds,
]

/** One name of a key: `filter[NAME][gte]`. */
function replaceName(draft: Draft, random: Random): void {
  const pair = random.pick(draft.pairs)
  if (!pair) {
    addFilter(draft, random)
    return
  }
  const parts = pair[0].split(/(?<=\[)|(?=\])|\./)
  const places = parts.flatMap((part, i) => (/^[^[\]]+$/.test(part) ? [i] : []))
  const place = random.pick(places)
  if (place === undefined) return
  parts[place] = encode(random.pick(names))
  pair[0] = parts.join('')
}

function replaceValue(draft: Draft, random: Random): void {
  const pair = random.pick(draft.pairs)
  if (!pair) {
    addFilter(draft, random)
    return
  }
  const poison = encode(random.pick(random.chance(0.8) ? values : names))
  pair[1] = random.chance(0.3) && pair[1] !== null ? `${pair[1]},${poison}` : poison
}

/** Mutations that get past the first room. */
const deep: readonly Spoiler[] = [
  addComparison,
  addComparison,
  addSearch,
  replaceValue,
  replaceName,
  addFilter,
  mixKinds,
]

const fields = [
  'id',
  'title',
  'state',
  'user_id',
  'views_count',
  'published_at',
  'draft',
  'description',
  'user',
  'comments',
  'tags',
  'requester_has_liked',
]
const operators =
  'eq ne lt lte gt gte in nin contains starts_with ends_with ilike null search has any all le leq ge geq like with_ilike some every none not'.split(
    ' ',
  )
const bases = [
  'filter',
  'field',
  'fields',
  'include',
  'includes',
  'sort',
  'page',
  'per_page',
  'limit',
  'offset',
  'aggregate',
  'aggregate_by',
  'group',
  'group_by',
  'scope',
  'scopes',
  'scope_by',
  'and',
  'or',
  'not',
  'max_affected',
  'v',
]

/** Any operator on any field with any value. */
function addFilter(draft: Draft, random: Random): void {
  const operator = random.chance(0.9) ? random.pick(operators) : encode(random.pick(names))
  const field = random.chance(0.8) ? random.pick(fields) : encode(random.pick(names))
  const key = random.chance(0.5) ? `filter[${field}][${operator}]` : `${field}[${operator}]`
  draft.pairs.push([random.chance(0.1) ? `${key}[]` : key, random.chance(0.05) ? null : encode(random.pick(values))])
}

const comparisons = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin']
const numbers = ['0', '-1', '2147483647', '-2147483648', '007', '1,2,3', '3', '18']
const times = [
  '2016-01-24',
  '0001-01-01',
  '9999-12-31T23:59:59.999999Z',
  '2016-02-29',
  '2016-01-24 10:00:00+14:00',
  '294276-12-31',
  '4713-01-01',
  'infinity',
]

/** Valid in type, extreme in value. */
function addComparison(draft: Draft, random: Random): void {
  const [field, some] = random.pick([
    ['views_count', numbers],
    ['user_id', numbers],
    ['id', numbers],
    ['created_at', times],
    ['published_at', times],
  ] as const)
  draft.pairs.push([
    `filter[${random.pick(['', '', 'not]['])}${field}][${random.pick(comparisons)}]`,
    encode(random.pick(some)),
  ])
}

/** Any text is a valid text to look for. */
function addSearch(draft: Draft, random: Random): void {
  const operator = random.pick(['eq', 'ne', 'contains', 'starts_with', 'ends_with', 'ilike', 'search', 'lt', 'in'])
  const path = random.pick([
    'title',
    'description',
    'user][name',
    'comments][some][text',
    'comments][every][text',
    'tags][none][name',
    'or][0][title',
  ])
  draft.pairs.push([`filter[${path}][${operator}]`, encode(random.pick(values))])
}

function addPair(draft: Draft, random: Random): void {
  const base = random.chance(0.6) ? random.pick(bases) : encode(random.pick(names))
  let key = base
  for (let depth = random.below(4); depth > 0; depth--)
    key += `[${random.chance(0.3) ? random.pick(fields) : encode(random.pick(names))}]`
  draft.pairs.push([key, random.chance(0.1) ? null : encode(random.pick(random.chance(0.5) ? values : names))])
}

function repeatPair(draft: Draft, random: Random): void {
  const pair = random.pick(draft.pairs)
  if (pair)
    draft.pairs.splice(random.below(draft.pairs.length + 1), 0, [
      pair[0],
      random.chance(0.5) ? pair[1] : encode(random.pick(values)),
    ])
}

/** One of the pairs, made where there is none. */
function pickPair(draft: Draft, random: Random): [string, string | null] {
  if (draft.pairs.length === 0) draft.pairs.push(['filter[title]', 'x'])
  return random.pick(draft.pairs)
}

function spoilBrackets(draft: Draft, random: Random): void {
  const pair = pickPair(draft, random)
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(pair[0].length + 1)
    pair[0] =
      pair[0].slice(0, at) +
      random.pick(['[', ']', '[]', '][', '[[', ']]', '%5B', '%5d', '.', '..']) +
      pair[0].slice(at + random.below(2))
  }
}

function spoilEncoding(draft: Draft, random: Random): void {
  const pair = pickPair(draft, random)
  const side = random.chance(0.5) ? 0 : 1
  const text = pair[side] ?? ''
  const at = random.below(text.length + 1)
  pair[side] = text.slice(0, at) + random.pick(encodings) + text.slice(at)
}

function deepen(draft: Draft, random: Random): void {
  const depth = 1 + random.below(40)
  const step = random.pick([
    '[not]',
    '[or][0]',
    '[and][0]',
    '[comments][some]',
    '[user]',
    '[user][not]',
    '[user][videos]',
    '[x]',
    '.user',
    '[__proto__]',
    '[]',
  ])
  draft.pairs.push([
    `${random.pick(['filter', 'fields', 'include', 'sort', 'page', 'aggregate', 'scope', 'or', 'user'])}${step.repeat(depth)}`,
    encode(random.pick(values)),
  ])
}

function grow(draft: Draft, random: Random): void {
  const size = random.pick([200, 1100, 3000, 15_000, 17_000, 40_000])
  const grown: readonly (() => [string, string])[] = [
    () => ['title', 'a'.repeat(size)],
    () => ['filter[title][contains]', '%25'.repeat(size / 3)],
    () => ['x'.repeat(size), '1'],
    () => ['filter[id][in]', '1,'.repeat(size / 2).slice(0, -1)],
    () => ['fields', 'title,'.repeat(size / 6).slice(0, -1)],
    () => ['sort', 'id,'.repeat(size / 3).slice(0, -1)],
    () => ['include', 'user.videos.'.repeat(size / 12).slice(0, -1)],
    () => [`filter${'[a]'.repeat(size / 3)}`, '1'],
    () => ['user_id', '['.repeat(size)],
    () => [Array.from({ length: size / 10 }, (_, i) => `user_id[${i}]=1`).join('&'), '1'],
    () => [Array.from({ length: size / 30 }, (_, i) => `filter[or][${i}][id]=${i}`).join('&'), '1'],
    () => ['&'.repeat(size), '='],
  ]
  draft.pairs.push(random.pick(grown)())
}

function spoilPath(draft: Draft, random: Random): void {
  const parts = draft.path.split('/')
  const action = random.below(8)
  if (action === 0) parts.splice(1 + random.below(parts.length), 0, random.pick(segments))
  else if (action === 1) parts.push('')
  else if (action === 2) parts.push(random.pick(segments), random.pick(segments))
  else if (action === 3) draft.path = ''
  else parts[1 + random.below(parts.length - 1)] = random.pick(segments)
  draft.path = parts.join('/')
  if (action === 4)
    draft.path = random.pick([
      '*',
      '',
      '/',
      '//',
      '///api',
      `http://elsewhere.example${draft.path}`,
      `https:${draft.path}`,
      'http://',
      'example.com:443',
      'ftp://x/y',
      draft.path.slice(1),
      '/api?',
      '/api/',
      '/apix',
      '/API/videos',
      '/\\evil.example/',
      '//evil.example/',
    ])
}

function spoilBytes(draft: Draft, random: Random): void {
  const spoilt = (text: string) => {
    const at = random.below(text.length + 1)
    return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + random.below(2))
  }
  if (draft.pairs.length === 0 || random.chance(0.2)) draft.path = spoilt(draft.path)
  else {
    const pair = random.pick(draft.pairs)
    pair[0] = spoilt(pair[0])
  }
}

function changeMethod(draft: Draft, random: Random): void {
  draft.method = random.pick([
    'GET',
    'HEAD',
    'OPTIONS',
    'QUERY',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'TRACE',
    'PROPFIND',
    'get',
    'GETT',
    'CONNECT',
    '',
  ])
  if (random.chance(0.5)) draft.body = random.pick(jsonTexts)
}

function addHeader(draft: Draft, random: Random): void {
  const [name, value] = random.pick(headers)
  draft.headers = [...draft.headers.filter(([one]) => one !== name), [name, value]]
}

/** What belongs to another kind of request. */
function mixKinds(draft: Draft, random: Random): void {
  draft.pairs.push(...random.pick(corpus).pairs.map(([key, value]): [string, string | null] => [key, value]))
}

function spoilBody(draft: Draft, random: Random): void {
  const text = String(draft.body)
  const action = random.below(9)
  const tokens = [...text.matchAll(/"[^"]*"|-?\d+|true|false|null/g)]
  const token = random.pick(tokens)
  const put = (piece: string) =>
    text.slice(0, token?.index ?? 0) + piece + text.slice((token?.index ?? 0) + (token?.[0].length ?? 0))
  if (action === 0) draft.body = text.slice(0, random.below(text.length + 1))
  else if (action === 1) draft.body = random.pick(jsonTexts)
  else if (action <= 3) draft.body = put(random.pick(jsonTexts))
  else if (action <= 5) draft.body = put(JSON.stringify(random.pick(random.chance(0.5) ? names : values)))
  else if (action === 6) {
    const bytes = Buffer.from(text)
    bytes[random.below(bytes.length)] = random.below(256)
    draft.body = bytes
  } else if (action === 7) {
    const depth = random.pick([5, 20, 40, 2000, 100_000])
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"not":', '}'],
      ['{"user":', '}'],
      ['{"or":[', ']}'],
    ] as const)
    draft.body = put(`${open.repeat(depth)}1${close.repeat(depth)}`)
  } else
    draft.body = put(
      random.pick([
        `[${'1,'.repeat(2000)}1]`,
        `"${'x'.repeat(20_000)}"`,
        `{${Array.from({ length: 300 }, (_, i) => `"k${i}":1`).join()}}`,
        `"${'\\u0041'.repeat(3000)}"`,
      ]),
    )
}
