// Turns what the caller wants to write into what it may write: the only way from a body to a plan.
import { ApiError } from '../errors/api-error.ts'
import { ApiErrors } from '../errors/api-errors.ts'
import { columnOf } from '../schema/compile-writes.ts'
import type { Column } from '../schema/field.ts'
import type { Resource, SetValue } from '../schema/model.ts'
import { toServed } from '../schema/spell-record.ts'
import type { Given } from '../validation/given.ts'
import type { Problem } from '../validation/problem.ts'
import type { RecordInputs } from '../validation/record-inputs.ts'
import { recordValidator, type ValidateRecord } from '../validation/validate-record.ts'
import type { Access, AccessSet } from './access.ts'
import { rightTo, writeOf, writeOfHook } from './allow-related.ts'
import { lacksRole } from './lacks-role.ts'
import type { KeyMatch, Parent, Selection } from './permitted.ts'
import type { Assignment, GivenLink, NestedRecord, Operand, PermittedWrite, Right } from './permitted-write.ts'
import type { Slots } from './slots.ts'

export interface RecordToWrite {
  readonly kind: 'create' | 'update'
  readonly match: KeyMatch | null
  readonly record: unknown
  /** Where the record stands in the body: '' or `/3`. */
  readonly pointer: string
  readonly answer: Selection | null
  /** The record under which it has to stand: `/videos/1/comments/7`. */
  readonly parent?: Parent | undefined
  /** The foreign key that a new record gets from the path: `/videos/1/comments`. */
  readonly under?: Under | undefined
  /** What the path says besides: whose the record is. */
  readonly by?: ReadonlyMap<string, SetValue> | undefined
  readonly inputs: RecordInputs
  /** What a hook gives: the server's own, whatever the caller may write. */
  readonly own?: unknown
}

/** The foreign key that leads to the record that a path names. */
export type Under = Omit<GivenLink, 'pointer'>

/** @throws ApiError 403 where no role of the caller writes at all; ApiErrors 403 and 422, all at once, for what the record says */
export function allowWrite(given: RecordToWrite, access: Access, set: AccessSet, slots: Slots): PermittedWrite {
  const { kind, inputs, under } = given
  const all = kind === 'create' ? access.writes.create : access.writes.update
  if (all === 'never')
    throw lacksRole(set, `None of your roles ${kind === 'create' ? 'creates' : 'changes'} records here.`)
  // What a path fills in is written like what a body says: else whoever may not choose an author would choose it there.
  if (under && rightTo(under.field, kind, access) === 'never')
    throw new ApiError('forbidden', `You may not write "${under.field.name}" here, and this path says it.`)
  const { problems, values, rulesLeft } = validatorOf(
    access,
    kind,
    set,
    inputs,
    fixedBy(given),
  )(given.record, given.pointer)
  if (problems.length > 0) throw toErrors(problems)
  const rights: Right[] = [{ field: null, guard: all }]
  for (const { field } of values.values()) rights.push({ field: field.name, guard: rightTo(field, kind, access) })
  if (under) rights.push({ field: under.field.name, guard: rightTo(under.field, kind, access) })
  const own = given.own === undefined ? new Map<string, Given>() : readOwn(given.own, access, inputs)
  const every = new Map([...values, ...own])
  const assignments = new Map<Column, Operand>()
  const links: GivenLink[] = []
  const nested: NestedRecord[] = []
  for (const value of every.values()) {
    // What a hook gives may lead to a record that the caller does not see.
    const seen = own.has(value.field.name) ? [] : links
    assign(value, access, given.pointer, { assignments, links: seen, nested, slots })
  }
  if (under) assignUnder(under, assignments)
  if (kind === 'create') {
    for (const [name, value] of given.by ?? []) {
      const field = access.resource.fields.get(name)
      const column = field && columnOf(field)
      if (column) assignments.set(column, toOperand(value, slots))
    }
    fillIn(access, set, assignments, slots)
  }
  return {
    set,
    access,
    kind,
    match: given.match,
    parent: given.parent,
    assignments: [...assignments].map(([column, value]): Assignment => ({ column, value })),
    links: under ? [...links, { ...under, pointer: null }] : links,
    rights: uniqueRights(rights),
    answer: given.answer,
    values: slots.values,
    body: {
      given: every,
      rulesLeft: [...new Set([...rulesLeft, ...rulesTouched(own, inputs)])],
      nested,
      sets: [...every.values()].filter(value => value.kind === 'links'),
    },
  }
}

/** Fields that the path says, so that a body does not. */
export function fixedBy({ under, by }: Pick<RecordToWrite, 'under' | 'by'>): readonly string[] {
  return [...(under ? [under.field.name] : []), ...(by?.keys() ?? [])]
}

/** @throws Error, as it is the hook's mistake and not the caller's */
export function readOwn(own: unknown, access: Access, inputs: RecordInputs): ReadonlyMap<string, Given> {
  const { resource, resources } = inputs.source
  const { problems, values } = recordValidator(inputs, writeOfHook(access))(toServed(own, resource, resources))
  const [first] = problems
  if (first) throw new Error(`A hook of ${access.resource.name} gave ${first.pointer.slice(1)}: ${first.detail}`)
  return values
}

export function rulesTouched(own: ReadonlyMap<string, Given>, { source }: RecordInputs): readonly string[] {
  const columns = new Set(
    [...own.values()].flatMap(({ field }) =>
      field.kind === 'column'
        ? [field.column.name]
        : field.kind === 'toOne'
          ? field.link.own.map(column => column.name)
          : [],
    ),
  )
  return Object.entries(source.rules ?? {}).flatMap(([name, rule]) =>
    rule.fields.some(column => columns.has(column)) ? [name] : [],
  )
}

