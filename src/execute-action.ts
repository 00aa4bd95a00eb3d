// Does an action to records: to one, which is answered, or to many in one statement, whose outcome is counted.
import { allowActionOnMany, checkAction, type PermittedAction } from './access/allow-action.ts'
import { accessTo } from './access/allow-read.ts'
import type { PermittedWrite } from './access/permitted-write.ts'
import { newSlots } from './access/slots.ts'
import type { WriteAnswer } from './answer-write.ts'
import { ApiError } from './errors/api-error.ts'
import { WriteRefused } from './errors/write-refused.ts'
import { executeWrite, type WriteToExecute } from './execute-write.ts'
import { toByteText } from './formats/byte-text.ts'
import { isTrue, type Rows, textOf } from './formats/rows.ts'
import { bindParameters } from './plan/bind.ts'
import { actionColumns } from './plan/plan-action.ts'
import type { ActionRoute } from './request/read-route.ts'
import { conflict, explainRefusal } from './respond/explain-refusal.ts'
import { type RunOutcome, runOnMany, runOnOne } from './run-action.ts'
import type { Resource } from './schema/model.ts'

/** @throws ApiError for what is refused as a whole; nothing is changed then */
export async function executeAction(given: WriteToExecute, route: ActionRoute): Promise<WriteAnswer> {
  const { request, access: set, runtime } = given
  const { resource, action } = route
  const access = accessTo(resource, set)
  checkAction(action, access, set)
  if (route.id !== null) {
    readObject(request.body ?? {}, [])
    return action.run ? runOnOne(action.run, route, given) : executeWrite(given)
  }
  const { ids, places, keys } = readIds(request.body, resource, runtime.api.limits.listItems)
  const permitted = allowActionOnMany(action, keys, access, set, newSlots())
  const outcome =
    places.length === 0
      ? { changed: 0, notFound: [], notPermitted: [] }
      : action.run
        ? await runOnMany(permitted, places.length, action.run, given)
        : await setOnMany(permitted, given)
  const idsAt = (found: readonly number[]) => new Set(found.map(one => places[one]))
  const missing = idsAt(outcome.notFound)
  const refused = idsAt(outcome.notPermitted)
  const known = new Set(places)
  const data = {
    changed: outcome.changed,
    not_found: ids.filter((_, i) => missing.has(i) || !known.has(i)),
    not_permitted: ids.filter((_, i) => refused.has(i)),
  }
  return { status: 200, body: toByteText(JSON.stringify({ data })), headers: { 'cache-control': 'no-store' } }
}

async function setOnMany(permitted: PermittedAction, given: WriteToExecute): Promise<RunOutcome> {
  const { database, changed } = given.runtime
  const { name, text, parameters, after } = given.runtime.plans.planForAction(permitted)
  const statement = { name, text, values: bindParameters(parameters, permitted.values, given.principal) }
  const { table } = permitted.access.resource
  try {
    const outcome = after
      ? await database.transaction(async ({ run }) => {
          const found = await run(statement, readOutcome)
          const slots = [...permitted.values]
          for (const slot of permitted.keys) slots[slot] = found.changed.map(place => slots[slot]?.[place] ?? '')
          const values = bindParameters(after.parameters, slots, given.principal)
          await run({ name: `${name}a`, text: after.text, values }, () => undefined)
          return found
        })
      : await database.write(statement, readOutcome)
    if (outcome.changed.length > 0) changed([`${table.schema}.${table.name}`])
    return { ...outcome, changed: outcome.changed.length }
  } catch (error) {
    throw error instanceof WriteRefused ? whyRefused(error, permitted) : error
  }
}

type Id = string | number

interface Ids {
  /** Each once, as the caller spelled it first. */
  readonly ids: readonly Id[]
  /** Which of the ids the keys are of: what is no value of the key's type is the id of nothing. */
  readonly places: readonly number[]
  /** One list a column of the key. */
  readonly keys: readonly (readonly string[])[]
}

/** @throws ApiError 400, 422 for a body that is not `{"ids":[…]}` */
function readIds(body: unknown, resource: Resource, max: number): Ids {
  const { ids: given } = readObject(body, ['ids'])
  if (given === undefined)
    throw new ApiError('missing_member', 'Give the ids of the records: {"ids":[1,2]}.', { source: { pointer: '/ids' } })
  if (!Array.isArray(given))
    throw new ApiError('invalid_member', 'It must be a list of ids.', { source: { pointer: '/ids' } })
  if (given.length > max)
    throw new ApiError('limit_exceeded', `At most ${max} ids in one request.`, {
      source: { pointer: '/ids' },
      meta: { limit: 'listItems', max },
    })
  const ids: Id[] = []
  const places: number[] = []
  const keys: string[][] = resource.key.map(() => [])
  const seen = new Set<string>()
  for (const [i, id] of given.entries()) {
    if (typeof id !== 'string' && typeof id !== 'number')
      throw new ApiError('invalid_member', 'An id is a string or a number.', { source: { pointer: `/ids/${i}` } })
    const parts = partsOf(id, resource)
    const name = JSON.stringify(parts ?? String(id))
    if (seen.has(name)) continue
    seen.add(name)
    const place = ids.push(id) - 1
    if (!parts) continue
    places.push(place)
    for (const [at, part] of parts.entries()) keys[at]?.push(part)
  }
  return { ids, places, keys }
}

/** The key as PostgreSQL reads it; null where the id is no value of its type. */
function partsOf(id: Id, { key }: Resource): readonly string[] | null {
  const texts =
    key.length === 1
      ? [id]
      : String(id)
          .split(',')
          .map(part => part.replaceAll('~1', ',').replaceAll('~0', '~'))
  const parts = texts.flatMap((text, i) => key[i]?.type.parse(text) ?? [])
  return texts.length === key.length && parts.length === key.length ? parts : null
}

/** @throws ApiError 400 for what is no object, 422 for a member that it does not take */
function readObject(body: unknown, members: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ApiError('malformed_body', 'The body must be an object.', { source: { pointer: '' } })
  const unknown = Object.keys(body).find(name => !members.includes(name))
  if (unknown !== undefined) {
    const taken = members.length > 0 ? `It takes ${members.join(', ')}.` : 'It takes an empty object, or no body.'
    throw new ApiError('unknown_member', `There is no such member here. ${taken}`, {
      source: { pointer: `/${unknown.replaceAll('~', '~0').replaceAll('/', '~1')}` },
    })
  }
  return body as Readonly<Record<string, unknown>>
}

/** Places in the lists of keys. */
interface Outcome {
  readonly changed: readonly number[]
  readonly notFound: readonly number[]
  readonly notPermitted: readonly number[]
}

function readOutcome(rows: Rows): Outcome {
  const changed: number[] = []
  const notFound: number[] = []
  const notPermitted: number[] = []
  for (let i = 0; i < rows.length; i++) {
    const row = rows.at(i)
    const place = Number(textOf(row, actionColumns.place)) - 1
    if (isTrue(row, actionColumns.changed)) changed.push(place)
    else if (isTrue(row, actionColumns.seen)) notPermitted.push(place)
    else notFound.push(place)
  }
  return { changed, notFound, notPermitted }
}

/** The body holds no values, so none of it can be pointed at. */
function whyRefused(error: WriteRefused, write: PermittedWrite): ApiError {
  const told = explainRefusal(error, write, undefined, '')
  return told instanceof ApiError && told.status !== 422 ? told : conflict()
}
