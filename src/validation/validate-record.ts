// Validates one record of a body: every problem at once, and the values as PostgreSQL reads them.
import { quote } from '../errors/quote.ts'
import { findField } from '../schema/policy-reader.ts'
import { hint } from '../schema/suggest.ts'
import { fromJson, inputOf } from '../types/index.ts'
import { askRulesOfBody } from './ask-rules.ts'
import type { Given } from './given.ts'
import { type Problem, pointTo, sayValue } from './problem.ts'
import { readLinks, readNested } from './read-links.ts'
import type { ColumnInput, FieldInput, RecordInputs, ToOneInput } from './record-inputs.ts'
import { isRequired, type Write, writableInputs } from './record-schema.ts'

export interface Validated {
  /** At most one a field, in the order of the fields, then those of unknown members; empty where the record is good. */
  readonly problems: readonly Problem[]
  /** By the name of the field: what was given and has no problem. */
  readonly values: ReadonlyMap<string, Given>
  /** Rules that this record touches and that need more than it says: see `askRules`. */
  readonly rulesLeft: readonly string[]
}

/** @param pointer where the record stands in the body: `/3` in a list, empty when it is the body */
export type ValidateRecord = (record: unknown, pointer?: string) => Validated

/**
 * Compiled once for a resource, kind of write and set of fields.
 * @example
 * const { problems, values } = recordValidator(inputs, { kind: 'create', writable, readable })(body)
 * values.get('title') // { kind: 'column', field, text: 'Rows' }
 */
export function recordValidator(inputs: RecordInputs, write: Write): ValidateRecord {
  const fields = writableInputs(inputs, write)
  const byName = new Map<string, FieldInput>()
  for (const input of fields) for (const alias of input.aliases) byName.set(alias, input)
  for (const input of fields) byName.set(input.name, input)
  return (record, pointer = '') => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      const detail = `${sayValue(record)}; it must be an object of fields, such as {"name":"value"}.`
      return { problems: [{ pointer, code: 'invalid_member', detail }], values: new Map(), rulesLeft: [] }
    }
    const { members, unknown } = sortMembers(record, byName)
    const values = new Map<string, Given>()
    const problems = new Map<string, Problem>()
    for (const input of fields) {
      const read = readField(input, members.get(input) ?? [], write, pointer)
      if (read && 'pointer' in read) problems.set(input.name, read)
      else if (read) values.set(input.name, read)
    }
    const rules = askRulesOfBody(inputs, write, { values, broken: new Set(problems.keys()), pointer })
    return {
      problems: [...problems.values(), ...rules.problems, ...unknownProblems(unknown, inputs, write, pointer)],
      values,
      rulesLeft: rules.left,
    }
  }
}

interface Member {
  /** As it was sent: the name or an alias. */
  readonly name: string
  readonly value: unknown
}

/** Own members only, each looked up in a map: `__proto__` and `constructor` are names like others. */
function sortMembers(record: object, byName: ReadonlyMap<string, FieldInput>) {
  const members = new Map<FieldInput, Member[]>()
  const unknown: string[] = []
  for (const [name, value] of Object.entries(record)) {
    const input = byName.get(name)
    if (!input) unknown.push(name)
    else if (members.has(input)) members.get(input)?.push({ name, value })
    else members.set(input, [{ name, value }])
  }
  return { members, unknown }
}

function readField(
  input: FieldInput,
  members: readonly Member[],
  write: Write,
  pointer: string,
): Given | Problem | undefined {
  const [first] = members
  if (!first) {
    if (!isRequired(input, write)) return undefined
    return {
      pointer: pointTo(pointer, input.name),
      code: 'missing_member',
      detail: `A new record needs ${quote(input.name)}.`,
    }
  }
  if (members.length === 1) return readMember(input, first.value, write, pointTo(pointer, first.name))
  const readings = members.map(({ name, value }) => readMember(input, value, write, pointTo(pointer, name)))
  const problem = readings.find(reading => 'pointer' in reading)
  if (problem) return problem
  const isSame = readings.every(reading => JSON.stringify(meant(reading)) === JSON.stringify(meant(readings[0])))
  if (isSame) return readings[0]
  const names = members.map(({ name }) => quote(name)).join(' and ')
  const detail = `It is said twice, as ${names}, with different values. Keep one of them.`
  return { pointer: pointTo(pointer, members[1]?.name ?? first.name), code: 'invalid_member', detail }
}

