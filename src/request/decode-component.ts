// Decodes percent-encoded text strictly: UTF-8 or nothing, and never NUL.
import { ApiError, type Source } from '../errors/api-error.ts'
import { showSource } from './pair.ts'

/**
 * Percent-decodes one part of a URL (RFC 3986 2.1); `+` stays as it is, as paths need it.
 * @throws ApiError `bad_encoding` for a bad escape, bytes that are no UTF-8, NUL, and characters that a URL may not hold unescaped
 * @example decodeComponent('a%2Fb', { parameter: 'path' }) // 'a/b'
 */
export function decodeComponent(text: string, source: Source): string {
  if (hasForbidden(text)) refuseEncoding('holds a character that must be percent-encoded', source)
  if (!text.includes('%')) return text
  return decodeEscapes(text, source)
}

/** The same for a key or a value of a query, where `+` is a space (WHATWG URL, application/x-www-form-urlencoded). */
export function decodeQueryComponent(text: string, source: Source): string {
  return decodeComponent(text.includes('+') ? text.replaceAll('+', '%20') : text, source)
}

/** Whether the text holds what no URL holds: controls, spaces, anything beyond ASCII (which node:http hands on as Latin-1). */
export function hasForbidden(text: string): boolean {
  return /[^!-~]/.test(text)
}

function decodeEscapes(text: string, source: Source): string {
  let decoded: string
  try {
    // Refuses bad escapes, overlong forms and encoded surrogates alike.
    decoded = decodeURIComponent(text)
  } catch {
    return refuseEncoding('holds a bad escape or bytes that are not UTF-8', source)
  }
  if (decoded.includes('\0')) refuseEncoding('holds NUL (%00), which is never allowed', source)
  return decoded
}

function refuseEncoding(what: string, source: Source): never {
  throw new ApiError('bad_encoding', `${showSource(source)} ${what}. Percent-encode it as UTF-8.`, { source })
}
