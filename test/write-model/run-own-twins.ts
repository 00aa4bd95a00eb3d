// Sends singulars and actions that are functions to two databases that are the same to their caller: answers and views are the same again.
import type { HttpResponse } from '../../src/request/http-request.ts'
import type { ApiDefinition } from '../../src/schema/resource-definition.ts'
import type { Caller } from '../non-interference/condition.ts'
import { differ } from '../non-interference/differ.ts'
import { makeCaller } from '../non-interference/make-caller.ts'
import { Random } from '../non-interference/random.ts'
import type { Data, Row } from '../non-interference/world.ts'
import { Judge } from './judge.ts'
import { makePolicy, type Policy, toDefinition } from './policy.ts'
import type { WriteProduct } from './product.ts'
import { load, makeRows, readAll, type Tables } from './run-cases.ts'
import { changeHidden } from './run-twins.ts'

interface Request {
  readonly method: string
  readonly path: string
  readonly body: string | null
  /** The book, and what is said of the caller's mark of it; null for an action. */
  readonly mark: { readonly book: string; readonly members: Readonly<Record<string, string | number>> } | null
}

const requestsOfCase = 8

/** @returns what is not the same; null where all is */
export async function runOwnTwins(
  product: WriteProduct,
  twins: readonly [Tables, Tables],
  seed: number,
  counts: Map<string, number>,
): Promise<object | null> {
  const random = new Random(seed)
  const { world, schema } = twins[0]
  const policy = makePolicy(world, random)
  const definition = withOwn(toDefinition(policy, world), policy, random)
  const api = product.compileApi(definition, schema, product.sqlTypeOf)
  const errors: unknown[] = []
  let caller: Caller = { id: null, claims: new Map() }
  const inputs = product.compileAllInputs(definition, api, schema)
  const runtimes = twins.map(({ database }) =>
    product.makeRuntime({
      ...{ api, inputs, database },
      identify: () => caller,
      secret: 'one secret for both of them, 32 bytes',
      onError: error => void errors.push(error),
    }),
  )
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  for (let i = 0; i < requestsOfCase; i++) {
    caller = makeCaller(random)
    const judge = new Judge(world, policy, caller)
    const first = makeRows(world, random)
    const pair = [first, changeHidden(first, judge, world, random)] as const
    if (JSON.stringify(pair[0]) === JSON.stringify(pair[1])) continue
    const request = makeRequest(pair[random.int(2)] as Data, random)
    const { mark } = request
    // A policy over hidden columns tells its own yes or no of the row as it would be.
    const [would, wouldToo] = pair.map(data => judge.view(mark ? withMark(data, caller, mark) : data))
    if (would !== wouldToo) {
      count('told by the policy')
      continue
    }
    const isRefused = mark !== null && pair.some(data => standsInTheWay(data, caller, mark.book, judge))
    const answers = (await Promise.all(
      runtimes.map(async (runtime, at) => {
        await load((twins[at] as Tables).client, pair[at] as Data, world)
        return product.handleRequest(toHttp(request, i), runtime)
      }),
    )) as [HttpResponse, HttpResponse]
    const said = {
      seed,
      request,
      caller: [caller.id, ...caller.claims],
      answers,
      errors,
      pair,
      roles: [...policy.roles],
    }
    if (answers.some(({ status }) => status >= 500)) return { what: 'an error of our own', ...said }
    if (!differ(answers)) {
      count(`${request.method} ${answers[0].status} alike`)
      const after = await Promise.all(twins.map(({ client }) => readAll(client, world)))
      // What a function of the definition does is not judged again.
      if (mark && judge.view(after[0] as Data) !== judge.view(after[1] as Data)) return { what: 'other views', ...said }
      continue
    }
    if (!isRefused) return { what: 'other answers', ...said }
    const told = answers.filter(({ status }) => status === 409).map(({ body }) => body)
    if (told.some(body => !body.includes('"code":"conflict"') || body.includes('"source"')))
      return { what: 'more than one bit', ...said }
    count('one bit of a constraint')
  }
  return null
}

