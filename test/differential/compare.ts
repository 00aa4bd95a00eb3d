// Sends one request, and compares what comes with the naive answer.
import { isDeepStrictEqual } from 'node:util'
import type { ApiUnderTest } from '../support/api-under-test.ts'
import type { Answer } from './answer.ts'
import type { Choices } from './choices.ts'
import { unspellCamel } from './spell-camel.ts'
import type { View } from './view.ts'
import type { Request } from './write-request.ts'

export interface Asking {
  readonly api: ApiUnderTest
  readonly view: View
  readonly token: string | null
  readonly choices: Choices
  /** Whether the API that is asked spells its names in camelCase. */
  readonly camel: boolean
}

export interface Asked {
  readonly requests: number
  /** Of them those that asked for JSON:API. */
  readonly documents: number
  readonly isEmpty: boolean
  /** The statuses of the parts of lists that were asked for. */
  readonly parts?: readonly number[]
}

export interface Compared {
  readonly answered: unknown
  readonly next: string | null
  readonly prev: string | null
  readonly headers: Headers
}

/** @throws Mismatch where the API and the model differ; also for more than one statement, or an error of ours */
export async function compare(
  { api, token, view, camel }: Asking,
  { method, path, body, headers = {} }: Request,
  expected: Answer,
): Promise<Compared> {
  api.statements.length = 0
  ;(api.errors as unknown[]).length = 0
  const json = body === undefined ? undefined : JSON.stringify(body)
  const reply = await api.get(path.replace(/^\/api/, ''), {
    token,
    method,
    headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...(json !== undefined && { body: json }),
  })
  const links = readLinks(reply.json, json !== undefined)
  const isShown = reply.status === 200 || reply.status === 206
  const answered = isShown
    ? plain(camel ? unspellCamel(reply.json) : reply.json, json !== undefined, isSingle(expected))
    : null
  // Each minute it is looked, beside the requests, whether tokens were revoked.
  const ran = api.statements.filter(text => !text.startsWith('select has_schema_privilege(')).length
  const statements = expected.status === 200 || expected.status === 206 ? 1 : ran
  const same =
    reply.status === expected.status &&
    isDeepStrictEqual(answered, normal(expected.body)) &&
    ran === statements &&
    api.errors.length === 0
  if (same) return { answered, ...links, headers: reply.headers }
  const asked = `${view.principal.name}: ${method} ${path} ${JSON.stringify(headers)}${json === undefined ? '' : `\n  ${json}`}`
  const [ours, theirs] = [JSON.stringify(normal(expected.body)), JSON.stringify(answered ?? reply.json)]
  const rest = `${ran} statements, errors: ${api.errors.map(String).join('; ') || 'none'}`
  throw new Mismatch(
    `${asked}\n  decoded: ${decodeURIComponent(path.replaceAll('+', ' '))}\n  ${differenceOf(answered, normal(expected.body), '')}\n  naive ${expected.status}: ${cut(ours)}\n  the API ${reply.status}: ${cut(theirs)}\n  ${rest}`,
  )
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
  const {
    links: _links,
    meta,
    ...rest
  } = body as { readonly data: unknown; readonly links?: unknown; readonly meta?: Readonly<Record<string, unknown>> }
  const { next, prev } = readLinks(body, fromBody)
  const {
    next: _next,
    prev: _prev,
    ...page
  } = fromBody
    ? ((meta?.page ?? {}) as Readonly<Record<string, unknown>>)
    : ({ ...(meta?.page as object) } as Readonly<Record<string, unknown>>)
  const { page: _page, ...others } = meta ?? {}
  const all = { ...others, ...(Object.keys(page).length > 0 && { page }) }
  return {
    ...rest,
    ...(Object.keys(all).length > 0 && { meta: all }),
    ...(!single && { links: { next: next !== null, prev: prev !== null } }),
  }
}

export function isEmpty(answered: unknown): boolean {
  const data = (answered as { readonly data?: unknown } | null)?.data
  return data === undefined || (Array.isArray(data) && data.length === 0)
}

/** One record has no links to pages. */
function isSingle({ body }: Answer): boolean {
  return body !== null && !('links' in body)
}

/** Where two values differ first. */
function differenceOf(api: unknown, naive: unknown, path: string): string {
  if (isDeepStrictEqual(api, naive)) return ''
  if (typeof api !== 'object' || typeof naive !== 'object' || api === null || naive === null)
    return `at ${path || 'the root'}: the API ${JSON.stringify(api)}, naive ${JSON.stringify(naive)}`
  const [left, right] = [api as Readonly<Record<string, unknown>>, naive as Readonly<Record<string, unknown>>]
  const name =
    [...new Set([...Object.keys(left), ...Object.keys(right)])].find(
      one => !isDeepStrictEqual(left[one], right[one]),
    ) ?? ''
  return differenceOf(left[name], right[name], `${path}.${name}`)
}

function cut(text: string | undefined): string {
  return text === undefined ? 'nothing' : text.length > 1500 ? `${text.slice(0, 1500)}…` : text
}
