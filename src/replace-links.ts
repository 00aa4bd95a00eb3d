// Makes the links of a record those that a body lists: each join row is made and removed as a request of its own would.
import type { Access, AccessSet } from './access/access.ts'
import { matchKey, notFound } from './access/allow-read.ts'
import { joinAccess } from './access/allow-related.ts'
import { allowDelete, allowWrite } from './access/allow-write.ts'
import { newSlots } from './access/slots.ts'
import { ApiError } from './errors/api-error.ts'
import { ApiErrors } from './errors/api-errors.ts'
import { isTrue, textOf } from './formats/rows.ts'
import { toShown } from './hooks/call-hook.ts'
import { bindParameters } from './plan/bind.ts'
import { type LinkSet, shownKeyOf } from './plan/plan-links.ts'
import { toId } from './respond/record-links.ts'
import { noSuchLink } from './respond/respond-write.ts'
import type { Planned, Run, WriteToExecute } from './run-write.ts'
import type { Given, LinkedRecord } from './validation/given.ts'

export interface LinksToReplace {
  readonly given: Extract<Given, { kind: 'links' }>
  /** The columns of the row whose links they are. */
  readonly row: ReadonlyMap<string, string | null>
  /** Undefined to make the set the one that is listed. */
  readonly links?: 'add' | 'remove' | undefined
  readonly request: WriteToExecute
  readonly run: Run
  /** Makes or removes one join row, in the same transaction. */
  readonly write: (planned: Planned) => Promise<unknown>
}

type Key = readonly (string | null)[]

/** Links that the caller does not see, or may not remove, stay. @throws ApiError 403, 409, ApiErrors 422 for records that are not there */
export async function replaceLinks(asked: LinksToReplace): Promise<void> {
  const { given, row, request, run, write } = asked
  const links = toLinkSet(given, request.access)
  const near = links.field.through.near.own.map(column => row.get(column.name) ?? null)
  if (asked.links === 'remove') return removeLinks(given.records, links, near, asked)
  const wanted = await findLinked(given.records, links, request, run)
  const present = await findPresent(links, near, request, run)
  const kept = new Set(wanted.keys())
  const here = new Set(present.map(({ key }) => JSON.stringify(key)))
  for (const { key, joinKey, mayRemove } of asked.links === 'add' ? [] : present)
    if (mayRemove && !kept.has(JSON.stringify(key))) await remove(joinKey, links, request, write)
  for (const [id, { key, pointer }] of wanted)
    if (!here.has(id)) {
      const own = shownKeyOf(links.near).map(column => row.get(column.name) ?? null)
      await write(planLink(links, own, key, pointer, request))
    }
}

/** What is not linked is what is wanted already, whether it is there or not. @throws ApiError 403 for a link that the caller may not remove */
async function removeLinks(
  records: readonly LinkedRecord[],
  links: LinkSet,
  near: Key,
  { request, run, write }: LinksToReplace,
): Promise<void> {
  const listed = await findLinked(records, links, request, run, false)
  for (const { key, joinKey, mayRemove } of await findPresent(links, near, request, run)) {
    const found = listed.get(JSON.stringify(key))
    if (!found) continue
    if (!mayRemove)
      throw new ApiError('forbidden', 'You may not remove this link.', { source: { pointer: found.pointer } })
    await remove(joinKey, links, request, write)
  }
}

function toLinkSet({ field }: LinksToReplace['given'], set: AccessSet): LinkSet {
  const join = joinAccess(field, set)
  const target = set.target(field)
  const near = join?.resource.fields.get(field.through.nearField)
  const far = join?.resource.fields.get(field.through.farField)
  if (!join || !target || near?.kind !== 'toOne' || far?.kind !== 'toOne') throw notFound()
  return { field, set, join, target, near, far }
}

