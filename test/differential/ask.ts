// Asks a question over HTTP in one of its spellings, and compares what comes with the naive answer.
import { isDeepStrictEqual } from 'node:util'
import type { VideosUnderTest } from '../support/api-under-test.ts'
import { type Answer, answer, isItem, matchingRows } from './answer.ts'
import type { Choices } from './choices.ts'
import type { Include, Question } from './question.ts'
import type { Form } from './spell-condition.ts'
import { spellQuestion } from './spell-question.ts'
import type { View } from './view.ts'
import { keyDepth, maxKeyDepth, type Request, writeRequest } from './write-request.ts'

export interface Asked {
  readonly requests: number
  readonly isEmpty: boolean
}

export interface Asking {
  readonly api: VideosUnderTest
  readonly view: View
  readonly token: string | null
  readonly choices: Choices
}

const defaultSize = 25

/** @throws Mismatch where the API and the model differ */
export async function ask(asking: Asking, drawn: Question): Promise<Asked> {
  const { view, choices } = asking
  const form: Form = !isItem(drawn) && choices.chance(35) ? 'body' : 'url'
  const { question, request } = write(choices, form, resolveWalk(view, drawn))
  if (question.page.kind === 'walk') return walk(asking, question, question.page.size, request)
  const { page } = question
  const size = page.size ?? defaultSize
  const from = page.kind === 'offset' ? ((page.number ?? 1) - 1) * size + (page.offset ?? 0) : 0
  const { answered } = await compare(asking, question, request, answer(view, question, from, size))
  return { requests: 1, isEmpty: isEmpty(answered) }
}

/** What is too long for a request is asked without its filters. */
function write(choices: Choices, form: Form, question: Question): { readonly question: Question; readonly request: Request } {
  const said = spellQuestion(choices, form, question)
  const request = writeRequest(choices, form, question, said)
  if (keyDepth(said) <= maxKeyDepth && said.length <= 40 && request.path.length < 12_000) return { question, request }
  const { selection } = question
  const plain: Question = { ...question, filter: null, selection: { ...selection, includes: selection.includes.map(withoutFilters) } }
  return { question: plain, request: writeRequest(choices, form, plain, spellQuestion(choices, form, plain)) }
}

function withoutFilters(include: Include): Include {
  const { selection } = include
  return { ...include, filter: null, selection: { ...selection, includes: selection.includes.map(withoutFilters) } }
}

/** A walk is drawn as a number of pages. */
function resolveWalk(view: View, question: Question): Question {
  if (question.page.kind !== 'walk') return question
  const rows = matchingRows(view, question)
  if (!rows || view.rolesOn(question.resource).length === 0) return { ...question, page: { kind: 'keyset', size: null } }
  return { ...question, page: { kind: 'walk', size: Math.min(100, Math.max(1, Math.ceil(rows.length / question.page.size))) } }
}

/** Forward to the end by `next`, and back to the beginning by `prev`. */
async function walk(asking: Asking, question: Question, size: number, first: Request): Promise<Asked> {
  const { view } = asking
  const total = matchingRows(view, question)?.length ?? 0
  let request = first
  let empty = true
  let requests = 0
  const step = async (from: number, backward: boolean) => {
    const expected = answer(view, question, from, size)
    const { answered, next, prev } = await compare(asking, question, request, backward ? behind(expected) : expected)
    requests++
    empty &&= isEmpty(answered)
    return { next, prev }
  }
  let from = 0
  for (;;) {
    const { next, prev } = await step(from, false)
    const place = from + size < total ? next : prev
    if (place === null) return { requests, isEmpty: empty }
    request = turn(first, place, from + size < total ? 'after' : 'before')
    if (from + size >= total) break
    from += size
  }
  // Pages before a cursor have the full size as far as there are rows.
  for (from -= size; from >= 0; from -= size) {
    const { prev } = await step(from, true)
    if (from === 0) break
    request = turn(first, prev ?? '', 'before')
  }
  return { requests, isEmpty: empty }
}

/** A page before a cursor has one after it. */
function behind({ status, body }: Answer): Answer {
  const links = body?.links as { readonly prev: boolean } | undefined
  return { status, body: body && { ...body, links: { next: true, prev: links?.prev ?? false } } }
}

