// Reads what a body says of related records: a set of links, and a new record in place of a key.
import { quote } from '../errors/quote.ts'
import type { Given, LinkedRecord } from './given.ts'
import { type Problem, pointTo, sayValue } from './problem.ts'
import type { KeyPart, LinksInput, ToOneInput } from './record-inputs.ts'

/** The keys of records, `1` or `{"id":1}`; where `byName`, their natural keys too: `"tennis"` or `{"name":"tennis"}`. */
export function readLinks(input: LinksInput, value: unknown, byName: boolean, pointer: string): Given | Problem {
  const example = `[{${input.parts.map(part => `${quote(part.name)}:…`).join(',')}}]`
  if (!Array.isArray(value))
    return { pointer, code: 'invalid_member', detail: `${sayValue(value)}; it must be a list of records: ${example}.` }
  const records = value.map((one: unknown, i) => readLink(input, one, byName, pointTo(pointer, i)))
  const problem = records.find(one => 'code' in one)
  if (problem) return problem
  return { kind: 'links', field: input.field, records: records.flatMap(one => ('code' in one ? [] : [one])) }
}

function readLink(
  { parts, natural: named }: LinksInput,
  value: unknown,
  byName: boolean,
  pointer: string,
): LinkedRecord | Problem {
  const natural = byName ? named : null
  const shape = `{${parts.map(part => `${quote(part.name)}:…`).join(',')}}`
  const also = natural ? `, or {${quote(natural.name)}:…}` : ''
  const refused: Problem = {
    pointer,
    code: 'invalid_member',
    detail: `${sayValue(value)}; it must be the key of a record: ${shape}${also}.`,
  }
  if (value === null || value === undefined || Array.isArray(value)) return refused
  if (typeof value !== 'object') {
    const key = parts.length === 1 ? textOf(parts[0], value) : null
    const name = natural ? textOf(natural, value) : null
    return key === null && name === null ? refused : { key: key === null ? null : [key], natural: name, pointer }
  }
  const members = new Map<string, unknown>(Object.entries(value))
  if (natural && members.size === 1 && members.has(natural.name)) {
    const name = textOf(natural, members.get(natural.name))
    return name === null ? refused : { key: null, natural: name, pointer }
  }
  if (members.size !== parts.length) return refused
  const key = parts.map(part => (members.has(part.name) ? textOf(part, members.get(part.name)) : null))
  return key.every(text => text !== null) ? { key, natural: null, pointer } : refused
}

function textOf(part: KeyPart | undefined, value: unknown): string | null {
  if (!part || value === null || value === undefined) return null
  const read = part.reader.read(value)
  return read.problem ? null : read.text
}

/** Undefined for what is no new record: no object, an empty one, or one that has a part of the key. */
export function readNested({ field, parts }: ToOneInput, value: unknown, pointer: string): Given | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (Object.keys(value).length === 0 || parts.some(part => Object.hasOwn(value, part.name))) return undefined
  return { kind: 'nested', field, record: value as Readonly<Record<string, unknown>>, at: pointer }
}