/** @throws ApiError 403 where no role of the caller deletes */
export function allowDelete(
  match: KeyMatch,
  parent: Parent | undefined,
  answer: Selection | null,
  access: Access,
  set: AccessSet,
  slots: Slots,
): PermittedWrite {
  const guard = access.writes.delete
  if (guard === 'never') throw lacksRole(set, 'None of your roles deletes records here.')
  const rights = guard === 'always' ? [] : [{ field: null, guard }]
  return {
    set,
    access,
    kind: 'delete',
    match,
    parent,
    assignments: [],
    links: [],
    rights,
    answer,
    values: slots.values,
  }
}

const validators = new WeakMap<Access, Map<string, ValidateRecord>>()

/** Compiled once for a set of roles and a kind of write. */
function validatorOf(
  access: Access,
  kind: 'create' | 'update',
  set: AccessSet,
  inputs: RecordInputs,
  fixed: readonly string[],
): ValidateRecord {
  const known = validators.get(access) ?? new Map<string, ValidateRecord>()
  validators.set(access, known)
  const key = `${kind} ${JSON.stringify(fixed)}`
  let validate = known.get(key)
  if (!validate) {
    validate = recordValidator(inputs, writeOf(kind, access, set, fixed))
    known.set(key, validate)
  }
  return validate
}

/** By R24 what a role may not do comes before what is wrong with a value. */
export function toErrors(problems: readonly Problem[]): ApiErrors {
  const refused = problems.filter(({ code }) => code === 'forbidden')
  const told = refused.length > 0 ? refused : problems
  return new ApiErrors(
    told.map(
      ({ code, detail, pointer, meta }) => new ApiError(code, detail, { source: { pointer }, ...(meta && { meta }) }),
    ),
  )
}

/** Rights with one guard are one; the field that is named is the first. */
function uniqueRights(rights: readonly Right[]): readonly Right[] {
  const known = new Map<string, Right>()
  for (const right of rights)
    if (typeof right.guard === 'object' && !known.has(right.guard.id)) known.set(right.guard.id, right)
  return [...known.values()]
}

interface Assigned {
  readonly assignments: Map<Column, Operand>
  readonly links: GivenLink[]
  readonly nested: NestedRecord[]
  readonly slots: Slots
}

export function assign(
  value: Given,
  access: Access,
  pointer: string,
  { assignments, links, nested, slots }: Assigned,
): void {
  if (value.kind === 'links') return
  if (value.kind === 'column') {
    assignments.set(
      value.field.column,
      value.text === null ? { kind: 'null' } : { kind: 'slot', slot: slots.add(value.text) },
    )
  } else if (value.kind === 'increment') {
    // Overflow would bisect a number that he may not read (ACCESS R33).
    if (access.guard(value.field) !== 'always')
      throw new ApiError('forbidden', 'A number that you may not read everywhere cannot be incremented.', {
        source: { pointer: `${pointer}/${value.field.name}` },
      })
    assignments.set(value.field.column, { kind: 'increment', slot: slots.add(value.by) })
  } else if (value.kind === 'toOne' && value.key === null) {
    for (const own of value.field.link.own) assignments.set(own, { kind: 'null' })
  } else {
    const link = {
      field: value.field,
      slots:
        value.kind === 'toOne'
          ? (value.key ?? []).map(text => slots.add(text))
          : (value.field.chosenKey ?? value.field.link.foreign).map(() => slots.add('')),
      pointer: `${pointer}/${value.field.name}`,
    }
    if (value.kind === 'nested')
      nested.push({ field: value.field, record: value.record, pointer: value.at, slots: link.slots })
    links.push(link)
    for (const [i, own] of value.field.link.own.entries())
      assignments.set(
        own,
        value.field.chosenKey ? { kind: 'lookUp', link, index: i } : { kind: 'slot', slot: link.slots[i] as number },
      )
  }
}

/** A foreign key need not refer to what its path names the record by. */
export function assignUnder(under: Under, assignments: Map<Column, Operand>): void {
  const { field, slots, parent } = under
  const link = { ...under, pointer: null }
  for (const [i, own] of field.link.own.entries())
    assignments.set(
      own,
      field.chosenKey || parent ? { kind: 'lookUp', link, index: i } : { kind: 'slot', slot: slots[i] as number },
    )
}

/** What the server fills in where the caller gave nothing. */
export function fillIn(
  { resource, writes }: Access,
  set: AccessSet,
  assignments: Map<Column, Operand>,
  slots: Slots,
): void {
  for (const [name, value] of writes.set) {
    const field = resource.fields.get(name)
    const column = field && columnOf(field)
    if (column && !assignments.has(column)) assignments.set(column, toOperand(value, slots))
  }
  fillRequest(resource, set, assignments)
}

/** Who gave a command, and what no other may be performed beside: columns of no resource, so that nobody can give them. */
function fillRequest({ request }: Resource, { roles }: AccessSet, assignments: Map<Column, Operand>): void {
  if (!request) return
  assignments.set(request.runAs, { kind: 'caller', roles: [...roles.names] })
  if (request.key === null || typeof request.key === 'function') return
  const of = request.key.map((column): Assignment => ({ column, value: assignments.get(column) ?? { kind: 'null' } }))
  // What the database makes of it is not known yet; the worker sees it.
  if (request.key.some(column => !assignments.has(column) && column.hasDefault)) return
  assignments.set(request.requestKey, { kind: 'requestKey', of })
}

export function toOperand(value: SetValue, slots: Slots): Operand {
  if (value.kind !== 'constant') return value
  return value.text === null ? { kind: 'null' } : { kind: 'slot', slot: slots.add(value.text) }
}
