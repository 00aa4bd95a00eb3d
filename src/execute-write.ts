// Writes what a request asks for, one record or many, all or nothing, and answers it as its caller sees it.
import type { Access, AccessSet } from './access/access.ts'
import { allowAction } from './access/allow-action.ts'
import { allowByRole } from './access/allow-by-role.ts'
import { allowSelection } from './access/allow-fields.ts'

import { accessTo, allowParent, matchKey, notFound, ownMatch } from './access/allow-read.ts'
import { allowReplace, allowToStay, type RecordToPut } from './access/allow-replace.ts'
import { allowDelete, allowWrite, type RecordToWrite, type Under } from './access/allow-write.ts'
import type { KeyMatch, Parent, Selection } from './access/permitted.ts'
import type { PermittedWrite } from './access/permitted-write.ts'
import { newSlots, type Slots } from './access/slots.ts'
import { checkConditions, hasConditions, refuseForList } from './check-conditions.ts'

import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { pointTo } from './errors/point-to.ts'
import { executeFiltered } from './execute-filtered.ts'
import { executeLenient, isLenient } from './execute-lenient.ts'
import { executeRecord, needsMore, needsTransaction, planNested } from './execute-record.ts'
import { bindClaim } from './plan/bind.ts'
import type { CodeSource } from './plan/layout.ts'
import { isEmpty, putOwn, tellOwn } from './put-own.ts'
import { readRecord } from './read-again.ts'
import { type HttpRequest, header } from './request/http-request.ts'
import { preferences } from './request/preferences.ts'
import { isFiltered, refuseFilters } from './request/read-matching.ts'
import type { ApiRequest } from './request/read-request.ts'
import { type ReadTarget, toReadTarget } from './request/read-target.ts'
import { entityTag } from './respond/entity-tag.ts'
import { fillCode } from './respond/fill-code.ts'
import { linksOf, toId } from './respond/record-links.ts'
import type { Written } from './respond/respond-write.ts'

import { aloneOn, type Entry, type Planned, partOf, runOne, type WriteToExecute } from './run-write.ts'
import type { Runtime } from './runtime.ts'
import { columnOf } from './schema/compile-writes.ts'
import type { Resource, Singular } from './schema/model.ts'

export type { Entry, Planned, WriteToExecute } from './run-write.ts'

