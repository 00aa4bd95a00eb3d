// The headers by which an answer is told from an older one: ETag and Last-Modified, as far as the resource is cached.
import { type Rows, textOf } from '../formats/rows.ts'
import type { CacheVersion } from '../schema/model.ts'
import { entityTag, listTag } from './entity-tag.ts'
import type { AnswerContext, Headers } from './read-answer.ts'

/** @param body what is sent */
export function validators({ read, plan, method, listAccess }: AnswerContext, rows: Rows, body: Uint8Array): Headers {
  const { off, shared } = plan.caching
  const { modified, meta, code } = plan.layout
  const { cacheVersion } = read.set.api
  if (method === 'POST') return {}
  const stands = meta.validator === undefined ? null : textOf(rows.at(0), meta.validator)
  // What is made in TypeScript is still missing: that has a tag once it is whole.
  const etag =
    code.length > 0 || (off && read.kind === 'list')
      ? undefined
      : stands !== null && listAccess !== undefined
        ? listTag(stands, listAccess, cacheVersion)
        : entityTag(body, cacheVersion)
  const tagged = etag === undefined ? {} : { etag }
  if (off) return { ...tagged, 'cache-control': 'no-store' }
  const date = modified === undefined ? null : lastModified(textOf(rows.at(0), modified), cacheVersion)
  if (shared === null && date === null) return tagged
  return { ...tagged, ...(shared !== null && { vary: 'Accept' }), ...(date !== null && { 'last-modified': date }) }
}

/** RFC 9110 8.8.2: a second that is not over may see another change; after the year 9999 there are no such dates. */
function lastModified(seconds: string | null, { since }: CacheVersion): string | null {
  if (seconds === null || since === null) return null
  const at = Math.max(Number(seconds) * 1000, since)
  return at < 0 || at + 1000 > Date.now() ? null : new Date(at).toUTCString()
}
