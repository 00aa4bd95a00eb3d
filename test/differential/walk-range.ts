// Walks through a part of a list by Next-Range, request by request against the naive answer.
import { isDeepStrictEqual } from 'node:util'
import { type Asked, type Asking, compare, isEmpty, Mismatch } from './compare.ts'
import { columnOf } from './order.ts'
import type { RangeEnd } from './question.ts'
import { answerRange, type RangeQuestion, type SaidEnd, type SaidRange, textOf } from './range.ts'
import { spellName, unspellName } from './spell-camel.ts'
import type { Request } from './write-request.ts'

/** The rest of a part that is longer than this is left. */
const mostRequests = 8

/** @throws Mismatch where the API and the model differ: status, rows, Content-Range, Next-Range */
export async function walkRange(asking: Asking, question: RangeQuestion, request: Request): Promise<Asked> {
  const { view } = asking
  let range = spellRange(asking, question)
  let [skipped, empty] = [0, true]
  const parts: number[] = []
  for (;;) {
    const expected = answerRange(view, question, skipped)
    const { answered, headers } = await compare(asking, { ...request, headers: { range } }, expected.answer)
    parts.push(expected.answer.status)
    empty &&= isEmpty(answered)
    const content = readSaid(headers.get('content-range'))
    const next = headers.get('next-range')
    const said = content && { content: unspell(asking, content), next: unspell(asking, readSaid(next)) }
    if (!isDeepStrictEqual(said, expected.headers))
      throw new Mismatch(
        `${view.principal.name}: GET ${request.path}\n  Range: ${range}\n  naive: ${JSON.stringify(expected.headers)}\n  the API: ${JSON.stringify(said)}`,
      )
    const isKept = headers.get('etag') !== null || headers.get('cache-control') !== 'no-store'
    if (isKept) throw new Mismatch(`GET ${request.path}\n  Range: ${range}\n  a part of a list is nobody's to keep`)
    skipped += expected.count
    if (next === null || parts.length === mostRequests)
      return { requests: parts.length, isEmpty: empty, documents: 0, parts }
    range = next
  }
}

/** The field as the definition calls it. */
function unspell({ camel }: Asking, said: SaidRange | null): SaidRange | null {
  return said && camel ? { ...said, field: unspellName(said.field) } : said
}

function spellRange({ choices, view, camel }: Asking, { resource, page }: RangeQuestion): string {
  const { fact } = columnOf(view, resource, page)
  const place = ({ value, key }: RangeEnd) => {
    const text = textOf(fact, value)
    return [text === '""' ? text : encode(text), ...key].join('~')
  }
  const from = page.from ? `${page.from.exclusive ? ']' : ''}${place(page.from)}` : ''
  const to = page.to ? `${place(page.to)}${page.to.exclusive ? '[' : ''}` : ''
  const options = [
    ...(page.max === null ? [] : [`max=${page.max}`]),
    ...(page.descending ? ['order=desc'] : choices.chance(20) ? ['order=asc'] : []),
  ]
  if (choices.chance(50)) options.reverse()
  const between = choices.pick([', ', '; ', ',', ';'])
  return [`${encode(camel ? spellName(page.name) : page.name)} ${from}..${to}`, ...options].join(
    choices.chance(50) ? between : '; ',
  )
}

/** Everything that could mean something else; a single dot means nothing. */
function encode(text: string): string {
  const percent = (one: string) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  return encodeURIComponent(text).replace(/[~!'()*]|^\.|\.$|\.(?=\.)/g, percent)
}

function readSaid(header: string | null): SaidRange | null {
  if (header === null) return null
  const [part = '', ...options] = header.split('; ')
  const [field = '', ends = ''] = part.split(' ')
  const [from = '', to = ''] = ends.split('..')
  return {
    field: decodeURIComponent(field),
    from: readEnd(from.replace(/^\]/, ''), from.startsWith(']')),
    to: readEnd(to.replace(/\[$/, ''), to.endsWith('[')),
    options: options.join('; '),
  }
}

function readEnd(text: string, exclusive: boolean): SaidEnd {
  return text === '' ? null : { exclusive, place: text.split('~').map(decodeURIComponent) }
}
