// Tells the tags of versions apart: at one URL they are different representations, even where their bytes are the same (RFC 9110 8.8.3).

/** `"abc"` of version 1 → `"abc-v1"`. */
export function markTag(tag: string, version: string): string {
  return tag.replace(/"$/, `-v${version}"`)
}

/**
 * `If-Match` or `If-None-Match` as if there were this version alone: a tag of another one matches nothing.
 * @param tags `*`, or a list such as `"abc-v1", W/"d-v1"`
 */
export function unmarkTags(tags: string, version: string): string {
  const mark = `-v${version}`
  // What does not end so was made by none of our answers; no tag of ours begins with an exclamation mark.
  return tags.replace(/"([^"]*)"/g, (_, tag: string) =>
    tag.endsWith(mark) ? `"${tag.slice(0, -mark.length)}"` : `"!${tag}"`,
  )
}
