// Reads and writes PostgreSQL's text of an array: `{1,NULL,"a,b"}`.

/**
 * The array as JSON text, each element by `elementToJson`; arrays of arrays nest, and bounds in front (`[0:1]={a,b}`) are left out.
 * @param text as PostgreSQL prints it, so that it is known to be well formed
 */
export function arrayToJson(text: string, elementToJson: (text: string) => string): string {
  let at = text.charCodeAt(0) === 0x5b ? text.indexOf('=') + 1 : 0
  let json = ''
  while (at < text.length) {
    const char = text[at]
    if (char === '{' || char === '}' || char === ',') {
      json += char === '{' ? '[' : char === '}' ? ']' : ','
      at += 1
    } else if (char === '"') {
      const end = endOfQuoted(text, at)
      json += elementToJson(unescaped(text.slice(at + 1, end)))
      at = end + 1
    } else {
      const end = endOfBare(text, at)
      const element = text.slice(at, end)
      // A text that reads NULL is quoted.
      json += element === 'NULL' ? 'null' : elementToJson(element)
      at = end
    }
  }
  return json
}

/** The text that PostgreSQL reads as an array of these elements. */
export function toArrayText(elements: readonly (string | null)[]): string {
  return `{${elements.map(element => (element === null ? 'NULL' : `"${element.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`
}

function endOfQuoted(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function endOfBare(text: string, start: number): number {
  let at = start
  while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1
  return at
}

function unescaped(quoted: string): string {
  return quoted.includes('\\') ? quoted.replace(/\\(.)/gs, '$1') : quoted
}
