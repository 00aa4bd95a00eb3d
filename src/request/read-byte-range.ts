// Reads `Range: bytes=…` of a content whose size is known (RFC 9110 14).

export type ByteRangeAsked =
  /** All of it. */
  | 'whole'
  /** There is nothing of what was asked for: 416. */
  | 'beyond'
  | { readonly first: number; readonly last: number }

/**
 * Several ranges, another unit, and what is no range at all come to the whole, as the RFC permits.
 * @param ifRange counts where it is this very tag, strongly compared (RFC 9110 13.1.5)
 */
export function readByteRange(
  given: string | undefined,
  ifRange: string | undefined,
  { size, etag }: { readonly size: number; readonly etag: string },
): ByteRangeAsked {
  if (given === undefined || (ifRange !== undefined && ifRange !== etag)) return 'whole'
  const [, from = '', to = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(given) ?? []
  if (from === '' && to === '') return 'whole'
  if (from === '') {
    const count = Number(to)
    return count === 0 || size === 0 ? 'beyond' : { first: Math.max(0, size - count), last: size - 1 }
  }
  // Positions may have more digits than a number holds.
  if (to !== '' && BigInt(to) < BigInt(from)) return 'whole'
  const first = Number(from)
  if (first >= size) return 'beyond'
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}
