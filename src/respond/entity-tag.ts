// Names the bytes of an answer, and tells whether the caller has them already (RFC 9110, 8.8.3 and 13.1.2).
import { hash } from 'node:crypto'

/**
 * A strong validator: a hash of the bytes that are sent, so that it changes only with what this caller may see (ACCESS R26).
 */
export function entityTag(body: Uint8Array): string {
  return `"${hash('sha1', body, 'base64url')}"`
}

/**
 * Whether `If-None-Match` names the tag: weak comparison, as for GET.
 * @param condition the header: `*`, or a list such as `"a", W/"b"`
 */
export function hasEntityTag(condition: string, tag: string): boolean {
  if (condition.trim() === '*') return true
  for (const [, named] of condition.matchAll(/(?:^|,)\s*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?=,|$)/g))
    if (named === tag) return true
  return false
}
