// Says what a value should look like in an answer, from PostgreSQL's text of it: written from the contract, not from the product.

/** Parsed JSON in which a number keeps the digits that it was written with. */
export type Shown = string | boolean | null | readonly Shown[] | { readonly [name: string]: Shown }
export type Show = (text: string) => Shown

/** A number as it is written; no text of PostgreSQL can hold a NUL. */
function numeral(digits: string): string {
  return `\0${digits}`
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source: string }) => unknown

/** JSON without rounding a number: `9007199254740993` and `1.0` stay what they are. */
export function parseExactly(json: string): Shown {
  const keepDigits: Reviver = (_key, value, { source }) => (typeof value === 'number' ? numeral(source) : value)
  return JSON.parse(json, keepDigits as (this: unknown, key: string, value: unknown) => unknown) as Shown
}

export const asText: Show = text => text
export const asNumber: Show = text => numeral(text)
export const asBoolean: Show = text => text === 't'
export const asJson: Show = text => parseExactly(text)
/** What JSON has no number for is a string. */
export const asFloat: Show = text => (/^-?Infinity$|^NaN$/.test(text) ? text : numeral(text))

/** `(1.5,2)` */
export const asPoint: Show = text => {
  const [x = '', y = ''] = text.replace(/^\(|\)$/g, '').split(',')
  return { x: asFloat(x), y: asFloat(y) }
}

/** `2015-08-05 13:56:05.120+00 BC`: T and Z, no zeros at the end, the era where it was. */
export const asInstant: Show = text => {
  const parts = /^(\d+-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(?:\+00)?( BC)?$/.exec(text)
  if (!parts) return text
  const [, day, clock, fraction = '', era = ''] = parts
  const digits = fraction.replace(/0+$/, '')
  return `${day}T${clock}${digits === '' ? '' : `.${digits}`}Z${era}`
}

/** Nested lists, whatever the bounds; an element that reads NULL without quotes is null. */
export function asList(element: Show, delimiter = ','): Show {
  return text => {
    let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0
    const readList = (): readonly Shown[] => {
      const items: Shown[] = []
      at += 1
      while (text[at] !== '}') {
        if (text[at] === delimiter) at += 1
        items.push(text[at] === '{' ? readList() : readElement())
      }
      at += 1
      return items
    }
    const readElement = (): Shown => {
      let item = ''
      if (text[at] !== '"') {
        while (text[at] !== delimiter && text[at] !== '}') item += text[at++]
        return item === 'NULL' ? null : element(item)
      }
      for (at += 1; text[at] !== '"'; at += 1) {
        if (text[at] === '\\') at += 1
        item += text[at]
      }
      at += 1
      return element(item)
    }
    return readList()
  }
}
