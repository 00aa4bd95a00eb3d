// Finds what the caller would rather have of what there is: proactive negotiation by `Accept` (RFC 9110 12.4 and 12.5.1).
import { ApiError } from '../errors/api-error.ts'
import type { MediaOffer } from '../formats/media-offer.ts'

export interface MediaRange {
  /** `*` for any. */
  readonly type: string
  readonly subtype: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  readonly quality: number
}

/**
 * Of offers that are equally welcome one that is named wins over one that a wildcard stands for, then the one that comes first.
 * @throws ApiError `not_acceptable` where `Accept` leaves no room for any
 */
export function negotiate<T extends MediaOffer>(accept: string | undefined, offers: readonly T[]): T {
  const [first] = offers
  if (first && (accept === undefined || accept.trim() === '' || accept === '*/*')) return first
  const ranges = readAccept(accept ?? '')
  let best: { readonly offer: T; readonly quality: number; readonly isNamed: boolean } | undefined
  for (const offer of offers) {
    const range = mostSpecific(ranges, offer)
    if (!range || range.quality === 0) continue
    const { quality } = range
    const isNamed = range.subtype !== '*'
    if (!best || quality > best.quality || (quality === best.quality && isNamed && !best.isNamed))
      best = { offer, quality, isNamed }
  }
  if (best) return best.offer
  const types = [...new Set(offers.map(({ mediaType }) => mediaType))]
  throw new ApiError('not_acceptable', `This answers ${types.join(', ')}.`, { source: { header: 'Accept' } })
}

/** What stands in `Accept`, in lower case. */
export function readAccept(accept: string): readonly MediaRange[] {
  return split(accept, ',').flatMap(readRange)
}

/** Which range decides about an offer; the better quality of two that are alike. */
function mostSpecific(ranges: readonly MediaRange[], offer: MediaOffer): MediaRange | undefined {
  let found: MediaRange | undefined
  let rank = -1
  for (const range of ranges) {
    const own = specificity(range, offer)
    if (own > rank || (own >= 0 && own === rank && found && range.quality > found.quality)) {
      found = range
      rank = own
    }
  }
  return found
}

/** Below 0 where the range does not mean the offer. A parameter that the offer does not know says nothing about it. */
function specificity({ type, subtype, parameters }: MediaRange, offer: MediaOffer): number {
  if (type === '*') return 0
  if (subtype === '*') return offer.mediaType.startsWith(`${type}/`) ? 1 : -1
  if (`${type}/${subtype}` !== offer.mediaType) return -1
  let rank = 2
  for (const [name, value] of parameters) {
    if (!Object.hasOwn(offer.parameters, name)) continue
    if (offer.parameters[name] !== value) return -1
    rank += 1
  }
  return rank
}

/** What stands in `Content-Type`, in lower case; undefined for what is none. */
export function readMediaType(text: string): MediaRange | undefined {
  // A comma belongs to no media type, but to two that were joined.
  return split(text, ',').length > 1 ? undefined : readRange(text)[0]
}

/** A range that is none, or whose weight is none, is passed over. */
function readRange(text: string): readonly MediaRange[] {
  const [media = '', ...rest] = split(text.toLowerCase(), ';').map(part => part.trim())
  const [type = '', subtype = '', ...more] = media.split('/')
  if (type === '' || subtype === '' || more.length > 0 || (type === '*' && subtype !== '*')) return []
  const pairs = rest.filter(part => part !== '').map(readParameter)
  const weight = pairs.findIndex(([name]) => name === 'q')
  const quality = weight < 0 ? 1 : readQuality(pairs[weight]?.[1] ?? '')
  if (quality === null) return []
  // What follows the weight belongs to no media type.
  return [{ type, subtype, parameters: weight < 0 ? pairs : pairs.slice(0, weight), quality }]
}

function readQuality(text: string): number | null {
  const quality = Number(text)
  return /^\d*\.?\d*$/.test(text) && /\d/.test(text) && quality <= 1 ? quality : null
}

function readParameter(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals < 0) return [text, '']
  const value = text.slice(equals + 1).trim()
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"')
  return [text.slice(0, equals).trim(), isQuoted ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value]
}

/** Splits where no quotes are open. */
function split(text: string, at: ',' | ';'): readonly string[] {
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i]
    if (char === '"') isQuoted = !isQuoted
    else if (char === '\\' && isQuoted) i += 1
    else if (char === at && !isQuoted) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, text.slice(start)]
}
