// Writes what a request asks for, one record or many, all or nothing, and answers it as its caller sees it.
import type { Access } from './access/access.ts'
import { allowAction } from './access/allow-action.ts'
import { allowByRole } from './access/allow-by-role.ts'
import { allowSelection } from './access/allow-fields.ts'
import { accessTo, allowParent, allowRead, matchKey, notFound } from './access/allow-read.ts'
import { allowReplace, type RecordToPut } from './access/allow-replace.ts'
import { allowDelete, allowWrite, type RecordToWrite, type Under } from './access/allow-write.ts'
import type { KeyMatch, Parent, Selection } from './access/permitted.ts'
import { newSlots } from './access/slots.ts'
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { pointTo } from './errors/point-to.ts'
import { executeFiltered } from './execute-filtered.ts'
import { executeLenient, isLenient } from './execute-lenient.ts'
import { executeRecord, needsMore, planNested } from './execute-record.ts'
import { bindParameters } from './plan/bind.ts'
import type { CodeSource } from './plan/layout.ts'
import { type HttpRequest, header } from './request/http-request.ts'
import { preferences } from './request/preferences.ts'
import { isFiltered, refuseFilters } from './request/read-matching.ts'
import type { ApiRequest } from './request/read-request.ts'
import { entityTag } from './respond/entity-tag.ts'
import { fillCode } from './respond/fill-code.ts'
import { linksOf, toId } from './respond/record-links.ts'
import { respondRead } from './respond/respond-read.ts'
import type { Written } from './respond/respond-write.ts'
import { type Entry, type Planned, partOf, type Run, runOne, type WriteToExecute } from './run-write.ts'
import type { Runtime } from './runtime.ts'
import type { Resource } from './schema/model.ts'

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
      check: () => checkWrite(one, given, access),
      run: (planned, transaction: Transaction) => runPlanned(planned, given, transaction),
      transaction: work => runtime.database.transaction(work),
    })
  }
  refuseFilters(request)
  const isSilent = (entry: Entry) =>
    prefers(http, 'return=minimal') || (entry.kind === 'delete' && !prefers(http, 'return=representation'))
  if (isLenient(given)) {
    const condition = header(http, 'if-match')
    return executeLenient(given, readBulk(request, runtime), {
      read: (record, pointer) => readEntry(kindOf(request), record, pointer, target.resource),
      plan: entry => plan(entry, given, access, target, isSilent(entry)),
      run: async (one, transaction) => {
        if (condition !== undefined) await checkMatch(condition, one, given, transaction.run)
        return runPlanned(one, given, transaction)
      },
    })
  }
  const entries = readEntries(request, target, runtime)
  const minimal = prefers(http, 'return=minimal')
  const isBulk = Array.isArray(request.body) && target.id === null
  const writes = entries.map(entry => {
    try {
      return plan(entry, given, access, target, isSilent(entry))
    } catch (error) {
      throw pointTo(error, entry.pointer)
    }
  })
  const ifMatch = header(http, 'if-match')
  const simple =
    writes.length === 1 &&
    ifMatch === undefined &&
    !given.isWithin &&
    !writes.some(one => one.plan.mustReread || one.plan.after || needsMore(one))
  const { database } = runtime
  let written: readonly Written[]
  if (simple)
    written = [
      await runOne(writes[0] as Planned, given, {
        run: (statement, take) => database.write(statement, take, { grouped: isGroupable(writes[0] as Planned) }),
        look: (statement, take) => database.read(statement, http, take),
        isPart: false,
      }),
    ]
  else
    written = await database.transaction(async transaction => {
      const done: Written[] = []
      for (const one of writes) {
        try {
          if (ifMatch !== undefined) await checkMatch(ifMatch, one, given, transaction.run)
          done.push(await runPlanned(one, given, transaction))
        } catch (error) {
          throw pointTo(error, one.entry.pointer)
        }
      }
      return done
    })
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
  const before =
    planned.mustReread && entry.kind === 'delete' ? await readNow(entry.id ?? '', resource, given, run) : null
  const more = needsMore(one)
  const made = await (more ? executeRecord(one, given, transaction) : runOne(one, given, partOf(transaction)))
  const mustReread = planned.mustReread || (more && write.answer !== null && entry.kind !== 'delete')
  if (!mustReread) return made
  return { ...made, record: before ?? (await readNow(decodeURIComponent(toId(made.key)), resource, given, run)) }
}

/** A new row waits for nobody, and nothing else happens with it. */
function isGroupable({ write }: Planned): boolean {
  return write.kind === 'create' && !write.access.resource.table.moreOn.insert
}

export interface Target {
  readonly resource: Resource
  readonly id: string | null
  readonly parent: { readonly resource: Resource; readonly id: string; readonly relationship: string } | null
}

function targetOf({ route }: ApiRequest): Target {
  if (route.kind === 'index' || route.kind === 'query' || route.kind === 'operations')
    throw new Error(`${route.kind} cannot be written`)
  if (route.kind === 'nested')
    return {
      resource: route.target,
      id: route.targetId,
      parent: { resource: route.resource, id: route.id, relationship: route.relationship },
    }
  return { resource: route.resource, id: route.kind === 'list' ? null : route.id, parent: null }
}

