// Turns a record to put in a place into what may be made or replaced there: what is not said of it gets its default.
import { ApiError } from '../errors/api-error.ts'
import { columnOf, isWritable } from '../schema/compile-writes.ts'
import type { Column, Field } from '../schema/field.ts'
import { differsFromKey } from '../validation/same-key.ts'
import { recordValidator } from '../validation/validate-record.ts'
import type { Access, AccessSet, Guard } from './access.ts'
import { notFound } from './allow-read.ts'
import { writeOf } from './allow-related.ts'

import {
  assign,
  assignUnder,
  fillIn,
  fixedBy,
  type RecordToWrite,
  readOwn,
  rulesTouched,
  toErrors,
  type Under,
} from './allow-write.ts'
import { lacksRole } from './lacks-role.ts'

import type { KeyMatch } from './permitted.ts'
import type { Assignment, GivenLink, NestedRecord, Operand, PermittedWrite, Right } from './permitted-write.ts'
import type { Slots } from './slots.ts'

export interface RecordToPut extends Omit<RecordToWrite, 'kind' | 'match'> {
  readonly match: KeyMatch
  /** False where the record has to be there: `If-Match`. */
  readonly mayCreate: boolean
  /** `If-None-Match: *` */
  readonly mustBeAbsent: boolean
}

/** A record that is put without saying anything of it: it is there, and stays as it is. */
export function allowToStay({ match, parent, answer }: RecordToPut, access: Access, set: AccessSet, slots: Slots) {
  const nothing = { assignments: [], links: [], rights: [], stays: true as const }
  return {
    set,
    access,
    kind: 'update',
    match,
    parent,
    ...nothing,
    answer,
    values: slots.values,
  } as const satisfies PermittedWrite
}

/** @throws ApiError 403 where no role of the caller writes here, 409 for another key in the body; ApiErrors 403 and 422 for what the record says */
export function allowReplace(given: RecordToPut, access: Access, set: AccessSet, slots: Slots): PermittedWrite {
  const { inputs, under, parent, pointer, match } = given
  const place = given.mayCreate && access.writes.create !== 'never' ? placeOf(match, access) : null
  if (place && under && standsElsewhere(place, under, slots)) throw notFound()
  // A new record under another is made by the foreign key that its path says.
  const creates = place !== null && (!parent || under !== undefined)
  if (!creates && access.writes.update === 'never') throw lacksRole(set, 'None of your roles replaces records here.')
  const fields = namedBy(match, access)
  const named = new Set([...fields.map(field => field.name), ...fixedBy(given)])
  const record = withoutKey(given.record, fields, match, access, slots, pointer)
  const update = writeOf('update', access, set)
  const create = creates ? writeOf('create', access, set) : update
  const writable = new Set([...update.writable, ...create.writable].filter(name => !named.has(name)))
  // What can be given to a new record alone is not asked for where one is replaced; the database asks.
  const notAsked = [...writable].filter(name => !update.writable.has(name))
  const filled = new Set([...(creates ? access.writes.set.keys() : []), ...notAsked, ...named])
  // Where it may be made it takes what a new record takes, and the same from whoever may only make one.
  const nested = new Set([...(update.nested ?? []), ...(create.nested ?? [])])
  const byName = new Set([...(update.named ?? []), ...(create.named ?? [])])
  const taken = { ...update, kind: 'create', writable, filled, nested, named: byName } as const
  const { problems, values, rulesLeft } = recordValidator(inputs, taken)(record, pointer)
  if (problems.length > 0) throw toErrors(problems)

  const rights: Right[] = [{ field: null, guard: access.writes.update, on: 'change' }]
  if (creates) rights.push({ field: null, guard: access.writes.create, on: 'create' })
  for (const { field } of values.values()) {
    rights.push({ field: field.name, guard: access.writes.updates(field), on: 'change' })
    if (creates) rights.push({ field: field.name, guard: access.writes.creates(field), on: 'create' })
  }
  if (creates)
    for (const field of fields) rights.push({ field: field.name, guard: access.writes.creates(field), on: 'create' })
  const own = given.own === undefined ? new Map() : readOwn(given.own, access, inputs)
  const every = new Map([...values, ...own])
  const assignments = new Map<Column, Operand>()
  const links: GivenLink[] = []
  const newRecords: NestedRecord[] = []
  for (const value of every.values()) {
    const seen = own.has(value.field.name) ? [] : links
    assign(value, access, pointer, { assignments, links: seen, nested: newRecords, slots })
  }
  const inserted = new Map(assignments)
  if (creates && place) {
    for (const [i, column] of place.columns.entries())
      inserted.set(column, { kind: 'slot', slot: place.slots[i] as number })
    for (const field of fields)
      if (field.kind === 'toOne') {
        const at = field.link.own.map(one => place.slots[place.columns.indexOf(one)] as number)
        links.push({ field, slots: at, pointer: `${pointer}/${field.name}` })
      }
    if (under) links.push({ ...under, pointer: null })
    if (under) assignUnder(under, inserted)
    fillIn(access, set, inserted, slots)
  }
  reset(access, rights, named, assignments)
  return {
    set,
    access,
    kind: 'update',
    match,
    parent,
    replaces: true,
    ...(given.mustBeAbsent && { mustBeAbsent: true }),
    ...(creates && place && { creation: { conflict: place.columns, assignments: toList(inserted) } }),
    assignments: toList(assignments),
    links,
    rights: onceEach(rights),
    answer: given.answer,
    values: slots.values,
    body: {
      given: every,
      rulesLeft: [...new Set([...rulesLeft, ...rulesTouched(own, inputs)])],
      nested: newRecords,
      sets: [...every.values()].filter(value => value.kind === 'links'),
    },
  }
}

