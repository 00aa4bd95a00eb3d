// Spells the key of a record as its id (HTTP contract, section 7): what JSON:API shows, and what stands in a path.

/** A composite key is its parts joined by commas, `~1` for a comma and `~0` for a tilde inside a part. */
export function idOf(key: readonly string[]): string {
  if (key.length === 1) return key[0] as string
  return key.map(part => part.replaceAll('~', '~0').replaceAll(',', '~1')).join(',')
}

/** The id as a segment of a path; commas stay, for they are what joins. */
export function pathOf(id: string): string {
  return encodeURIComponent(id).replaceAll('%2C', ',')
}
