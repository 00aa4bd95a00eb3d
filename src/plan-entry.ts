// Plans the write of one record of a request: its rights, its values, its answer.
import type { Access, AccessSet } from './access/access.ts'
import { allowAction } from './access/allow-action.ts'
import { allowSelection } from './access/allow-fields.ts'
import { allowParent, matchKey, notFound, ownMatch } from './access/allow-read.ts'
import { allowReplace, allowToStay, type RecordToPut } from './access/allow-replace.ts'
import { allowDelete, allowWrite, type RecordToWrite, type Under } from './access/allow-write.ts'
import { lacksRole } from './access/lacks-role.ts'
import type { KeyMatch, Parent, Selection } from './access/permitted.ts'
import type { PermittedWrite } from './access/permitted-write.ts'
import { newSlots, type Slots } from './access/slots.ts'
import { planNested } from './execute-record.ts'
import { bindClaim } from './plan/bind.ts'
import { isEmpty } from './put-own.ts'
import { formOf } from './request/choose-format.ts'
import { header } from './request/http-request.ts'
import type { ReadTarget } from './request/read-target.ts'
import type { Entry, Planned, WriteToExecute } from './run-write.ts'
import type { Runtime } from './runtime.ts'
import { columnOf } from './schema/compile-writes.ts'
import type { Singular } from './schema/model.ts'

/** What can be said of a write before it is known which records it is for. */
export function checkWrite(entry: Entry, given: WriteToExecute, access: Access): void {
  const { access: set, runtime } = given
  const slots = newSlots()
  if (entry.kind !== 'delete')
    planNested(allowWrite(toRecord(entry, null, null, {}, access, runtime), access, set, slots), given)
  else allowDelete({ key: null, natural: null }, undefined, null, access, set, slots)
}

export function planEntry(
  entry: Entry,
  given: WriteToExecute,
  access: Access,
  target: ReadTarget,
  silent: boolean,
  more?: unknown,
): Planned {
  const { request, access: set, runtime } = given
  const slots = newSlots()
  const { singular } = target
  if (singular) checkClaims(singular, given)
  const own = singular && entry.kind !== 'create' ? ownMatch(singular) : null
  const match = entry.id === null ? own : matchEntry(entry.id, entry, access, set, slots)
  const above = target.parent ? allowParent(target.parent, set, slots) : undefined
  const isNew = entry.kind === 'create' || (entry.replaces && !singular)
  const under = above && isNew ? underOf(above, access) : undefined
  if (above && entry.kind === 'create' && !under) throw notFound()
  const parent = entry.kind === 'create' ? undefined : above
  const selection: Selection | null = silent
    ? null
    : allowSelection(request.query, 'item', access, set, slots, formOf(given.format))
  const by = entry.kind === 'create' || entry.replaces ? singular?.by : undefined
  const record = () => ({ ...toRecord(entry, match, selection, { under, parent, by }, access, runtime), own: more })
  const write =
    entry.kind === 'delete'
      ? allowDelete(match as KeyMatch, parent, selection, access, set, slots)
      : request.route.kind === 'action'
        ? allowAction(request.route.action, match as KeyMatch, selection, access, set, slots)
        : entry.replaces
          ? planPut(toPut(record(), given), access, set, slots)
          : allowWrite(record(), access, set, slots)
  return {
    write,
    plan: runtime.plans.planForWrite(write),
    entry,
    nested: planNested(write, given),
    ...(write.body && { again: (values: unknown) => planEntry(entry, given, access, target, silent, values) }),
  }
}

function matchEntry(id: string, { byKey }: Entry, access: Access, set: AccessSet, slots: Slots): KeyMatch {
  const match = matchKey(id, access, set, slots)
  if (!byKey) return match
  if (!match.key) throw notFound()
  return { ...match, natural: null }
}

/** Nothing that is said of what is the caller's own leaves it as it is. */
function planPut(record: RecordToPut, access: Access, set: AccessSet, slots: Slots): PermittedWrite {
  return record.match.own && isEmpty(record.record)
    ? allowToStay(record, access, set, slots)
    : allowReplace(record, access, set, slots)
}

/** What nobody is said to own cannot be made. @throws ApiError 401, 403 for a caller whose token does not say who he is */
function checkClaims({ by, target, name }: Singular, { principal, access, runtime }: WriteToExecute): void {
  for (const [field, value] of by) {
    const found = runtime.api.resources.get(target)?.fields.get(field)
    const type = found && columnOf(found)?.type
    if (value.kind !== 'claim' || !type || bindClaim({ ...value, type, list: false }, principal) !== null) continue
    throw lacksRole(access, `Your token does not say whose "${name}" it would be.`)
  }
}

/** RFC 9110 13.1: what has to be as it is has to be there, and what must not be there is not replaced. */
function toPut(record: RecordToWrite, { http }: WriteToExecute): RecordToPut {
  if (!record.match) throw new Error('a path says which record is put')
  const mustBeAbsent = header(http, 'if-none-match')?.trim() === '*'
  const mayCreate = header(http, 'if-match') === undefined && !record.match.own
  return { ...record, match: record.match, mayCreate, mustBeAbsent: mustBeAbsent && !record.match.own }
}

function toRecord(
  { kind, record, pointer }: Entry,
  match: KeyMatch | null,
  answer: Selection | null,
  path: Pick<RecordToWrite, 'under' | 'parent' | 'by'>,
  { resource }: Access,
  runtime: Runtime,
): RecordToWrite {
  const inputs = runtime.inputs.get(resource.name)
  if (!inputs) throw new Error(`${resource.name} has no inputs`)
  return { kind: kind === 'create' ? 'create' : 'update', match, record, pointer, answer, ...path, inputs }
}

/** The foreign key that the new record gets from its path; undefined where it takes a join row. */
function underOf(parent: Parent, { resource }: Access): Under | undefined {
  const { access, match, relationship } = parent
  const field = relationship.kind === 'toMany' ? resource.fields.get(relationship.holder) : undefined
  if (field?.kind !== 'toOne') return undefined
  const { key } = access.resource
  const places = (field.chosenKey ?? field.link.foreign).map(column => key.indexOf(column))
  // Found by the very columns that it is linked by, it need not be looked up.
  if (match.key && !match.natural && !places.includes(-1) && access.guard(relationship) === 'always')
    return { field, slots: places.map(place => match.key?.[place] as number) }
  return { field, slots: [], parent }
}
