// Reads Signature-Input and Signature (RFC 9421, section 4): what each signature covers, says of itself, and is.
import { type Dictionary, type InnerList, isInnerList, parseDictionary, serializeItem } from 'structured-headers'
import { type HttpRequest, header } from '../../request/http-request.ts'
import { signatureError } from './signature-error.ts'

export interface GivenSignature {
  /** As it was parsed, for the signature base. */
  readonly input: InnerList
  /** Identifiers of what is covered, each as it is spelled: `"@query-param";name="id"`. */
  readonly covered: readonly string[]
  readonly value: Buffer
  readonly keyId: string | null
  readonly algorithm: string | null
  /** Seconds since 1970. */
  readonly created: number | null
  readonly expires: number | null
  readonly nonce: string | null
}

const maxLength = 8_000
const maxSignatures = 4
const maxComponents = 50

/** A derived component, or the name of a field in lower case. */
const componentName = /^@?[a-z0-9!#$%&'*+.^_`|~-]+$/

/** @throws ApiError 400 `malformed_signature` */
export function readSignatures(http: HttpRequest): readonly GivenSignature[] {
  const inputText = header(http, 'signature-input') ?? ''
  const text = header(http, 'signature') ?? ''
  if (inputText === '' || text === '') throw malformed('Signature-Input and Signature come together.')
  if (inputText.length + text.length > maxLength)
    throw malformed(`Signature-Input and Signature have at most ${maxLength} characters.`)
  const inputs = readDictionary('Signature-Input', inputText)
  const values = readDictionary('Signature', text)
  if (inputs.size > maxSignatures) throw malformed(`A request has at most ${maxSignatures} signatures.`)
  if (inputs.size !== values.size || [...inputs.keys()].some(label => !values.has(label)))
    throw malformed('Each label in Signature-Input stands in Signature too, and the other way round.')
  return [...inputs].map(([label, input]) => {
    const value = values.get(label)?.[0]
    if (!isInnerList(input) || !(value instanceof ArrayBuffer))
      throw malformed('Write Signature-Input: sig=("@method" …);created=…, and Signature: sig=:BASE64:.')
    const bytes = Buffer.from(value)
    // Bits that base64 leaves over would let one signature be spelled in several ways.
    if (!text.includes(`:${bytes.toString('base64')}:`)) throw malformed('A signature is not in canonical base64.')
    return toSignature(input, bytes)
  })
}

function readDictionary(name: string, text: string): Dictionary {
  let members: Dictionary
  try {
    members = parseDictionary(text)
  } catch {
    throw malformed(`${name} is no dictionary of RFC 9651.`)
  }
  // The parser lets a later member replace an earlier one; which of two a proxy has checked nobody knows.
  // Between members and in strings alone there can be commas: a display string has no escapes, a string has.
  const bare = text.replace(/%"[^"]*"|"(?:[^"\\]|\\.)*"/g, '')
  if (bare.split(',').length !== members.size) throw malformed(`${name} has the same label twice.`)
  return members
}

function toSignature(input: InnerList, value: Buffer): GivenSignature {
  const [items, parameters] = input
  if (items.length > maxComponents) throw malformed(`A signature covers at most ${maxComponents} components.`)
  if (!items.every(([name]) => typeof name === 'string' && componentName.test(name)))
    throw malformed('What is covered is named by strings in lower case: "@method" "content-type".')
  const covered = items.map(item => serializeItem(item))
  if (new Set(covered).size < covered.length) throw malformed('A signature covers each component once.')
  const text = (name: string) => {
    const given = parameters.get(name)
    if (given !== undefined && typeof given !== 'string') throw malformed(`The parameter ${name} is a string.`)
    return given ?? null
  }
  const time = (name: string) => {
    const given = parameters.get(name)
    if (given !== undefined && !Number.isSafeInteger(given))
      throw malformed(`The parameter ${name} is a whole number of seconds since 1970.`)
    return (given as number | undefined) ?? null
  }
  return {
    ...{ input, covered, value },
    ...{ keyId: text('keyid'), algorithm: text('alg'), nonce: text('nonce') },
    ...{ created: time('created'), expires: time('expires') },
  }
}

function malformed(detail: string) {
  return signatureError('malformed_signature', detail)
}
