// Writes what is said as a URL or as a JSON body.
import type { Choices } from './choices.ts'
import type { Question } from './question.ts'
import { dashed } from './record.ts'
import type { Form, Said, Scalar } from './spell-condition.ts'

export interface Request {
  readonly method: 'GET' | 'QUERY' | 'POST'
  /** After the base. */
  readonly path: string
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The deepest key that is accepted, as the contract counts it: the name of an include and every segment after it. */
export const maxKeyDepth = 10

export function keyDepth(said: readonly Said[]): number {
  return Math.max(
    0,
    ...said.map(({ key }) => key.slice(1).reduce((depth, segment) => depth + segment.split('.').length, 0)),
  )
}

export function writeRequest(choices: Choices, form: Form, question: Question, said: readonly Said[]): Request {
  const path = pathOf(choices, question)
  if (form === 'url') {
    const pairs = said.flatMap(one => writePairs(choices, one))
    return { method: 'GET', path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`, body: undefined }
  }
  const post = question.route.kind === 'list' && choices.chance(50)
  return { method: post ? 'POST' : 'QUERY', path: post ? `${path}/query` : path, body: nest(said) }
}

function pathOf(choices: Choices, { resource, route }: Question): string {
  const name = (one: string) => (choices.chance(90) ? dashed(one) : one)
  const id = (key: readonly (string | number)[]) => key.join(',')
  if (route.kind === 'list') return `/${name(resource)}`
  if (route.kind === 'item')
    return `/${name(resource)}/${route.natural === null ? id(route.key) : encodeURIComponent(route.natural)}`
  return `/${name(route.parent)}/${id(route.key)}/${name(route.relationship)}${route.below ? `/${id(route.below)}` : ''}`
}

function writePairs(choices: Choices, { key, value, split }: Said): readonly string[] {
  const [base, ...segments] = key
  const [open, close] = choices.chance(30) ? ['%5B', '%5D'] : ['[', ']']
  const inBrackets = (segment: string) => `${open}${encodeURIComponent(segment)}${close}`
  const name = `${encodeURIComponent(base as string)}${segments.map(inBrackets).join('')}`
  if (!Array.isArray(value))
    return value === true && choices.chance(50) && mayBeBare(key)
      ? [name]
      : [`${name}=${encode(choices, String(value))}`]
  if (value.length === 0) return [`${name}=`]
  const items = value.map(String)
  if (split && items.every(item => /^[^\s,[\]]+$/.test(item)) && choices.chance(75)) {
    const written = items.map(item => encode(choices, item)).join(choices.chance(20) ? '%2C' : ',')
    return [`${name}=${choices.chance(10) ? `[${written}]` : written}`]
  }
  return choices.chance(70)
    ? items.map(item => `${name}${open}${close}=${encode(choices, item)}`)
    : items.map((item, i) => `${name}${inBrackets(String(i))}=${encode(choices, item)}`)
}

function mayBeBare([base]: readonly string[]): boolean {
  return base === 'fields' || base === 'scope' || base === 'scopes' || base === 'aggregate' || base === 'aggregate_by'
}

/** As little as is needed, or as much as `encodeURIComponent` does; a space may be a plus. */
function encode(choices: Choices, text: string): string {
  if (choices.chance(50)) return encodeURIComponent(text)
  const least = text.replace(/[^A-Za-z0-9 ._~:@!$'()*,;/?-]/gu, one => encodeURIComponent(one))
  return least.replaceAll(' ', choices.chance(50) ? '+' : '%20').replaceAll("'", '%27')
}

type Nested = { [name: string]: Nested | Scalar | readonly Scalar[] }

function nest(said: readonly Said[]): unknown {
  const root: Nested = {}
  for (const { key, value } of said) {
    let at = root
    for (const segment of key.slice(0, -1)) {
      const next = at[segment]
      if (typeof next === 'object' && next !== null && !Array.isArray(next)) at = next as Nested
      // `include.user` said first as a flag, then with records below it.
      else at = at[segment] = {}
    }
    const last = key.at(-1) as string
    if (at[last] === undefined) at[last] = value
  }
  return toLists(root)
}

/** Objects with the members 0, 1, … are lists. */
function toLists(value: Nested | Scalar | readonly Scalar[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value as Nested).map(([name, one]) => [name, toLists(one)] as const)
  if (entries.length > 0 && entries.every(([name], i) => name === String(i))) return entries.map(([, one]) => one)
  return Object.fromEntries(entries)
}
