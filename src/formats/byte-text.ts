// Byte text: UTF-8 bytes held in a string, one character a byte. node writes such a string together with the head of an answer,
// and its length is the Content-Length.

/** @param text any text */
export function toByteText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

/** @param bytes byte text */
export function fromByteText(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is all of them
const ascii = /^[\x00-\x7f]*$/

function isAscii(text: string): boolean {
  return ascii.test(text)
}