/** The shown keys of the records that are listed, each once. @param mustBeThere whether one that is not found is refused, or left out */
async function findLinked(
  records: readonly LinkedRecord[],
  links: LinkSet,
  { runtime, principal, access }: WriteToExecute,
  run: Run,
  mustBeThere = true,
): Promise<ReadonlyMap<string, { readonly key: Key; readonly pointer: string }>> {
  const max = access.api.limits.listItems
  if (records.length > max)
    throw new ApiError('limit_exceeded', `At most ${max} links at once.`, { meta: { limit: 'listItems', max } })
  const found = new Map<LinkedRecord, Key>()
  const width = shownKeyOf(links.far).length
  async function find(by: 'key' | 'natural', asked: readonly LinkedRecord[], lists: readonly string[][]) {
    if (asked.length === 0) return
    const plan = runtime.plans.linkedFor(links, by)
    const values = bindParameters(plan.parameters, lists, principal)
    await run({ name: plan.name, text: plan.text, values }, rows => {
      for (let i = 0; i < rows.length; i++) {
        const one = rows.at(i)
        const record = asked[Number(textOf(one, 0)) - 1]
        if (record)
          found.set(
            record,
            columnsOf(width, index => textOf(one, index + 1)),
          )
      }
    })
  }
  const byKey = records.filter(({ key }) => key !== null)
  await find('key', byKey, columnsOf(width, i => byKey.map(({ key }) => key?.[i] ?? '')) as string[][])
  const byName = records.filter(record => record.natural !== null && !found.has(record))
  await find('natural', byName, [byName.map(({ natural }) => natural ?? '')])
  const missing = records.filter(record => !found.has(record))
  if (mustBeThere && missing.length > 0)
    throw new ApiErrors(missing.slice(0, 20).map(({ pointer }) => noSuchLink(pointer)))
  return new Map(
    records.flatMap(record => {
      const key = found.get(record)
      if (!key) return []
      return [[JSON.stringify(key), { key, pointer: record.pointer }] as const]
    }),
  )
}

interface Present {
  readonly key: Key
  readonly joinKey: Key
  readonly mayRemove: boolean
}

async function findPresent(
  links: LinkSet,
  near: Key,
  { runtime, principal }: WriteToExecute,
  run: Run,
): Promise<readonly Present[]> {
  const plan = runtime.plans.linksFor(links)
  const values = bindParameters(plan.parameters, near as readonly string[], principal)
  const joined = links.join.resource.key.length
  const width = shownKeyOf(links.far).length
  return run({ name: plan.name, text: plan.text, values }, rows =>
    Array.from({ length: rows.length }, (_, i) => {
      const row = rows.at(i)
      return {
        mayRemove: isTrue(row, 0),
        joinKey: columnsOf(joined, index => textOf(row, 1 + index)),
        key: columnsOf(width, index => textOf(row, 1 + joined + index)),
      }
    }),
  )
}

function columnsOf<T>(count: number, at: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => at(index))
}

async function remove(
  key: Key,
  { join, set }: LinkSet,
  { runtime }: WriteToExecute,
  write: LinksToReplace['write'],
): Promise<void> {
  const slots = newSlots()
  const id = key.length === 1 ? String(key[0]) : decodeURIComponent(toId(key))
  const removal = allowDelete(matchKey(id, join, set, slots), undefined, null, join, set, slots)
  try {
    await write({
      write: removal,
      plan: runtime.plans.planForWrite(removal),
      entry: { kind: 'delete', id, record: undefined, pointer: '' },
    })
  } catch (error) {
    // Somebody else removed it meanwhile, which is what was wanted.
    if (!(error instanceof ApiError && error.code === 'not_found')) throw error
  }
}

/** As `POST /videos/1/video-tags` would: the near end comes from the path. */
function planLink(
  links: LinkSet,
  near: Key,
  key: Key,
  pointer: string,
  request: WriteToExecute,
  own?: unknown,
): Planned {
  const { join, set, far } = links
  const { runtime } = request
  const slots = newSlots()
  const names = keyNames(join, far.name, runtime)
  const record = { [far.name]: Object.fromEntries(names.map((name, i) => [name, shown(far, key, i)])) }
  const under = { field: links.near, slots: near.map(text => slots.add(text ?? '')) }
  const inputs = runtime.inputs.get(join.resource.name)
  if (!inputs) throw new Error(`${join.resource.name} has no inputs`)
  const asked = { kind: 'create', match: null, record, pointer, answer: null, under, inputs, own } as const
  const write = allowWrite(asked, join, set, slots)
  return {
    write,
    plan: runtime.plans.planForWrite(write),
    entry: { kind: 'create', id: null, record, pointer },
    again: values => planLink(links, near, key, pointer, request, values),
  }
}

function shown(field: LinkSet['far'], key: Key, index: number): unknown {
  const column = shownKeyOf(field)[index]
  return column && toShown(column, key[index] ?? null)
}

/** As a body calls the parts of a foreign key. */
function keyNames({ resource }: Access, name: string, { inputs }: WriteToExecute['runtime']): readonly string[] {
  const input = inputs.get(resource.name)?.fields.get(name)
  return input?.kind === 'toOne' ? input.parts.map(part => part.name) : []
}
