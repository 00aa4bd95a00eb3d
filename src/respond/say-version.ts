// Puts into an answer which version it is, and how that version ends.
import type { HttpResponse } from '../request/http-request.ts'
import { type VersionAsked, versionTypes } from '../request/read-version.ts'
import type { Retirement } from '../schema/model.ts'
import { markTag } from './version-tags.ts'

type Headers = Readonly<Record<string, string>>

export function sayVersion(response: HttpResponse, asked: VersionAsked, retirement: Retirement | null): HttpResponse {
  const { status, headers } = response
  const own = asked.name === null ? {} : sayNegotiated(response, asked.name, asked.version)
  // RFC 9110 15.4.5: a 304 says what a cache needs, and this is not.
  const ends = retirement && status !== 304 ? retirementHeaders(retirement, headers.link) : {}
  return { ...response, headers: { ...headers, ...own, ...ends } }
}

function sayNegotiated({ status, headers }: HttpResponse, name: string, version: string): Headers {
  const { etag } = headers
  return {
    // An error is the same in every version.
    ...(status < 300 &&
      headers['content-type'] === 'application/json' && { 'content-type': versionTypes(name, version)[0] }),
    ...(etag !== undefined && { etag: markTag(etag, version) }),
  }
}

/**
 * `Deprecation: @1767225600` (RFC 9745), `Sunset: Thu, 31 Dec 2026 00:00:00 GMT` (RFC 8594), and the links of both.
 * @param link what the answer says in `Link` already
 */
function retirementHeaders(retirement: Retirement, link: string | undefined): Headers {
  const { deprecatedAt, sunsetAt } = retirement
  const relations = [deprecatedAt !== null && 'deprecation', sunsetAt !== null && 'sunset'].filter(one => one !== false)
  const links = retirement.link === null ? [] : relations.map(relation => `<${retirement.link}>; rel="${relation}"`)
  return {
    ...(deprecatedAt !== null && { deprecation: `@${Math.floor(deprecatedAt / 1000)}` }),
    ...(sunsetAt !== null && { sunset: new Date(sunsetAt).toUTCString() }),
    ...(links.length > 0 && { link: [...(link === undefined ? [] : [link]), ...links].join(', ') }),
  }
}
