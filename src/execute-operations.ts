// Does several writes in one transaction, each judged when its turn comes: what one after another could do, and nothing more.
import { accessTo } from './access/allow-read.ts'
import { prefers, type WriteAnswer } from './answer-write.ts'
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import { pointTo } from './errors/point-to.ts'
import { executeAtomic } from './execute-atomic.ts'
import { type Entry, runPlanned, type WriteToExecute } from './execute-write.ts'
import { jsonApiType } from './formats/index.ts'
import { idOf, type Made, madeBy, type OperationCourse } from './made-records.ts'
import { planEntry } from './plan-entry.ts'
import { atomicExtension } from './request/document-parameters.ts'
import { header } from './request/http-request.ts'
import { readAtomic } from './request/read-atomic.ts'
import { isLocalId, type Operation, readOperations } from './request/read-operations.ts'
import { fillCode } from './respond/fill-code.ts'
import { linksOf } from './respond/record-links.ts'
import type { Runtime } from './runtime.ts'
import { findField } from './schema/policy-reader.ts'

/** @throws ApiError, ApiErrors that point to the operation; nothing is changed then */
export async function executeOperations(given: WriteToExecute): Promise<WriteAnswer> {
  const { http, request, runtime } = given
  if (header(http, 'if-match') !== undefined)
    throw new ApiError('bad_request', 'Operations write many records, so that no one ETag is theirs.', {
      source: { header: 'If-Match' },
    })
  const operations: readonly Step[] = request.isDocument
    ? readAtomic(request.body, runtime.api, request.base).map(one => ({
        ...one,
        run: course => executeAtomic(one, course),
      }))
    : readOperations(request.body, runtime.api).map(one => ({ ...one, run: course => execute(one, course) }))
  const minimal = prefers(http, 'return=minimal')
  const changed = new Set<string>()
  const done = async (transaction: Transaction) => {
    const made = new Map<string, Made>()
    const records: string[] = []
    for (const operation of operations)
      records.push(
        await operation.run({ given, transaction, made, changed, minimal }).catch((error: unknown) => {
          throw pointTo(error, operation.pointer)
        }),
      )
    return records
  }
  const records = operations.length === 0 ? [] : await runtime.database.transaction(done)
  runtime.changed([...changed])
  const headers = { 'cache-control': 'no-store' }
  if (minimal) return { status: 204, body: '', headers: { ...headers, 'preference-applied': 'return=minimal' } }
  if (given.format !== 'jsonapi') return { status: 200, body: `{"data":[${records.join(',')}]}`, headers }
  const results = records.map(record => (record === 'null' ? '{}' : `{"data":${record}}`))
  const body = `{"jsonapi":{"version":"1.1","ext":["${atomicExtension}"]},"atomic:results":[${results.join(',')}]}`
  return { status: 200, body, headers: { ...headers, 'content-type': `${jsonApiType};ext="${atomicExtension}"` } }
}

interface Step {
  readonly pointer: string
  readonly run: (course: OperationCourse) => Promise<string>
}

/** @returns the record as its caller sees it now, as byte text; `null` for one that was removed */
async function execute(
  operation: Operation,
  { given, transaction, made, changed, minimal }: OperationCourse,
): Promise<string> {
  const { op, resource, lid, pointer } = operation
  const { access: set, request, principal } = given
  const access = accessTo(resource, set)
  const entry: Entry = {
    kind: op === 'add' ? 'create' : op === 'update' ? 'update' : 'delete',
    id: operation.id === null ? null : idOf(operation.id, resource, made, `${pointer}/id`),
    record: resolve(operation, made, given.runtime),
    pointer: `${pointer}/data`,
  }
  const target = { resource, id: entry.id, parent: null }
  const planned = planEntry(entry, given, access, target, minimal || op === 'remove')
  const { key, record } = await runPlanned(planned, given, transaction)
  changed.add(planned.plan.changes)
  if (lid !== null) made.set(lid, { resource, key })
  if (record === null) return 'null'
  return fillCode(record, planned.plan.layout?.code ?? [], principal, linksOf(request.base, set))
}

/** The data with keys in place of the lids that stand where keys do. */
function resolve({ data, resource, pointer }: Operation, made: ReadonlyMap<string, Made>, runtime: Runtime): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data
  const inputs = runtime.inputs.get(resource.name)?.fields
  return Object.fromEntries(
    Object.entries(data).map(([name, value]: [string, unknown]) => {
      const input = inputs?.get(findField(resource, name)?.name ?? name)
      if (!input || !('parts' in input)) return [name, value]
      const { target: to } = input.field
      const target = to === null ? undefined : runtime.api.resources.get(to)
      const at = `${pointer}/data/${name}`
      const keyOf = (one: unknown, place: string): unknown => {
        if (!isLocalId(one)) return one
        const { resource: from, key } = madeBy(one, target, made, place)
        const members = input.parts.flatMap(({ name: part, column }) => {
          const text = key[from.key.findIndex(own => own.name === column.name)]
          return typeof text === 'string' ? [[part, JSON.parse(column.type.toJson(text))] as const] : []
        })
        if (members.length === input.parts.length) return Object.fromEntries(members)
        throw new ApiError('invalid_member', 'It is linked by more than its key, so that a lid does not name it.', {
          source: { pointer: place },
        })
      }
      return [name, Array.isArray(value) ? value.map((one, i) => keyOf(one, `${at}/${i}`)) : keyOf(value, at)]
    }),
  )
}
