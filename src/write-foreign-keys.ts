// Points records to the one of a path, or to none: each is changed as a request of its own would change it, for it holds the foreign key.
import type { Access } from './access/access.ts'
import { accessTo, allowParent, notFound } from './access/allow-read.ts'
import type { PermittedWrite } from './access/permitted-write.ts'
import { newSlots } from './access/slots.ts'
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { pointTo } from './errors/point-to.ts'
import { readStored } from './execute-record.ts'
import { runPlanned } from './execute-write.ts'
import { isNull, textOf } from './formats/rows.ts'
import { toShown } from './hooks/call-hook.ts'
import { bindParameters } from './plan/bind.ts'
import { planLinkedHere } from './plan/plan-linked-here.ts'
import { shownKeyOf } from './plan/plan-links.ts'
import { planEntry } from './plan-entry.ts'
import { keyOfId, type Linkage, type LocalIds, readLinkage, readLinkages } from './request/read-linkage.ts'
import { pointIntoDocument } from './respond/point-into-document.ts'
import { toId } from './respond/record-links.ts'
import type { Entry, WriteToExecute } from './run-write.ts'
import type { ToManyField, ToOneField } from './schema/field.ts'
import type { Resource } from './schema/model.ts'
import type { ToOneInput } from './validation/record-inputs.ts'

export interface RelationshipToWrite {
  readonly resource: Resource
  /** Of the record whose links they are. */
  readonly id: string
  /** The id is a key, and never a natural one. */
  readonly byKey: boolean
  readonly relationship: string
  readonly how: 'replace' | 'add' | 'remove'
  /** Linkage, as it was sent. */
  readonly data: unknown
  /** Where it stands in the document. */
  readonly at: string
  readonly localIds?: LocalIds
  /** Asked once the record is locked. @throws ApiError 412 */
  readonly check?: () => Promise<void>
}

/** The records that are to be linked, and where their foreign key is. */
interface Far {
  readonly access: Access
  readonly holder: ToOneField
  /** How a body says the foreign key. */
  readonly input: ToOneInput
}

/**
 * @returns the tables that were changed
 * @throws ApiError, ApiErrors that point into the document; the transaction cannot go on then
 */
export async function writeForeignKeys(
  field: ToManyField,
  asked: RelationshipToWrite,
  given: WriteToExecute,
  transaction: Transaction,
): Promise<readonly string[]> {
  const { how, at } = asked
  const far = toFar(field, given)
  const max = given.access.api.limits.listItems
  const listed = readListed(field, far.access.resource, asked)
  if (listed.length > max) throw tooMany(max, at)
  const here = await lockHere(field, asked, given, transaction)
  await asked.check?.()
  const linked = await findLinked(field, listed, asked, given, transaction)
  if (linked.length > max) throw tooMany(max, at)
  const changed = new Set<string>()
  const change = async (id: string, value: unknown, pointer: string) => {
    changed.add(await changeOne({ id, value, pointer }, far, given, transaction))
  }
  for (const { id, listedAs } of linked) {
    if (how === 'add' || (how === 'replace' && listedAs !== null)) continue
    const pointer = listedAs === null ? at : (listed[listedAs]?.pointer ?? at)
    if (!far.input.nullable) throw mustBeLinked(far, pointer)
    await change(id, null, pointer)
  }
  if (how === 'remove') return [...changed]
  const value = keyIn(here, far)
  const done = new Set(linked.flatMap(({ listedAs }) => (listedAs === null ? [] : [listed[listedAs]?.id])))
  for (const { id, pointer } of listed) {
    if (done.has(id)) continue
    done.add(id)
    await change(id, value, pointer)
  }
  return [...changed]
}

function toFar(field: ToManyField, { access: set, runtime }: WriteToExecute): Far {
  const access = set.target(field)
  const holder = access?.resource.fields.get(field.holder)
  const input = access && runtime.inputs.get(access.resource.name)?.fields.get(field.holder)
  if (!access || holder?.kind !== 'toOne') throw notFound()
  if (input?.kind !== 'toOne') throw new ApiError('forbidden', 'The database alone says what these records belong to.')
  return { access, holder, input }
}

