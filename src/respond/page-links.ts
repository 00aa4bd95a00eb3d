// Writes the links to the neighbouring pages: the same query with another place in it.
import { decodeQueryComponent } from '../request/decode-component.ts'

/** What a link sets, by canonical parameter: `{ 'page[after]': cursor }`. */
export type PagePlace = Readonly<Record<string, string>>

const afterKeys = ['page[after]', 'page.after']
const cursorKeys: ReadonlySet<string> = new Set([...afterKeys, 'page[before]', 'page.before'])
const onlyAfter: ReadonlySet<string> = new Set(afterKeys)
const numberKeys: ReadonlySet<string> = new Set(['page', 'page[number]', 'page.number'])

/**
 * @param path with the base: `/api/videos`
 * @param search the caller's own query, without `?`
 * @param keepEnd the page after a cut range ends where the range does
 */
export function pageLink(path: string, search: string, place: PagePlace, keepEnd = false): string {
  const dropped = 'page[number]' in place ? numberKeys : keepEnd ? onlyAfter : cursorKeys
  const kept = search.split('&').filter(pair => pair !== '' && !dropped.has(decodeKey(pair)))
  const set = Object.entries(place).map(([key, value]) => `${key}=${value}`)
  // What a URL may not hold as it is (RFC 3986) would end the link early in the header: `Link: <…>`.
  const query = [...kept, ...set].join('&')
  return `${path}${query === '' ? '' : `?${query}`}`.replace(/["<>\\^`{|}]/g, encodeURIComponent)
}

/**
 * A link as a URI reference (RFC 3986), which has no brackets in a query: JSON:API wants one (1.1, section 5.6), while clients of
 * plain JSON read links better as they would write them.
 */
export function toUriReference(link: string): string {
  return link.replace(/["<>[\]\\^`{|}]/g, encodeURIComponent)
}

/** The key of a pair; the query was read before, so it is well-formed. */
function decodeKey(pair: string): string {
  const equals = pair.indexOf('=')
  return decodeQueryComponent(equals < 0 ? pair : pair.slice(0, equals), { parameter: 'page' })
}
