// Checks that a body is JSON that we can read, however it is coded, and takes the coding off.
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { ApiError } from '../errors/api-error.ts'
import { jsonApiType } from '../formats/index.ts'
import { atomicExtension, documentParameters } from './document-parameters.ts'
import { type HttpRequest, header } from './http-request.ts'
import { type MediaRange, readMediaType } from './negotiate.ts'

type Headers = Readonly<Record<string, string>>
type Decode = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
])

/** Which bodies a path takes. */
export interface BodyTypes {
  readonly plain: boolean
  /** Documents of JSON:API: of one resource or relationship, or of operations, which is an extension. */
  readonly documents: 'none' | 'resource' | 'operations'
}

export const plainBodies: BodyTypes = { plain: true, documents: 'none' }

/**
 * @param headers what the answer says of the bodies that are taken here
 * @returns which of them it is
 * @throws ApiError `missing_content_type`, `unsupported_media_type`
 */
export function readBodyType(http: HttpRequest, types: BodyTypes, headers: Headers): 'plain' | 'document' {
  const source = { header: 'Content-Type' }
  const type = header(http, 'content-type')
  const wanted = mediaTypesOf(types).join(' or ')
  if (type === undefined)
    throw new ApiError('missing_content_type', `A body needs Content-Type: ${wanted}.`, { source, headers })
  const shown = JSON.stringify(type.slice(0, 100))
  const media = readMediaType(type)
  const refuse = (detail: string) => new ApiError('unsupported_media_type', detail, { source, headers })
  const name = `${media?.type}/${media?.subtype}`
  if (media && name === jsonApiType && types.documents !== 'none') {
    checkParameters(media, types.documents === 'operations', refuse)
    return 'document'
  }
  if (!media || name !== 'application/json' || !types.plain) throw refuse(`Send ${wanted}, not ${shown}.`)
  // RFC 8259 8.1: JSON is UTF-8; the parameter says nothing more, but must not say otherwise.
  const charset = media.parameters.find(([name]) => name === 'charset')?.[1]
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw refuse(`Send application/json in UTF-8, not ${shown}.`)
  return 'plain'
}

/** JSON:API 1.1, section 3.3: `ext` and `profile` alone, and the extension that is needed here, if any. */
function checkParameters(media: MediaRange, isExtended: boolean, refuse: (detail: string) => ApiError): void {
  const extensions = documentParameters(media)
  if (extensions === null)
    throw refuse(`${jsonApiType} takes the parameters ext and profile alone, ext for what there is.`)
  if (isExtended && !extensions.includes(atomicExtension))
    throw refuse(`Operations are an extension: ${jsonApiType};ext="${atomicExtension}".`)
  if (!isExtended && extensions.length > 0) throw refuse(`${jsonApiType} has no extension here.`)
}

/** The coding of the body, or null for none. @throws ApiError 415, which tells what would do (RFC 9110 15.5.16) */
export function codingOf(http: HttpRequest): string | null {
  const said = (header(http, 'content-encoding') ?? '').split(',').map(one => one.trim())
  const codings = said.filter(one => one !== '' && one.toLowerCase() !== 'identity')
  const [coding] = codings
  if (coding === undefined) return null
  if (codings.length === 1 && decoders.has(coding.toLowerCase())) return coding.toLowerCase()
  const shown = JSON.stringify(codings.join(', ').slice(0, 100))
  throw new ApiError(
    'unsupported_content_encoding',
    `Send the body as gzip, deflate, br or as it is, not as ${shown}.`,
    {
      source: { header: 'Content-Encoding' },
      headers: { 'accept-encoding': 'gzip, deflate, br' },
    },
  )
}

/**
 * Stops as soon as there is more than there may be, so that little memory is ever taken.
 * @throws ApiError `payload_too_large`, `malformed_body` for what is not coded so
 */
export async function decodeBody(bytes: Uint8Array, coding: string | null, maxBytes: number): Promise<Uint8Array> {
  const decode = coding === null ? undefined : decoders.get(coding)
  if (!decode) return bytes
  try {
    return await decode(bytes, { maxOutputLength: maxBytes })
  } catch (cause) {
    const isTooLarge = cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
    throw isTooLarge
      ? new ApiError('payload_too_large', `A body has at most ${maxBytes} bytes, also once it is decoded.`, {
          source: { header: 'Content-Encoding' },
          meta: { limit: 'bodyBytes', max: maxBytes },
        })
      : new ApiError('malformed_body', `The body is not valid ${coding}, as Content-Encoding says.`, {
          source: { header: 'Content-Encoding' },
          cause,
        })
  }
}

/** What the answer to a method says of the bodies that are taken (RFC 5789 3.1 for PATCH). */
export function acceptedBodies(method: string, types: BodyTypes): Headers {
  const name = method === 'POST' ? 'accept-post' : method === 'PATCH' ? 'accept-patch' : 'accept'
  return { [name]: mediaTypesOf(types).join(', ') }
}

function mediaTypesOf({ plain, documents }: BodyTypes): readonly string[] {
  return [
    ...(plain ? ['application/json'] : []),
    ...(documents === 'resource' ? [jsonApiType] : []),
    ...(documents === 'operations' ? [`${jsonApiType};ext="${atomicExtension}"`] : []),
  ]
}