/** As `PATCH /comments/7 {"video":…}` would. @returns the table that was changed */
async function changeOne(
  { id, value, pointer }: { readonly id: string; readonly value: unknown; readonly pointer: string },
  { access, holder }: Far,
  given: WriteToExecute,
  transaction: Transaction,
): Promise<string> {
  const { resource } = access
  const entry: Entry = { kind: 'update', id, byKey: true, record: { [holder.name]: value }, pointer }
  try {
    const planned = planEntry(entry, given, access, { resource, id, parent: null }, true)
    await runPlanned(planned, given, transaction)
    return planned.plan.changes
  } catch (error) {
    throw pointTo(pointIntoDocument(error, { place: one => one, isLinkage: () => false }), pointer)
  }
}

/** What the foreign key of a record says that is linked here, as a body says it. */
function keyIn(here: ReadonlyMap<string, string | null>, { holder, input }: Far): Readonly<Record<string, unknown>> {
  const columns = shownKeyOf(holder)
  return Object.fromEntries(
    input.parts.map(({ name }, i) => {
      const column = columns[i]
      return [name, column && toShown(column, here.get(column.name) ?? null)] as const
    }),
  )
}

/** https://jsonapi.org/format/1.1/#crud-updating-to-many-relationships: what cannot be removed is 403. */
function mustBeLinked({ holder }: Far, pointer: string): ApiError {
  const detail = `Such a record cannot be without "${holder.name}". Link it elsewhere, or delete it.`
  return new ApiError('forbidden', detail, { source: { pointer } })
}

function tooMany(max: number, pointer: string): ApiError {
  return new ApiError('limit_exceeded', `At most ${max} links at once.`, {
    source: { pointer },
    meta: { limit: 'listItems', max },
  })
}

function readListed(
  field: ToManyField,
  target: Resource,
  { data, at, localIds }: RelationshipToWrite,
): readonly Linkage[] {
  if (!field.single) return readLinkages(data, at, target, localIds)
  const one = readLinkage(data, at, target, localIds)
  return one ? [one] : []
}

/** The record whose links they are, which nobody changes meanwhile. @throws ApiError 404 where it is not there for the caller, or not this way from it */
async function lockHere(
  field: ToManyField,
  { resource, id, byKey }: RelationshipToWrite,
  given: WriteToExecute,
  transaction: Transaction,
) {
  const { access: set } = given
  const access = accessTo(resource, set)
  const slots = newSlots()
  const { match } = allowParent({ resource, id, relationship: field.name }, set, slots)
  if (byKey && !match.key) throw notFound()
  const write: PermittedWrite = {
    ...{ set, access, kind: 'update', match: byKey ? { ...match, natural: null } : match },
    ...{ assignments: [], links: [], answer: null, values: slots.values },
    rights: [{ field: field.name, guard: access.guard(field) }],
  }
  const entry: Entry = { kind: 'update', id, record: {}, pointer: '' }
  const row = await readStored({ write, entry }, given, transaction).catch((error: unknown) => {
    // Where it may not be read, there is no way.
    throw error instanceof ApiError && error.code === 'forbidden' ? notFound() : error
  })
  if (!row) throw notFound()
  return row
}

interface Found {
  readonly id: string
  /** Its place among those that are listed; null for one that is not. */
  readonly listedAs: number | null
}

/** The records that the caller sees linked here: those that are listed, and where the whole is replaced all others. */
async function findLinked(
  field: ToManyField,
  listed: readonly Linkage[],
  { resource, id, how }: RelationshipToWrite,
  { access: set, principal, runtime }: WriteToExecute,
  { run }: Transaction,
): Promise<readonly Found[]> {
  const slots = newSlots()
  const parent = allowParent({ resource, id, relationship: field.name }, set, slots)
  const access = set.target(field)
  if (!access) throw notFound()
  const places = listed.flatMap((one, i) => {
    const key = keyOfId(one.id, access.resource)
    return key ? [{ i, key }] : []
  })
  const keys = access.resource.key.map((_, i) => slots.add(places.map(({ key }) => key[i] as string)))
  const limit = set.api.limits.listItems + 1
  const { text, parameters } = planLinkedHere(
    { set, access, parent, keys, others: how === 'replace', limit },
    runtime.database.dialect,
  )
  const values = bindParameters(parameters, slots.values, principal)
  return run({ name: '', text, values }, rows =>
    Array.from({ length: rows.length }, (_, row) => {
      const one = rows.at(row)
      const key = access.resource.key.map((_, i) => textOf(one, i + 1))
      const place = isNull(one, 0) ? undefined : places[Number(textOf(one, 0)) - 1]
      return { id: decodeURIComponent(toId(key)), listedAs: place?.i ?? null }
    }),
  )
}
