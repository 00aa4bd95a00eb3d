// Asks a question a second time as JSON:API, and holds the document against the naive view of the same rows.
import { isDeepStrictEqual } from 'node:util'
import { type Answer, answer, isItem, matchingRows } from './answer.ts'
import { type Asking, Mismatch } from './compare.ts'
import type { Question } from './question.ts'
import { DocumentView, type Shown, type ShownRelationship } from './show-document.ts'
import { toDocumentQuestion, writeDocumentRequest } from './spell-document.ts'

const mediaType = 'application/vnd.api+json'
const defaultSize = 25
/** Of a list, by `links.next`. */
const maxPages = 3

/**
 * @returns how many requests that took
 * @throws Mismatch where the document and the model differ, a record stands in it twice, or nothing leads to it
 */
export async function compareDocuments(asking: Asking, drawn: Question): Promise<number> {
  const question = toDocumentQuestion(drawn)
  const { page } = question
  const size = page.size ?? defaultSize
  let from = page.kind === 'offset' ? ((page.number ?? 1) - 1) * size + (page.offset ?? 0) : 0
  let path: string | null = writeDocumentRequest(asking.choices, question).path
  // What is too long for a request was asked plainly without its filters.
  if (path.length > 12_000) return 0
  let requests = 0
  for (; path !== null && requests < maxPages; from += size, requests += 1)
    path = await comparePage(asking, pagesOn(question, requests), path, from, size)
  return requests
}

function pagesOn(question: Question, further: number): Question {
  const { page } = question
  return page.kind === 'offset' ? { ...question, page: { ...page, number: (page.number ?? 1) + further } } : question
}

async function comparePage(
  { api, token, view }: Asking,
  question: Question,
  path: string,
  from: number,
  size: number,
): Promise<string | null> {
  ;(api.errors as unknown[]).length = 0
  const reply = await api.get(path.replace(/^\/api/, ''), { token, headers: { accept: mediaType } })
  const plain = answer(view, question, from, size)
  const fail = (what: string): never => {
    throw new Mismatch(
      `${view.principal.name}: as JSON:API ${path}\n  decoded: ${decodeURIComponent(path.replaceAll('+', ' '))}\n  ${what}\n  ${api.errors.map(String).join('; ')}`,
    )
  }
  // The key of a condition, or the URL, may be too deep or too long for either form alike.
  if (reply.status === 400 && reply.json.errors[0].code === 'limit_exceeded') return null
  const none = isItem(question) && plain.status === 404 && leadsToNone(view, question)
  const status = none ? 200 : plain.status
  if (reply.status !== status) fail(`naive ${status}, the API ${reply.status}: ${reply.text.slice(0, 500)}`)
  if (!reply.headers.get('content-type')?.startsWith(mediaType))
    fail(`not JSON:API but ${reply.headers.get('content-type')}`)
  if (status !== 200) return null
  if (none) {
    if (reply.json.data !== null || 'included' in reply.json) fail('a record that is none')
    return null
  }
  const document = readDocument(reply.json, fail)
  const expected = expect(view, question, from, size, plain)
  for (const part of ['data', 'meta', 'pages'] as const)
    if (!isDeepStrictEqual(document[part], expected[part]))
      fail(`${part}: naive ${JSON.stringify(expected[part])}, the API ${JSON.stringify(document[part])}`)
  compareRecords(document.records, expected.records, fail)
  return document.next
}

/** A relationship to one record that is there and leads to none is null; the plain form has nothing to show for it. */
function leadsToNone(view: Asking['view'], question: Question): boolean {
  const { route } = question
  if (route.kind !== 'nested' || route.below !== null || view.rolesOn(route.parent).length === 0) return false
  return matchingRows(view, question)?.length === 0
}

interface Document {
  readonly data: string | readonly string[] | null
  readonly meta: unknown
  /** Whether there is a next and a previous page; null of one record. */
  readonly pages: { readonly next: boolean; readonly prev: boolean } | null
  readonly records: Shown
}