/** The same question at another place: a link as it came, or the cursor of a body. */
function turn(first: Request, place: string, side: 'after' | 'before'): Request {
  if (first.method === 'GET') return { ...first, path: place }
  const body = first.body as { readonly page?: Readonly<Record<string, unknown>> }
  return { ...first, body: { ...body, page: { ...body.page, [side]: place } } }
}

interface Compared {
  readonly answered: unknown
  readonly next: string | null
  readonly prev: string | null
}

async function compare({ api, token, view }: Asking, question: Question, { method, path, body }: Request, expected: Answer): Promise<Compared> {
  api.statements.length = 0
  ;(api.errors as unknown[]).length = 0
  const json = body === undefined ? undefined : JSON.stringify(body)
  const reply = await api.get(path.replace(/^\/api/, ''), { token, method, ...(json !== undefined && { body: json, headers: { 'content-type': 'application/json' } }) })
  const links = readLinks(reply.json, json !== undefined)
  const answered = reply.status === 200 ? plain(reply.json, json !== undefined, isItem(question)) : null
  const statements = expected.status === 200 ? 1 : api.statements.length
  const same = reply.status === expected.status && isDeepStrictEqual(answered, normal(expected.body)) && api.statements.length === statements && api.errors.length === 0
  if (same) return { answered, ...links }
  const asked = `${view.principal.name}: ${method} ${path}${json === undefined ? '' : `\n  ${json}`}`
  const [ours, theirs] = [JSON.stringify(normal(expected.body)), JSON.stringify(answered ?? reply.json)]
  const rest = `${api.statements.length} statements, errors: ${api.errors.map(String).join('; ') || 'none'}`
  throw new Mismatch(`${asked}\n  decoded: ${decodeURIComponent(path.replaceAll('+', ' '))}\n  ${differenceOf(answered, normal(expected.body), '')}\n  naive ${expected.status}: ${cut(ours)}\n  the API ${reply.status}: ${cut(theirs)}\n  ${rest}`)
}

export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

/** Without members that are undefined, and without a prototype's surprises. */
function normal(value: unknown): unknown {
  return value === null ? null : JSON.parse(JSON.stringify(value))
}

function readLinks(body: unknown, fromBody: boolean): { readonly next: string | null; readonly prev: string | null } {
  const { links, meta } = (body ?? {}) as { readonly links?: object; readonly meta?: { readonly page?: object } }
  return { next: null, prev: null, ...(fromBody ? meta?.page : links) }
}

/** Links and cursors as whether there is one; a query in a body has them in `meta.page`. */
function plain(body: unknown, fromBody: boolean, single: boolean): unknown {
  const { links: _links, meta, ...rest } = body as { readonly data: unknown; readonly links?: unknown; readonly meta?: Readonly<Record<string, unknown>> }
  const { next, prev } = readLinks(body, fromBody)
  const { next: _next, prev: _prev, ...page } = fromBody ? ((meta?.page ?? {}) as Readonly<Record<string, unknown>>) : ({ ...(meta?.page as object) } as Readonly<Record<string, unknown>>)
  const { page: _page, ...others } = meta ?? {}
  const all = { ...others, ...(Object.keys(page).length > 0 && { page }) }
  return { ...rest, ...(Object.keys(all).length > 0 && { meta: all }), ...(!single && { links: { next: next !== null, prev: prev !== null } }) }
}

function isEmpty(answered: unknown): boolean {
  const data = (answered as { readonly data?: unknown } | null)?.data
  return data === undefined || (Array.isArray(data) && data.length === 0)
}

/** Where two values differ first. */
function differenceOf(api: unknown, naive: unknown, path: string): string {
  if (isDeepStrictEqual(api, naive)) return ''
  if (typeof api !== 'object' || typeof naive !== 'object' || api === null || naive === null) return `at ${path || 'the root'}: the API ${JSON.stringify(api)}, naive ${JSON.stringify(naive)}`
  const [left, right] = [api as Readonly<Record<string, unknown>>, naive as Readonly<Record<string, unknown>>]
  const name = [...new Set([...Object.keys(left), ...Object.keys(right)])].find(one => !isDeepStrictEqual(left[one], right[one])) ?? ''
  return differenceOf(left[name], right[name], `${path}.${name}`)
}

function cut(text: string | undefined): string {
  return text === undefined ? 'nothing' : text.length > 1500 ? `${text.slice(0, 1500)}…` : text
}