function withOwn(definition: ApiDefinition, policy: Policy, random: Random): ApiDefinition {
  const { books } = definition.resources
  const roles = (policy.roles.get('books') ?? []).map(role => role.name)
  if (!books) return definition
  // Over what is readable wherever the row is: a condition over hidden columns would tell its own yes or no.
  const judged = { roles: random.some(roles, 1, roles.length), ...(random.chance(0.4) && { where: { id: { lt: 5 } } }) }
  const run = async ({ records, db }: { records: readonly { id: number }[]; db: HookDatabase }) => {
    for (const { id } of records) await db.updateTable('books').set({ stars: 50 }).where('id', '=', id).execute()
  }
  const options = {
    ...books.options,
    singulars: { mark: { of: 'marks', by: { folk: { principal: 'id' } } } },
    ...(roles.length > 0 && { actions: { praise: { ...judged, run } } }),
  }
  return { ...definition, resources: { ...definition.resources, books: { ...books, options } } }
}

interface HookDatabase {
  updateTable(table: string): { set(values: object): { where(...leaf: unknown[]): { execute(): Promise<unknown> } } }
}

function makeRequest(data: Data, random: Random): Request {
  const books = data.books ?? []
  const anyBook = () => (books.length > 0 && random.chance(0.9) ? (random.pick(books).id as string) : '77')
  if (random.chance(0.3)) {
    const ids = Array.from({ length: 1 + random.int(4) }, () => Number(anyBook()))
    if (random.chance(0.5))
      return { method: 'POST', path: '/actions/praise/books', body: JSON.stringify({ ids }), mark: null }
    return { method: 'POST', path: `/books/${ids[0]}/actions/praise`, body: null, mark: null }
  }
  const method = random.pick(['PUT', 'PUT', 'POST', 'DELETE', 'GET', 'PATCH', 'OPTIONS'])
  const book = anyBook()
  const members = random.chance(0.5)
    ? {}
    : random.pick<Readonly<Record<string, string | number>>>([{ level: 3 }, { word: 'a' }])
  const hasBody = ['PUT', 'POST', 'PATCH'].includes(method)
  return {
    method,
    path: `/books/${book}/mark`,
    body: hasBody && (method === 'PATCH' || random.chance(0.7)) ? JSON.stringify(members) : null,
    mark: { book, members: hasBody ? members : {} },
  }
}

const isMark = (row: Row, { id }: Caller, book: string) => row.book_id === book && row.folk_id === id

function withMark(data: Data, caller: Caller, { book, members }: NonNullable<Request['mark']>): Data {
  if (caller.id === null || !/^\d+$/.test(caller.id)) return data
  const marks = data.marks ?? []
  const old = marks.find(row => isMark(row, caller, book)) ?? {
    book_id: book,
    folk_id: caller.id,
    level: null,
    word: null,
  }
  const said = Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]))
  return { ...data, marks: [...marks.filter(row => row !== old), { ...old, ...said }] }
}

/** A mark of his that he does not see, or no such person as he would be: what only the database knows. */
function standsInTheWay(data: Data, caller: Caller, book: string, judge: Judge): boolean {
  const marks = data.marks ?? []
  const own = marks.find(row => isMark(row, caller, book))
  const without = { ...data, marks: marks.filter(row => row !== own) }
  const isHidden = own !== undefined && judge.view(without) === judge.view(data)
  return isHidden || !(data.folks ?? []).some(row => row.id === caller.id)
}

function toHttp({ method, path, body }: Request, number: number) {
  return {
    method,
    target: `/api${path}`,
    headers: { 'request-id': `r${number}`, ...(body !== null && { 'content-type': 'application/json' }) },
    body: async () => new TextEncoder().encode(body ?? ''),
    isGone: () => false,
  }
}
