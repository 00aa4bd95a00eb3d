// Asks the rules that a resource declares over several fields of a record (ACCESS R32).
import type { RuleDefinition } from '../schema/resource-definition.ts'
import type { Given } from './given.ts'
import { type Problem, pointTo } from './problem.ts'
import type { FieldInput, RecordInputs } from './record-inputs.ts'
import type { Write } from './record-schema.ts'

/** What a body says of a record. */
export interface Said {
  readonly values: ReadonlyMap<string, Given>
  /** Fields that have a problem of their own. */
  readonly broken: ReadonlySet<string>
  readonly pointer: string
}

/** Asks the rules that the body alone decides; those that it touches and that need the stored record are left. */
export function askRulesOfBody(
  inputs: RecordInputs,
  write: Write,
  { values, broken, pointer }: Said,
): { readonly problems: readonly Problem[]; readonly left: readonly string[] } {
  const problems: Problem[] = []
  const left: string[] = []
  const { rules } = inputs.source
  if (!rules) return { problems, left }
  const known = knownColumns(inputs, write, values, broken)
  const given = givenColumns(values)
  for (const [name, rule] of Object.entries(rules)) {
    if (!rule.fields.some(column => given.has(column))) continue
    if (!rule.fields.every(column => known.has(column))) left.push(name)
    else problems.push(...ask(inputs, name, rule, known, pointer, given))
  }
  return { problems, left }
}

/**
 * Asks the rules that a body left, of the record as it will be: what is stored and what the body changes.
 * @param record by the names of columns, as answers show them
 * @returns the problems; `conflict` where a rule refuses whose columns the caller may not all read, so that only 409 may be told
 */
export function askRules(
  inputs: RecordInputs,
  names: readonly string[],
  record: Readonly<Record<string, unknown>>,
  { readable, pointer = '' }: { readonly readable: ReadonlySet<string>; readonly pointer?: string },
): readonly Problem[] | 'conflict' {
  const problems: Problem[] = []
  const fieldOf = fieldByColumn(inputs)
  const known = new Map(Object.entries(record))
  let hidden = false
  for (const name of names) {
    const rule = inputs.source.rules?.[name]
    if (!rule) continue
    const found = ask(inputs, name, rule, known, pointer, new Set(rule.fields))
    if (rule.fields.every(column => readable.has(fieldOf.get(column)?.name ?? ''))) problems.push(...found)
    else hidden ||= found.length > 0
  }
  return hidden ? 'conflict' : problems
}

/** A rule sees the columns that it declares and no others. */
function ask(
  inputs: RecordInputs,
  name: string,
  { fields, check }: RuleDefinition,
  known: ReadonlyMap<string, unknown>,
  pointer: string,
  given: ReadonlySet<string>,
): readonly Problem[] {
  const record = Object.fromEntries(fields.map(column => [column, known.get(column) ?? null]))
  const detail = check(record as never)
  if (detail === null) return []
  const last = fields.filter(column => given.has(column)).at(-1) ?? ''
  const field = fieldByColumn(inputs).get(last)?.name ?? last
  return [{ pointer: pointTo(pointer, field), code: 'invalid_member', detail, meta: { rule: name } }]
}

/** The columns whose values the body decides, as answers show them. */
function knownColumns(
  inputs: RecordInputs,
  write: Write,
  values: ReadonlyMap<string, Given>,
  broken: ReadonlySet<string>,
): ReadonlyMap<string, unknown> {
  const known = new Map<string, unknown>()
  const infos = new Map(inputs.source.table.columns.map(column => [column.name, column]))
  for (const [name, input] of inputs.fields) {
    const value = values.get(name)
    if (value) for (const [column, shown] of shownColumns(value)) known.set(column, shown)
    else if (write.kind === 'create' && !broken.has(name) && !write.filled?.has(name))
      // What a new record does not say is null, where no default says it.
      for (const column of columnsOf(input.field))
        if (!infos.get(column)?.hasDefault && !known.has(column)) known.set(column, null)
  }
  return known
}

function givenColumns(values: ReadonlyMap<string, Given>): ReadonlySet<string> {
  return new Set([...values.values()].flatMap(({ field }) => columnsOf(field)))
}

function columnsOf(field: FieldInput['field']): readonly string[] {
  if (field.kind === 'manyToMany') return []
  return field.kind === 'column' ? [field.column.name] : field.link.own.map(column => column.name)
}

/** What a body says of columns, as answers show them; nothing of those whose value is not known before it is written. */
export function shownColumns(value: Given): readonly (readonly [column: string, shown: unknown])[] {
  if (value.kind === 'increment' || value.kind === 'nested' || value.kind === 'links') return []
  if (value.kind === 'column') {
    const { column } = value.field
    return [[column.name, value.text === null ? null : JSON.parse(column.type.toJson(value.text))]]
  }
  const { field, key } = value
  if (key === null) return field.link.own.map(column => [column.name, null] as const)
  // Under a key that the target chose, the value that is stored is not known yet.
  if (field.chosenKey) return []
  return field.link.own.map((column, i) => [column.name, JSON.parse(column.type.toJson(key[i] ?? ''))] as const)
}

function fieldByColumn({ fields }: RecordInputs): ReadonlyMap<string, FieldInput> {
  return new Map([...fields.values()].flatMap(input => columnsOf(input.field).map(column => [column, input] as const)))
}