function meant(reading: Given | Problem | undefined): unknown {
  if (reading === undefined || 'pointer' in reading) return undefined
  if (reading.kind === 'column') return reading.text
  if (reading.kind === 'toOne') return reading.key
  if (reading.kind === 'increment') return { by: reading.by }
  return reading.kind === 'links' ? reading.records.map(({ key, natural }) => [key, natural]) : reading.record
}

function readMember(input: FieldInput, value: unknown, write: Write, pointer: string): Given | Problem {
  if (input.kind === 'links') return readLinks(input, value, write.named?.has(input.name) === true, pointer)
  if (value !== null && input.kind === 'toOne')
    return (write.nested?.has(input.name) && readNested(input, value, pointer)) || readKey(input, value, pointer)
  if (value !== null && input.kind === 'column')
    return (write.kind === 'update' && readIncrement(input, value, pointer)) || readColumn(input, value, pointer)
  if (!input.nullable)
    return { pointer, code: 'invalid_member', detail: 'It is null; a value is needed, as null is not kept here.' }
  return input.kind === 'column'
    ? { kind: 'column', field: input.field, text: null }
    : { kind: 'toOne', field: input.field, key: null }
}

/** Undefined for what is no object of one `increment`, or of a column that holds no number. The limits are those of the sum, so the database holds it to them. */
function readIncrement({ field }: ColumnInput, value: unknown, pointer: string): Given | Problem | undefined {
  const { type } = field.column
  if (type.number === null || typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (!Object.hasOwn(value, 'increment') || Object.keys(value).length !== 1) return undefined
  const by = fromJson(type, (value as { readonly increment: unknown }).increment)
  if (by !== undefined) return { kind: 'increment', field, by }
  const detail = `It must grow by ${inputOf(type).accepts}.`
  return { pointer: pointTo(pointer, 'increment'), code: 'invalid_member', detail }
}

function readColumn({ reader, field }: ColumnInput, value: unknown, pointer: string): Given | Problem {
  const read = reader.read(value)
  if (!read.problem) return { kind: 'column', field, text: read.text }
  return { pointer: pointer + read.problem.at, code: 'invalid_member', detail: read.problem.detail }
}

function readKey({ parts, field }: ToOneInput, value: unknown, pointer: string): Given | Problem {
  const isObject = typeof value === 'object' && !Array.isArray(value)
  const shape = `{${parts.map(part => `${quote(part.name)}:…`).join(',')}}`
  const refuse = (detail: string, at = pointer): Problem => ({ pointer: at, code: 'invalid_member', detail })
  if (!isObject && parts.length > 1) return refuse(`${sayValue(value)}; it must be the key of a record: ${shape}.`)
  const given = new Map<string, unknown>(isObject ? Object.entries(value as object) : [[parts[0]?.name ?? '', value]])
  const isKey = given.size === parts.length && parts.every(part => given.has(part.name))
  if (!isKey) return refuse(`It is not the key of a record; it must be ${shape} and no more.`)
  const key: string[] = []
  for (const part of parts) {
    const of = given.get(part.name)
    const at = isObject ? pointTo(pointer, part.name) : pointer
    if (of === null || of === undefined) return refuse('It is null; a value is needed.', at)
    const read = part.reader.read(of)
    if (read.problem) return refuse(read.problem.detail, at + read.problem.at)
    key.push(read.text)
  }
  return { kind: 'toOne', field, key }
}

const maxUnknown = 20

/** Names that the caller may read and not write are refused by name; of all others nothing is told but that they are unknown (ACCESS R29). */
function unknownProblems(names: readonly string[], { source, fields }: RecordInputs, write: Write, pointer: string) {
  const permitted = [...fields.keys()].filter(name => write.writable.has(name))
  const problems: Problem[] = names.slice(0, maxUnknown).map(name => {
    const field = findField(source.resource, name)
    if (field && write.readable.has(field.name))
      return { pointer: pointTo(pointer, name), code: 'forbidden', detail: `You may not write ${quote(name)}.` }
    const detail = `There is no field ${quote(name)} to write.${hint(name, permitted)}`
    return { pointer: pointTo(pointer, name), code: 'unknown_member', detail }
  })
  if (names.length > maxUnknown)
    problems.push({
      pointer,
      code: 'unknown_member',
      detail: `${names.length - maxUnknown} more of its members are unknown.`,
    })
  return problems
}