export interface WriteAnswer {
  readonly status: number
  /** Byte text. */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** @throws ApiError, ApiErrors for what is refused; nothing is changed then */
export async function executeWrite(given: WriteToExecute): Promise<WriteAnswer> {
  const { http, request, access: set, runtime } = given
  const target = targetOf(request)
  // What no role gives is told before anything of the body or of the data.
  allowByRole(request, set)
  const access = accessTo(target.resource, set)
  if (isFiltered(request)) {
    const one: Entry = {
      kind: request.method === 'DELETE' ? 'delete' : 'update',
      id: null,
      record: request.body,
      pointer: '',
    }
    return executeFiltered(given, access, {
      plan: (entry, silent) => plan(entry, given, access, target, silent),
      check: async () => {
        checkWrite(one, given, access)
        await refuseForList(given)
      },
      run: (planned, transaction: Transaction) => runPlanned(planned, given, transaction),
      transaction: work => runtime.database.transaction(work),
    })
  }
  refuseFilters(request)
  const isSilent = (entry: Entry) =>
    prefers(http, 'return=minimal') || (entry.kind === 'delete' && !prefers(http, 'return=representation'))
  if (isLenient(given)) {
    await refuseForList(given)
    return executeLenient(given, readBulk(request, runtime), {
      read: (record, pointer) => readEntry(kindOf(request), record, pointer, target.resource),
      plan: entry => plan(entry, given, access, target, isSilent(entry)),
      run: async (one, transaction) => {
        await checkConditions(one, given, transaction)
        return runPlanned(one, given, transaction)
      },
    })
  }
  const entries = readEntries(request, target, runtime)
  const minimal = prefers(http, 'return=minimal')
  const step = (entry: Entry) => plan(entry, given, access, target, isSilent(entry))
  if (target.singular && request.method === 'PUT') {
    const steps = { plan: step, run: (one: Planned, transaction: Transaction) => runPlanned(one, given, transaction) }
    const { written, planned } = await putOwn(entries[0] as Entry, given, access, steps)
    if (planned.write.assignments.length > 0) runtime.changed([planned.plan.changes])
    const code = planned.plan.layout?.code ?? []
    const one = { kind: 'update', written: [written], isBulk: false } as const
    return answer({ ...one, given, resource: target.resource, minimal, code })
  }
  const isBulk = Array.isArray(request.body) && target.id === null
  const writes = entries.map(entry => {
    try {
      return step(entry)
    } catch (error) {
      throw pointTo(error, entry.pointer)
    }
  })
  const conditional = hasConditions(given)
  if (target.id === null && !target.singular) await refuseForList(given)
  const simple = writes.length === 1 && !conditional && !given.isWithin && !writes.some(needsTransaction)
  const { database } = runtime
  let written: readonly Written[]
  if (simple)
    written = [
      await tellOwn(
        given,
        runOne(writes[0] as Planned, given, aloneOn(database, http, isGroupable(writes[0] as Planned))),
      ),
    ]
  else
    written = await tellOwn(
      given,
      database.transaction(async transaction => {
        const done: Written[] = []
        for (const one of writes) {
          try {
            if (conditional) await checkConditions(one, given, transaction)
            done.push(await runPlanned(one, given, transaction))
          } catch (error) {
            throw pointTo(error, one.entry.pointer)
          }
        }
        return done
      }),
    )
  runtime.changed([...new Set(writes.map(one => one.plan.changes))])
  const code = writes.find(one => one.plan.layout)?.plan.layout?.code ?? []
  return answer({
    given,
    resource: target.resource,
    kind: entries[0]?.kind ?? 'update',
    written,
    isBulk,
    minimal,
    code,
  })
}

/** One write of a transaction; its record is read again where the statement could not see it. */
export async function runPlanned(one: Planned, given: WriteToExecute, transaction: Transaction): Promise<Written> {
  const { run } = transaction
  const { plan: planned, entry, write } = one
  const { resource } = write.access
  // What is deleted can be read only before.
  const isOwn = write.match?.own !== undefined
  const named = isOwn ? targetOf(given.request) : { resource, id: entry.id, parent: null }
  const before = planned.mustReread && entry.kind === 'delete' ? await readRecord(named, given, run) : null
  const more = needsMore(one)
  const made = await (more ? executeRecord(one, given, transaction) : runOne(one, given, partOf(transaction)))
  const mustReread = planned.mustReread || (more && write.answer !== null && entry.kind !== 'delete')
  if (!mustReread) return made
  const id = decodeURIComponent(toId(made.key))
  return { ...made, record: before ?? (await readRecord({ resource, id, parent: null }, given, run)) }
}

/** A new row waits for nobody, and nothing else happens with it. */
function isGroupable({ write }: Planned): boolean {
  return write.kind === 'create' && !write.access.resource.table.moreOn.insert
}

function targetOf({ route }: ApiRequest): ReadTarget {
  if (route.kind === 'index' || route.kind === 'query' || route.kind === 'operations')
    throw new Error(`${route.kind} cannot be written`)
  return route.kind === 'action' ? { resource: route.resource, id: route.id, parent: null } : toReadTarget(route)
}

function kindOf({ method, route }: ApiRequest): Entry['kind'] {
  if (route.kind === 'action') return 'update'
  return method === 'POST' ? 'create' : method === 'DELETE' ? 'delete' : 'update'
}

function readEntries(request: ApiRequest, target: ReadTarget, runtime: Runtime): readonly Entry[] {
  const { method, body } = request
  const kind = kindOf(request)
  if (target.singular) return [{ kind, id: null, record: body ?? {}, pointer: '', replaces: method === 'PUT' }]
  if (target.id !== null) return [{ kind, id: target.id, record: body, pointer: '', replaces: method === 'PUT' }]
  if (kind === 'create' && !Array.isArray(body)) return [{ kind, id: null, record: body, pointer: '' }]
  return readBulk(request, runtime).map((record, i) => readEntry(kind, record, `/${i}`, target.resource))
}

function readBulk(request: ApiRequest, { api }: Runtime): readonly unknown[] {
  const { body } = request
  if (!Array.isArray(body))
    throw new ApiError(
      'malformed_body',
      `Send a list of ${kindOf(request) === 'delete' ? 'ids' : 'records, each with its key'}.`,
      {
        source: { pointer: '' },
      },
    )
  const max = api.limits.listItems
  if (body.length > max)
    throw new ApiError('limit_exceeded', `At most ${max} records in one request.`, {
      source: { pointer: '' },
      meta: { limit: 'listItems', max },
    })
  return body
}

function readEntry(kind: Entry['kind'], record: unknown, pointer: string, resource: Resource): Entry {
  if (kind === 'create') return { kind, id: null, record, pointer }
  const isObject = typeof record === 'object' && record !== null && !Array.isArray(record)
  const members: Readonly<Record<string, unknown>> = isObject ? (record as Readonly<Record<string, unknown>>) : {}
  const names = resource.key.map(column => column.name)
  const parts = isObject ? names.map(name => members[name]) : names.length === 1 ? [record] : []
  if (parts.length !== names.length || !parts.every(part => typeof part === 'string' || typeof part === 'number'))
    throw new ApiError('missing_member', `Each entry needs its key: ${names.join(', ')}.`, { source: { pointer } })
  const rest = Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)))
  return { kind, id: toId(parts).split(',').map(decodeURIComponent).join(','), record: rest, pointer }
}

