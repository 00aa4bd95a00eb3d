// Asks a request once more as JSON:API, and follows what its document links to: further pages, linkage, and lists that were cut.
import type { HttpResponse } from '../../src/request/http-request.ts'
import type { PartFault } from './ask-parts.ts'
import type { Asked } from './make-request.ts'
import type { Random } from './random.ts'
import type { Street } from './street.ts'

const accept = 'application/vnd.api+json'
const maxRequests = 4

/** @param random a stream of its own, so that cases stay what they are without this */
export async function askDocuments(
  { street, random }: { readonly street: Street; readonly random: Random },
  { document }: Asked,
  number: number,
  isFault: (answers: readonly [HttpResponse, HttpResponse]) => string | null,
): Promise<(PartFault & { readonly asked: readonly Asked[] }) | null> {
  if (document === undefined) return null
  const targets = [document]
  const asked: Asked[] = []
  for (let target = targets.shift(); target !== undefined && asked.length < maxRequests; target = targets.shift()) {
    const next: Asked = { method: 'GET', target, body: null, accept }
    asked.push(next)
    const answers = await street.ask(next, number)
    const reason = isFault(answers) ?? findUnlinked(answers[0], target)
    if (reason !== null) return { reason: `${reason}, as JSON:API`, answers, asked }
    const { etag } = answers[0].headers
    if (etag !== undefined && random.chance(0.2)) {
      const again = await street.ask(next, number, { 'if-none-match': etag })
      const other = isFault(again)
      if (other !== null) return { reason: `${other}, as JSON:API with its tag`, answers: again, asked }
    }
    const links = linksIn(answers[0])
    if (links.length > 0) targets.push(random.pick(links))
    if (links.length > 1 && random.chance(0.3)) targets.push(random.pick(links))
  }
  return null
}

interface Resource {
  readonly type: string
  readonly id: string
  readonly links?: Readonly<Record<string, string>>
  readonly relationships?: Readonly<
    Record<
      string,
      { readonly data?: Identifier | readonly Identifier[] | null; readonly links?: Record<string, string> }
    >
  >
}

interface Identifier {
  readonly type: string
  readonly id: string
}

interface Document {
  readonly data?: Resource | readonly Resource[] | null
  readonly included?: readonly Resource[]
  readonly links?: Readonly<Record<string, string | null>>
}

function objectsIn({ data, included = [] }: Document): readonly Resource[] {
  return [data ?? [], included].flat() as readonly Resource[]
}

/** To other pages, to what a relationship leads to, and on from where a list was cut. */
function linksIn({ status, body }: HttpResponse): readonly string[] {
  if (status !== 200) return []
  const document = JSON.parse(body) as Document
  const pages = [document.links?.next, document.links?.prev, document.links?.last]
  const cut: string[] = []
  const others: string[] = []
  for (const { links, relationships = {} } of objectsIn(document)) {
    if (links?.self) others.push(links.self)
    for (const one of Object.values(relationships)) {
      if (one.links?.next) cut.push(one.links.next)
      others.push(...[one.links?.self, one.links?.related].filter(link => link !== undefined))
    }
  }
  // Few of very many.
  return [...pages.filter(link => typeof link === 'string'), ...cut.slice(0, 3), ...others.slice(0, 6)]
}

/** A record that stands in a document twice, or is included and linked from nowhere; null where all is well. */
function findUnlinked({ status, body }: HttpResponse, target: string): string | null {
  if (status !== 200) return null
  const document = JSON.parse(body) as Document
  const objects = objectsIn(document)
  const names = objects.map(({ type, id }) => `${type} ${id}`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) return `${twice} stands in the document twice`
  // The exception to full linkage: a relationship that fields leave out.
  if (/[?&]fields(\[|%5B)/i.test(target)) return null
  const linked = new Set(
    objects.flatMap(({ relationships = {} }) =>
      Object.values(relationships).flatMap(({ data }) => [data ?? []].flat().map(({ type, id }) => `${type} ${id}`)),
    ),
  )
  const alone = document.included?.find(({ type, id }) => !linked.has(`${type} ${id}`))
  return alone ? `${alone.type} ${alone.id} is included and linked from nowhere` : null
}