interface Place {
  readonly fields: readonly Field[]
  readonly columns: readonly Column[]
  readonly slots: readonly number[]
}

/** By what a new record would be made: the key, or where the id is none the natural key; null where the caller may not choose it (ACCESS R34). */
function placeOf(match: KeyMatch, access: Access): Place | null {
  const { resource } = access
  if (resource.table.moreOn.insert) return null
  const fields = namedBy(match, access)
  const chooses = fields.every(field => isWritable(field) && access.writes.creates(field) !== 'never')
  // A key that its target shows by another name is none that a path says.
  if (!chooses || fields.length === 0 || fields.some(field => field.kind === 'toOne' && field.chosenKey)) return null
  if (match.key) return { fields, columns: resource.key, slots: match.key }
  const column = match.natural && columnOf(match.natural.field)
  return match.natural && column ? { fields, columns: [column], slots: [match.natural.slot] } : null
}

/** A key that holds a foreign key says what the record stands under, and may say another than the path. */
function standsElsewhere(place: Place, under: Under, { values }: Slots): boolean {
  return under.field.link.own.some((column, i) => {
    const at = place.columns.indexOf(column)
    if (at < 0) return false
    const [above, own] = [under.slots[i], place.slots[at]]
    return above === undefined || own === undefined || values[above] !== values[own]
  })
}

/** What the path says of the record: it stays so whatever is put there. */
function namedBy({ key, natural }: KeyMatch, access: Access): readonly Field[] {
  if (key) return keyFields(access)
  return natural ? [natural.field] : []
}

function keyFields({ resource }: Access): readonly Field[] {
  return [...resource.fields.values()].filter(
    field => (field.kind === 'column' || field.kind === 'toOne') && field.inKey,
  )
}

/** The key may stand in the body too, as it does in an answer; another one than the path's is a conflict. */
function withoutKey(
  record: unknown,
  fields: readonly Field[],
  match: KeyMatch,
  { resource }: Access,
  slots: Slots,
  pointer: string,
): unknown {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return record
  const rest: Record<string, unknown> = { ...record }
  const texts = new Map<Column, string>()
  for (const [i, column] of resource.key.entries()) {
    const slot = match.key?.[i]
    if (slot !== undefined) texts.set(column, slots.values[slot] as string)
  }
  const natural = match.natural && columnOf(match.natural.field)
  if (!match.key && match.natural && natural) texts.set(natural, slots.values[match.natural.slot] as string)
  for (const field of fields)
    for (const name of [field.name, ...aliasesOf(field, resource.aliases)]) {
      if (!Object.hasOwn(rest, name)) continue
      if (differsFromKey(rest[name], field, texts))
        throw new ApiError('conflict', 'The body names another record than the path. Leave the key out of it.', {
          source: { pointer: `${pointer}/${name}` },
        })
      delete rest[name]
    }
  return rest
}

function aliasesOf(field: Field, aliases: ReadonlyMap<string, string>): readonly string[] {
  return [...aliases].filter(([, name]) => name === field.name).map(([alias]) => alias)
}

/** What the caller may write and read and does not give goes back to its default; all else keeps its value. */
function reset(
  access: Access,
  rights: readonly Right[],
  named: ReadonlySet<string>,
  assignments: Map<Column, Operand>,
): void {
  // Asked of the row in any case, so it need not be asked again.
  const asked = new Set(
    rights.flatMap(({ guard, on }) => (on === 'change' && typeof guard === 'object' ? [guard.id] : [])),
  )
  const kept = new Set([...access.resource.key])
  for (const name of named) {
    const field = access.resource.fields.get(name)
    if (field?.kind === 'column') kept.add(field.column)
    if (field?.kind === 'toOne') for (const own of field.link.own) kept.add(own)
  }
  for (const field of access.resource.fields.values()) {
    if ((field.kind !== 'column' && field.kind !== 'toOne') || !isWritable(field)) continue
    const guards = [access.writes.updates(field), access.guard(field)]
    if (guards.includes('never')) continue
    const left = guards.filter(
      (guard): guard is Exclude<Guard, string> => typeof guard === 'object' && !asked.has(guard.id),
    )
    for (const column of field.kind === 'column' ? [field.column] : field.link.own)
      if (!kept.has(column) && !assignments.has(column)) assignments.set(column, { kind: 'default', guards: left })
  }
}

const toList = (assignments: ReadonlyMap<Column, Operand>): readonly Assignment[] =>
  [...assignments].map(([column, value]): Assignment => ({ column, value }))

function onceEach(rights: readonly Right[]): readonly Right[] {
  const known = new Map<string, Right>()
  for (const right of rights) {
    const key = `${right.on} ${typeof right.guard === 'object' ? right.guard.id : right.guard}`
    if (right.guard !== 'always' && !known.has(key)) known.set(key, right)
  }
  return [...known.values()]
}
