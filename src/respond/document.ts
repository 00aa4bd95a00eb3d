// Makes of the records of an answer a document of JSON:API 1.1 (section 5.1): what stands beside `data`.
import { toByteText } from '../formats/byte-text.ts'
import type { ByteWriter } from '../formats/byte-writer.ts'
import { jsonApiType } from '../formats/index.ts'
import { liftIncluded } from '../formats/lift-included.ts'
import type { Layout } from '../plan/layout.ts'
import { includeQuery } from './include-query.ts'
import { type PagePlace, pageLink, toUriReference } from './page-links.ts'

export const documentOpening = '{"jsonapi":{"version":"1.1"},"data":'

/** Clients of keyset pages are told by this how they may go on. */
const cursorProfile = 'https://jsonapi.org/profiles/ethanresnick/cursor-pagination/'
export const pagedType = `${jsonApiType};profile="${cursorProfile}"`

/**
 * Puts the records that were written since `start` together.
 * @returns those that are included, as byte text; null where nothing is
 */
export function liftRecords(
  out: ByteWriter,
  start: number,
  layout: Layout,
  { base, search, fromBody }: { readonly base: string; readonly search: string; readonly fromBody: boolean },
): string | null {
  if (layout.included.length === 0) return null
  const text = out.bytes.toString('latin1', start, out.length)
  // The same for all records whose list was cut.
  const queries: string[] = []
  const { data, included } = liftIncluded(text, layout, base, (place, relationship, index) => {
    // What was asked in a body stands in no link.
    if (fromBody) return null
    const cut = layout.included[index]
    queries[index] ??= cut ? toUriReference(includeQuery(search, cut.path, cut.limit)) : ''
    // The place and the name are encoded already.
    return `${place}/relationships/${relationship}?${queries[index]}`
  })
  out.length = start
  out.byteText(data)
  return included
}

/** The answer to a write. @param data the records, as byte text; `included` likewise, null where nothing is */
export function wholeDocument(data: string, included: string | null, path: string, search: string): string {
  const more = included === null ? '' : `,"included":[${included}]`
  return `${documentOpening}${data}${more},${documentLinks(path, search, null, null)}}`
}

export interface DocumentPlaces {
  readonly first: PagePlace
  readonly prev: PagePlace | null
  readonly next: PagePlace | null
  /** Undefined where it is not known. */
  readonly last?: PagePlace
}

/** The member `links`, as byte text. */
export function documentLinks(
  path: string,
  search: string,
  related: string | null,
  places: DocumentPlaces | null,
  keepEnd = false,
): string {
  const self = toUriReference(search === '' ? path : `${path}?${search}`)
  const to = (place: PagePlace | null, keep = false) => place && toUriReference(pageLink(path, search, place, keep))
  const links = {
    self,
    ...(related !== null && { related }),
    ...(places && {
      first: to(places.first),
      prev: to(places.prev),
      next: to(places.next, keepEnd),
      ...(places.last && { last: to(places.last) }),
    }),
  }
  return toByteText(`"links":${JSON.stringify(links)}`)
}