/** What can be said of a write before it is known which records it is for. */
function checkWrite(entry: Entry, given: WriteToExecute, access: Access): void {
  const { access: set, runtime } = given
  const slots = newSlots()
  if (entry.kind !== 'delete')
    planNested(allowWrite(toRecord(entry, null, null, {}, access, runtime), access, set, slots), given)
  else allowDelete({ key: null, natural: null }, undefined, null, access, set, slots)
}

export function plan(
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
  const match = entry.id === null ? own : matchKey(entry.id, access, set, slots)
  const above = target.parent ? allowParent(target.parent, set, slots) : undefined
  const isNew = entry.kind === 'create' || (entry.replaces && !singular)
  const under = above && isNew ? underOf(above, access) : undefined
  if (above && entry.kind === 'create' && !under) throw notFound()
  const parent = entry.kind === 'create' ? undefined : above
  const selection: Selection | null = silent
    ? null
    : allowSelection(request.query.fields, request.query.include, 'item', access, set, slots)
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
    ...(write.body && { again: (values: unknown) => plan(entry, given, access, target, silent, values) }),
  }
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
    if (!access.roles.authenticated)
      throw new ApiError('unauthenticated', 'This needs a token: Authorization: Bearer TOKEN.', {
        headers: { 'www-authenticate': 'Bearer' },
      })
    throw new ApiError('forbidden', `Your token does not say whose "${name}" it would be.`)
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

interface Outcome {
  readonly given: WriteToExecute
  readonly resource: Resource
  readonly kind: Entry['kind']
  readonly written: readonly Written[]
  readonly isBulk: boolean
  readonly minimal: boolean
  readonly code: readonly CodeSource[]
}

async function answer({ given, resource, kind, written, isBulk, minimal, code }: Outcome): Promise<WriteAnswer> {
  const { request, principal, access, http } = given
  const [first] = written
  const applied = appliedPreference(http)
  const put = first?.created !== undefined
  const isNew = kind === 'create' || first?.created === true
  const location = `${request.base}/${resource.path}/${toId(first?.key ?? [])}`
  const headers = {
    'cache-control': 'no-store',
    ...(applied !== null && { 'preference-applied': applied }),
    ...(((kind === 'create' && !isBulk) || put) && { location }),
  }
  const records = written.flatMap(({ record }) => (record === null ? [] : [record]))
  if (minimal || records.length < written.length || written.length === 0)
    return { status: isNew ? 201 : 204, body: '', headers }
  const data = isBulk ? `[${records.join(',')}]` : (records[0] as string)
  const text = `{"data":${data}}`
  const body = code.length === 0 ? text : await fillCode(text, code, principal, linksOf(request.base, access))
  return {
    status: isNew ? 201 : 200,
    body,
    headers: {
      ...headers,
      ...(!isBulk &&
        kind !== 'delete' && {
          // RFC 9110 9.3.4: what was put is not what is shown.
          ...(!put && { etag: entityTag(Buffer.from(body, 'latin1'), given.runtime.api.cacheVersion) }),
          'content-location': location,
        }),
    },
  }
}

function prefers(http: HttpRequest, preference: string): boolean {
  return preferences(http).includes(preference)
}

/** RFC 7240: what was done of what was preferred. */
function appliedPreference(http: HttpRequest): string | null {
  return preferences(http).find(one => one === 'return=minimal' || one === 'return=representation') ?? null
}