function expect(view: Asking['view'], question: Question, from: number, size: number, plain: Answer): Document {
  const shown = new DocumentView(view)
  const single = isItem(question)
  const rows = matchingRows(view, question) ?? []
  const add = (row: Parameters<DocumentView['add']>[1]) =>
    shown.add(question.resource, row, question.selection, single ? 'item' : 'list')
  const data = single ? add(rowOf(view, question)) : rows.slice(from, from + size).map(add)
  const { included: _, ...meta } = (plain.body?.meta ?? {}) as Readonly<Record<string, unknown>>
  return {
    data,
    meta: JSON.parse(JSON.stringify(meta)),
    pages: single ? null : (plain.body?.links as Document['pages']),
    records: shown.records,
  }
}

function rowOf(view: Asking['view'], question: Question) {
  // The one row that the plain answer shows, found by its key.
  const { body } = answer(view, { ...question, selection: { fields: [], includes: [] } }, 0, 1)
  const key = body?.data as Readonly<Record<string, unknown>>
  const found = view
    .visibleRows(question.resource)
    .find(row => Object.entries(key).every(([name, value]) => idOf(value) === String(row[name] ?? row[`${name}_id`])))
  if (!found) throw new Error('the row is gone')
  return found
}

function idOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? String((value as { readonly id: unknown }).id) : String(value)
}

// biome-ignore lint/suspicious/noExplicitAny: a document is read as it comes
type Json = any

function readDocument(body: Json, fail: (what: string) => never): Document & { readonly next: string | null } {
  const { data, included = [], meta = {}, links, jsonapi } = body
  if (jsonapi?.version !== '1.1') fail('it does not say its version')
  const records: Shown = new Map()
  const name = ({ type, id }: Json) => `${type} ${id}`
  const page: readonly Json[] = Array.isArray(data) ? data : [data]
  for (const object of [...page, ...included]) {
    if (records.has(name(object))) fail(`${name(object)} stands in it twice`)
    records.set(name(object), {
      attributes: object.attributes,
      relationships: Object.fromEntries(
        Object.entries<Json>(object.relationships ?? {}).map(([one, relationship]) => [one, read(relationship, name)]),
      ),
      self: object.links?.self ?? null,
    })
  }
  const isList = Array.isArray(data)
  return {
    data: isList ? data.map(name) : name(data),
    meta,
    pages: isList ? { next: links.next !== null, prev: links.prev !== null } : null,
    records,
    next: isList ? links.next : null,
  }
}

function read({ links, data }: Json, name: (one: Json) => string): ShownRelationship {
  return {
    links: links?.self !== undefined && links.related !== undefined,
    ...(data !== undefined && { data: Array.isArray(data) ? data.map(name) : data && name(data) }),
    ...(Array.isArray(data) && { isCut: links?.next !== undefined }),
  }
}

function compareRecords(api: Shown, naive: Shown, fail: (what: string) => never): void {
  const missing = [...naive.keys()].filter(one => !api.has(one))
  const extra = [...api.keys()].filter(one => !naive.has(one))
  if (missing.length + extra.length > 0) fail(`missing: ${missing.join('; ')}, and not asked for: ${extra.join('; ')}`)
  for (const [name, expected] of naive) {
    const got = api.get(name)
    for (const [relationship, { data, isCut }] of Object.entries(expected.relationships)) {
      // United of several lists: in any order, and cut or not.
      const own = got?.relationships[relationship]
      if (!Array.isArray(data) || isCut !== undefined || !own || !Array.isArray(own.data)) continue
      own.data = [...own.data].sort()
      own.isCut = undefined
    }
    const [left, right] = [JSON.stringify(sorted(got)), JSON.stringify(sorted(expected))]
    if (left !== right) fail(`${name}: naive ${right}\n  the API ${left}`)
  }
}

/** With members in the order of their names. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  )
}