function kindOf({ method, route }: ApiRequest): Entry['kind'] {
  if (route.kind === 'action') return 'update'
  return method === 'POST' ? 'create' : method === 'DELETE' ? 'delete' : 'update'
}

function readEntries(request: ApiRequest, target: Target, runtime: Runtime): readonly Entry[] {
  const { method, body } = request
  const kind = kindOf(request)
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
  target: Target,
  silent: boolean,
  own?: unknown,
): Planned {
  const { request, access: set, runtime } = given
  const slots = newSlots()
  const match = entry.id === null ? null : matchKey(entry.id, access, set, slots)
  const above = target.parent ? allowParent(target.parent, set, slots) : undefined
  const under = above && (entry.kind === 'create' || entry.replaces) ? underOf(above, access) : undefined
  if (above && entry.kind === 'create' && !under) throw notFound()
  const parent = entry.kind === 'create' ? undefined : above
  const selection: Selection | null = silent
    ? null
    : allowSelection(request.query.fields, request.query.include, 'item', access, set, slots)
  const record = () => toRecord(entry, match, selection, { under, parent }, access, runtime)
  const write =
    entry.kind === 'delete'
      ? allowDelete(match as KeyMatch, parent, selection, access, set, slots)
      : request.route.kind === 'action'
        ? allowAction(request.route.action, match as KeyMatch, selection, access, set, slots)
        : entry.replaces
          ? allowReplace(toPut({ ...record(), own }, given), access, set, slots)
          : allowWrite({ ...record(), own }, access, set, slots)
  return {
    write,
    plan: runtime.plans.planForWrite(write),
    entry,
    nested: planNested(write, given),
    ...(write.body && { again: (values: unknown) => plan(entry, given, access, target, silent, values) }),
  }
}

/** RFC 9110 13.1: what has to be as it is has to be there, and what must not be there is not replaced. */
function toPut(record: RecordToWrite, { http }: WriteToExecute): RecordToPut {
  if (!record.match) throw new Error('a path says which record is put')
  const mustBeAbsent = header(http, 'if-none-match')?.trim() === '*'
  return { ...record, match: record.match, mayCreate: header(http, 'if-match') === undefined, mustBeAbsent }
}

function toRecord(
  { kind, record, pointer }: Entry,
  match: KeyMatch | null,
  answer: Selection | null,
  path: Pick<RecordToWrite, 'under' | 'parent'>,
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

/** RFC 9110 13.1.1: the tag that this caller's GET of this very URL would have, of a row that nobody changes meanwhile. */
async function checkMatch(
  condition: string,
  { write, entry }: Planned,
  given: WriteToExecute,
  run: Run,
): Promise<void> {
  const { runtime, request, access, principal } = given
  const { resource } = write.access
  if (entry.id === null) return
  const context = readContext(entry.id, resource, given, toParent(request))
  const { plan: one, values } = context
  // However the path names it: else two that hold the same tag would both find it as they read it.
  const lock = runtime.plans.storedFor(write)
  const locked = bindParameters(lock.parameters, write.values, principal)
  await run({ name: lock.name, text: lock.text, values: locked }, () => undefined)
  const current = await run({ name: one.name, text: one.text, values }, rows => respondRead(context, rows))
  const code = one.layout.code
  const body =
    code.length === 0 ? current.body : await fillCode(current.body, code, principal, linksOf(request.base, access))
  const tag = current.headers.etag ?? entityTag(Buffer.from(body, 'latin1'))
  const tags = condition.split(',').map(part => part.trim())
  if (condition.trim() !== '*' && !tags.includes(tag))
    throw new ApiError('precondition_failed', 'The record is not as If-Match says. Read it again.', {
      source: { header: 'If-Match' },
    })
}

/** The record as its caller sees it now, in the transaction that wrote it. */
async function readNow(id: string, resource: Resource, given: WriteToExecute, run: Run): Promise<string> {
  const context = readContext(id, resource, given)
  const { plan: one, values } = context
  const answered = await run({ name: one.name, text: one.text, values }, rows => respondRead(context, rows))
  const links = linksOf(given.request.base, given.access)
  const body = await fillCode(answered.body, one.layout.code, given.principal, links)
  return body.slice('{"data":'.length, -1)
}

function toParent(request: ApiRequest): Target['parent'] {
  return targetOf(request).parent
}

function readContext(
  id: string,
  resource: Resource,
  { request, access: set, runtime, principal }: WriteToExecute,
  parent: Target['parent'] = null,
) {
  const options = { principal, cursors: runtime.cursors, version: request.version, isExport: false }
  const read = allowRead({ resource, id, parent }, request.query, set, options)
  const plan = runtime.plans.planFor(read)
  const values = bindParameters(plan.parameters, read.values, principal)
  const path = `${request.base}/${resource.path}/${encodeURIComponent(id)}`
  const seal = () => ''
  return { ...request, method: 'GET', path, read, plan, values, write: plan.write, seal }
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
          ...(!put && { etag: entityTag(Buffer.from(body, 'latin1')) }),
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
