// Walks through all pages of a list and back, page by page against the naive answer.
import { type Answer, answer, matchingRows } from './answer.ts'
import { type Asked, type Asking, compare, isEmpty } from './compare.ts'
import type { Question } from './question.ts'
import type { View } from './view.ts'
import type { Request } from './write-request.ts'

/** A walk is drawn as a number of pages. */
export function resolveWalk(view: View, question: Question): Question {
  if (question.page.kind !== 'walk') return question
  const rows = matchingRows(view, question)
  if (!rows || view.rolesOn(question.resource).length === 0)
    return { ...question, page: { kind: 'keyset', size: null } }
  return {
    ...question,
    page: { kind: 'walk', size: Math.min(100, Math.max(1, Math.ceil(rows.length / question.page.size))) },
  }
}

/** Forward to the end by `next`, back to the beginning by `prev`, and what lies between two cursors. */
export async function walk(asking: Asking, question: Question, size: number, first: Request): Promise<Asked> {
  const { view } = asking
  const total = matchingRows(view, question)?.length ?? 0
  let request = first
  let empty = true
  let requests = 0
  const step = async (from: number, backward: boolean) => {
    const expected = answer(view, question, from, size)
    const { answered, next, prev } = await compare(asking, request, backward ? behind(expected) : expected)
    requests++
    empty &&= isEmpty(answered)
    return { next, prev }
  }
  let from = 0
  let afterFirst: string | null = null
  for (;;) {
    const { next, prev } = await step(from, false)
    afterFirst ??= next
    const place = from + size < total ? next : prev
    if (place === null) return { requests, isEmpty: empty, documents: 0 }
    request = turn(first, place, from + size < total ? 'after' : 'before')
    if (from + size >= total) {
      if (afterFirst !== null && from >= 2 * size) {
        await compare(
          asking,
          between(first, afterFirst, place),
          cutRange(answer(view, question, size, size), from > 2 * size),
        )
        requests++
      }
      break
    }
    from += size
  }
  // Pages before a cursor have the full size as far as there are rows.
  for (from -= size; from >= 0; from -= size) {
    const { prev } = await step(from, true)
    if (from === 0) break
    request = turn(first, prev ?? '', 'before')
  }
  return { requests, isEmpty: empty, documents: 0 }
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

/** After the first page and before the last. */
function between(first: Request, next: string, prev: string): Request {
  if (first.method === 'GET')
    return {
      ...first,
      path: `${next}&page[before]=${new URL(prev, 'http://localhost').searchParams.get('page[before]')}`,
    }
  return turn({ ...first, body: turn(first, next, 'after').body }, prev, 'before')
}

/** A range that does not fit on the page goes on, and says so. */
function cutRange({ status, body }: Answer, isCut: boolean): Answer {
  const meta = (body?.meta ?? {}) as { readonly page?: object }
  return {
    status,
    body: {
      ...body,
      ...(isCut && { meta: { ...meta, page: { ...meta.page, rangeTruncated: true } } }),
      links: { next: isCut, prev: true },
    },
  }
}
