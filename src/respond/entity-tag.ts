// Names the bytes of an answer, and tells whether the caller has them already (RFC 9110, 8.8.3 and 13.1.2).
import { hash } from 'node:crypto'
import type { CacheVersion } from '../schema/model.ts'

/**
 * A strong validator: a hash of the bytes that are sent, so that it changes only with what this caller may see (ACCESS R26).
 */
export function entityTag(body: Uint8Array, { suffix }: CacheVersion): string {
  return `"${hash('sha1', body, 'base64url')}${suffix}"`
}

/**
 * A weak validator: what stands for a list, and of whose list.
 * @param text the maximum and the count
 */
export function listTag(text: string, access: string, { suffix }: CacheVersion): string {
  return `W/"${text.replaceAll(' ', 'T')}-${access}${suffix}"`
}

/**
 * Whether `If-None-Match` names the tag: weak comparison, as for GET.
 * @param condition the header: `*`, or a list such as `"a", W/"b"`
 */
export function hasEntityTag(condition: string, tag: string): boolean {
  if (condition.trim() === '*') return true
  const opaque = tag.startsWith('W/') ? tag.slice(2) : tag
  for (const [, named] of condition.matchAll(/(?:^|,)\s*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?=,|$)/g))
    if (named === opaque) return true
  return false
}
