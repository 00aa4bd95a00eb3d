// Holds the reader and the writer of the switch's XML to each other, and the reader to what it refuses.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readXml, writeXml, XmlError } from './xml.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const text = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter(value => value.isWellFormed() && ![...value].some(one => one < ' ' && !'\t\r\n'.includes(one)))

it('reads what it has written, whatever the values are, from one line', () => {
  fc.assert(
    fc.property(name, fc.dictionary(name, text, { noNullPrototype: true }), text, (element, attributes, inside) => {
      const written = writeXml(element, attributes, inside)
      expect(written).not.toMatch(/[\r\n]/)
      const read = readXml(written)
      expect([read.name, Object.fromEntries(read.attributes), read.text]).toEqual([element, attributes, inside])
    }),
  )
})

it('reads elements within elements, and the characters that XML writes by name or number', () => {
  const read = readXml(
    ' <ports a="1 &lt; 2">\n  <port node="x"/>&#65;<port node="&#x1F600;">&amp;&quot;&apos;</port></ports>\n',
  )
  expect(read.attributes.get('a')).toBe('1 < 2')
  expect(read.text).toBe('\n  A')
  expect(read.children.map(child => [child.attributes.get('node'), child.text])).toEqual([
    ['x', ''],
    ['😀', `&"'`],
  ])
})

it.each([
  '',
  'text',
  '<open',
  '<open>',
  '<open></close>',
  '<open/><open/>',
  '<open/>text',
  '<Open/>',
  '<open a=1/>',
  "<open a='1'/>",
  '<open a="1"b="2"/>',
  '<open a="1" a="2"/>',
  '<open a="<"/>',
  '<open a="&nbsp;"/>',
  '<open a="&amp"/>',
  '<open a="&#0;"/>',
  '<open a="&#xD800;"/>',
  '<open a="\u0007"/>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  '<?xml version="1.0"?><open/>',
  '<open><!-- no --></open>',
  '<open><![CDATA[no]]></open>',
  '<a>'.repeat(9) + '</a>'.repeat(9),
])('refuses %j', given => {
  expect(() => readXml(given)).toThrow(XmlError)
})

it('ends with an element or an XmlError, whatever it is given', () => {
  const parts = fc.constantFrom('<', '>', '/', '</', '/>', 'a', ' ', '="', '"', '&', ';', '&#', 'x', '1', '!--', '\n')
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 30 }), given => {
      try {
        readXml(given.join(''))
      } catch (error) {
        expect(error).toBeInstanceOf(XmlError)
      }
    }),
  )
})
