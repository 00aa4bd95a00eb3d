// Reads and writes the XML that the switch speaks: elements, attributes, text. Anything else is refused.

export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Without that of its children. */
  readonly text: string
}

export class XmlError extends Error {
  constructor(message: string, at: number) {
    super(`${message} at character ${at + 1}`)
    this.name = 'XmlError'
  }
}

const maxDepth = 8
const space = /[ \t\r\n]+/y
const open = /<([a-z][a-z0-9-]*)/y
const attribute = /[ \t\r\n]+([a-z][a-z0-9-]*)="([^"<]*)"/y
const headEnd = /[ \t\r\n]*(\/?)>/y
const close = /<\/([a-z][a-z0-9-]*)[ \t\r\n]*>/y
const characters = /[^<]+/y

/**
 * Reads one element with all that is in it. Declarations, comments, CDATA, processing instructions and entities beyond the
 * five of XML are refused: nothing in them is needed here, and much has been done with them.
 *
 * @throws XmlError
 */
export function readXml(text: string): XmlElement {
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at = pattern.lastIndex
    return found
  }
  const readElement = (depth: number): XmlElement => {
    if (depth > maxDepth) throw new XmlError('Elements stand too deep', at)
    const name = take(open)?.[1]
    if (name === undefined) throw new XmlError('An element is missing', at)
    const attributes = new Map<string, string>()
    for (let found = take(attribute); found; found = take(attribute)) {
      const [, key = '', value = ''] = found
      if (attributes.has(key)) throw new XmlError(`The attribute ${key} is said twice`, at)
      attributes.set(key, decode(value, at))
    }
    const end = take(headEnd)
    if (!end) throw new XmlError(`The head of ${name} does not end`, at)
    if (end[1] === '/') return { name, attributes, children: [], text: '' }
    const children: XmlElement[] = []
    let inside = ''
    for (;;) {
      const said = take(characters)
      if (said) inside += decode(said[0], at)
      const closed = take(close)
      if (closed?.[1] === name) return { name, attributes, children, text: inside }
      if (closed) throw new XmlError(`${closed[1]} is closed in place of ${name}`, at)
      children.push(readElement(depth + 1))
    }
  }
  const control = [...text].findIndex(character => character < ' ' && !'\t\r\n'.includes(character))
  if (control >= 0) throw new XmlError('A control character stands', control)
  take(space)
  const element = readElement(1)
  take(space)
  if (at < text.length) throw new XmlError('There is more after the element', at)
  return element
}

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

function decode(text: string, at: number): string {
  return text.replace(/&([^;&]*);?/g, (whole, name: string) => {
    const known = entities.get(name)
    const [, hexadecimal, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name) ?? []
    const code = hexadecimal !== undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal ?? Number.NaN)
    const isCharacter = code === 9 || code === 10 || code === 13 || (code >= 32 && code <= 0x10ffff)
    if (whole.endsWith(';') && known !== undefined) return known
    if (whole.endsWith(';') && isCharacter && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code)
    throw new XmlError(`${whole} is no character`, at)
  })
}

/** One line, whatever the values are. */
export function writeXml(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  inside: string | readonly string[] = '',
): string {
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${encode(String(value))}"`)
  const body = typeof inside === 'string' ? encode(inside) : inside.join('')
  return body === '' ? `<${name}${said.join('')}/>` : `<${name}${said.join('')}>${body}</${name}>`
}

function encode(text: string): string {
  return text.replace(/[&<>"\t\r\n]/g, character => `&#${character.charCodeAt(0)};`)
}
