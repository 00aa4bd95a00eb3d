// Writes what stands under `/relationships/`: links of one record, in a transaction, answered with nothing but that it is done.
import { allowByRole } from './access/allow-by-role.ts'
import type { WriteAnswer } from './answer-write.ts'
import { checkLinkage } from './check-conditions.ts'
import { ApiError } from './errors/api-error.ts'
import { header } from './request/http-request.ts'
import { readPrimary } from './request/read-document.ts'
import type { RelationshipRoute } from './request/read-route.ts'
import type { WriteToExecute } from './run-write.ts'
import { writeRelationship } from './write-relationship.ts'

const ways = { POST: 'add', PATCH: 'replace', DELETE: 'remove' } as const

/** @throws ApiError, ApiErrors for what is refused; nothing is changed then */
export async function executeRelationship(given: WriteToExecute, route: RelationshipRoute): Promise<WriteAnswer> {
  const { resource, id, relationship } = route
  const { request, access: set, runtime, http } = given
  allowByRole(request, set)
  const [parameter] = request.search === '' ? [] : request.search.split(/[=&]/)
  if (parameter !== undefined)
    throw new ApiError('unknown_parameter', 'A write of links takes no parameters.', { source: { parameter } })
  const how = ways[request.method as keyof typeof ways]
  const asked = { resource, id, byKey: false, relationship, how, data: readPrimary(request.body), at: '/data' }
  const isConditional = header(http, 'if-match') !== undefined || header(http, 'if-none-match') !== undefined
  const changed = await runtime.database.transaction(transaction => {
    const check = () => checkLinkage(route, given, transaction)
    return writeRelationship({ ...asked, ...(isConditional && { check }) }, given, transaction)
  })
  runtime.changed(changed)
  return { status: 204, body: '', headers: { 'cache-control': 'no-store' } }
}
