// Reads a record in the transaction that writes it, as its caller's GET would.
import { allowRead, cursorList } from './access/allow-read.ts'
import type { CursorValues } from './access/cursors.ts'
import { bindParameters } from './plan/bind.ts'
import { formOf } from './request/choose-format.ts'
import type { RelationshipRoute } from './request/read-route.ts'
import { type ReadTarget, toReadTarget } from './request/read-target.ts'
import { fillCode } from './respond/fill-code.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import { linksOf, relatedPath } from './respond/record-links.ts'
import { respondRead, respondRecord } from './respond/respond-read.ts'
import type { Written } from './respond/respond-write.ts'
import type { Run, WriteToExecute } from './run-write.ts'

/** @throws ApiError 404 where it is not there for the caller */
export async function readAgain(target: ReadTarget, given: WriteToExecute, run: Run): Promise<ReadAnswer> {
  const { request, access: set, principal } = given
  const { plan, values, context } = planAgain(target, given)
  const answer = await run({ name: plan.name, text: plan.text, values }, rows => respondRead(context, rows))
  const { code } = plan.layout
  if (code.length === 0) return answer
  return { ...answer, body: await fillCode(answer.body, code, principal, linksOf(request.base, set)) }
}

/** What a GET of the path of a relationship would answer. @throws ApiError 404 where it is not there for the caller */
export async function readLinkage(route: RelationshipRoute, given: WriteToExecute, run: Run): Promise<ReadAnswer> {
  const { request, access: set, runtime, principal } = given
  const { cursors } = runtime
  const options = { principal, cursors, version: request.version, form: 'identifier', isConditional: true } as const
  const read = allowRead(toReadTarget(route), request.query, set, options)
  const plan = runtime.plans.planFor(read)
  const values = bindParameters(plan.parameters, read.values, principal)
  const seal = (place: CursorValues) => cursors.seal(cursorList(read.access, read.sort, set, options), place)
  const related = relatedPath(request.path)
  const context = { ...request, method: 'GET', related, read, plan, write: plan.write, seal }
  return run({ name: plan.name, text: plan.text, values }, rows => respondRead(context, rows))
}

/** The record alone, and what a document would include, as byte text. */
export async function readRecord(
  target: ReadTarget,
  given: WriteToExecute,
  run: Run,
): Promise<Pick<Written, 'record' | 'included'>> {
  const { request, access: set, principal } = given
  const { plan, values, context } = planAgain(target, given)
  const { record, included } = await run({ name: plan.name, text: plan.text, values }, rows =>
    respondRecord(context, rows),
  )
  const fill = (text: string) => fillCode(text, plan.layout.code, principal, linksOf(request.base, set))
  return { record: await fill(record), ...(included !== undefined && { included: await fill(included) }) }
}

function planAgain(target: ReadTarget, given: WriteToExecute) {
  const { request, access: set, runtime, principal } = given
  const options = { principal, cursors: runtime.cursors, version: request.version, form: formOf(given.format) }
  const read = allowRead(target, request.query, set, options)
  const plan = runtime.plans.planFor(read)
  const values = bindParameters(plan.parameters, read.values, principal)
  const seal = () => ''
  return { plan, values, context: { ...request, method: 'GET', read, plan, values, write: plan.write, seal } }
}
