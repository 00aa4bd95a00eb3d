// Parses a JSON body strictly (RFC 8259, and the restrictions of I-JSON, RFC 7493): what two parsers could read differently is refused.
import { ApiError } from '../errors/api-error.ts'
import type { ErrorCode } from '../errors/catalog.ts'
import { show } from './pair.ts'
import { scanNumber, scanString } from './scan-json.ts'

/** Objects have no prototype, so that no name from outside meets one of Object's own. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue }

const maxDepth = 32
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The value that a body holds. Refuses invalid UTF-8, a byte order mark, NUL and lone surrogates (`bad_encoding`); duplicate keys, `__proto__`
 * as a key, depth beyond 32 and anything that is not JSON (`malformed_body`); whole numbers beyond ±(2^53 - 1), which would lose digits (`invalid_value`).
 * @throws ApiError with a JSON pointer to the value at fault as its source
 * @example parseJsonBody(new TextEncoder().encode('{"draft":true}'))
 */
export function parseJsonBody(bytes: Uint8Array): JsonValue {
  const scanner: Scanner = { text: decode(bytes), at: 0, path: [] }
  skipBlanks(scanner)
  if (scanner.at === scanner.text.length) refuse(scanner, 'malformed_body', 'The body is empty. Send a JSON value.')
  const value = readValue(scanner)
  skipBlanks(scanner)
  if (scanner.at < scanner.text.length) refuseToken(scanner)
  return value
}

interface Scanner {
  readonly text: string
  at: number
  /** The names and positions that lead here, for the pointer of an error. */
  readonly path: (string | number)[]
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new ApiError('bad_encoding', 'The body is not UTF-8.', { source: { pointer: '' } })
  }
}

function readValue(scanner: Scanner): JsonValue {
  const code = scanner.text.charCodeAt(scanner.at)
  switch (code) {
    case 0x7b: // {
      return readObject(scanner)
    case 0x5b: // [
      return readArray(scanner)
    case 0x22: // "
      return readString(scanner)
    case 0x74: // t
      return readWord(scanner, 'true', true)
    case 0x66: // f
      return readWord(scanner, 'false', false)
    case 0x6e: // n
      return readWord(scanner, 'null', null)
    default:
      return readNumber(scanner)
  }
}

function readObject(scanner: Scanner): JsonValue {
  const object: { [name: string]: JsonValue } = Object.create(null)
  const { path } = scanner
  open(scanner)
  if (closes(scanner, 0x7d)) return object
  path.push('')
  for (;;) {
    path[path.length - 1] = ''
    if (scanner.text.charCodeAt(scanner.at) !== 0x22) refuseToken(scanner)
    const name = readString(scanner)
    path[path.length - 1] = name
    if (name in object) refuse(scanner, 'malformed_body', `The key ${show(name)} stands twice in one object.`)
    if (name === '__proto__') refuse(scanner, 'malformed_body', 'A key may not be "__proto__".')
    skipBlanks(scanner)
    if (scanner.text.charCodeAt(scanner.at++) !== 0x3a) refuseToken(scanner, scanner.at - 1)
    skipBlanks(scanner)
    object[name] = readValue(scanner)
    if (!continues(scanner, 0x7d)) break
  }
  path.pop()
  return object
}

function readArray(scanner: Scanner): JsonValue {
  const array: JsonValue[] = []
  open(scanner)
  if (closes(scanner, 0x5d)) return array
  scanner.path.push(0)
  do {
    scanner.path[scanner.path.length - 1] = array.length
    array.push(readValue(scanner))
  } while (continues(scanner, 0x5d))
  scanner.path.pop()
  return array
}

function open(scanner: Scanner): void {
  if (scanner.path.length >= maxDepth) refuse(scanner, 'malformed_body', `The body is nested deeper than ${maxDepth}.`)
  scanner.at++
  skipBlanks(scanner)
}

function closes(scanner: Scanner, closing: number): boolean {
  if (scanner.text.charCodeAt(scanner.at) !== closing) return false
  scanner.at++
  return true
}

/** True after a comma, false after the closing bracket. */
function continues(scanner: Scanner, closing: number): boolean {
  skipBlanks(scanner)
  if (closes(scanner, closing)) return false
  if (scanner.text.charCodeAt(scanner.at) !== 0x2c) refuseToken(scanner)
  scanner.at++
  skipBlanks(scanner)
  return true
}

function readString(scanner: Scanner): string {
  const string = scanString(scanner.text, scanner.at)
  if (string === undefined)
    return refuse(
      scanner,
      'malformed_body',
      `The string at character ${scanner.at} has no end, a bad escape or a control character.`,
    )
  if (string.value.includes('\0')) refuse(scanner, 'bad_encoding', 'A text may not hold NUL (\\u0000).')
  if (!string.value.isWellFormed()) refuse(scanner, 'bad_encoding', 'A text holds half of a surrogate pair.')
  scanner.at = string.end
  return string.value
}

function readNumber(scanner: Scanner): number {
  const literal = scanNumber(scanner.text, scanner.at)
  if (literal === '') return refuseToken(scanner)
  const value = Number(literal)
  const exact = /[.eE]/.test(literal) ? Number.isFinite(value) : Number.isSafeInteger(value)
  if (!exact)
    refuse(
      scanner,
      'invalid_value',
      `The number ${show(literal)} is too large to keep its digits. Send it as a string.`,
    )
  scanner.at += literal.length
  return value
}

function readWord<T extends boolean | null>(scanner: Scanner, word: string, value: T): T {
  if (!scanner.text.startsWith(word, scanner.at)) refuseToken(scanner)
  scanner.at += word.length
  return value
}

function skipBlanks(scanner: Scanner): void {
  for (;;) {
    const code = scanner.text.charCodeAt(scanner.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    scanner.at++
  }
}

function refuseToken(scanner: Scanner, at = scanner.at): never {
  const found =
    at < scanner.text.length
      ? `Unexpected ${show(String.fromCodePoint(scanner.text.codePointAt(at) ?? 0))} at character ${at}`
      : 'The body ends too early'
  return refuse(scanner, 'malformed_body', `${found}. Send well-formed JSON.`)
}

function refuse(scanner: Scanner, code: ErrorCode, detail: string): never {
  const pointer = scanner.path.map(name => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  throw new ApiError(code, detail, { source: { pointer: pointer.slice(0, 1000).toWellFormed() } })
}
