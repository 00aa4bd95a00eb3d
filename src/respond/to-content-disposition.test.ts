import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toContentDisposition } from './to-content-disposition.ts'

it('names a file in ASCII, and in UTF-8 where that differs', () => {
  expect(toContentDisposition('traffic 2026-11.csv')).toBe('attachment; filename="traffic 2026-11.csv"')
  expect(toContentDisposition('Årsrapport (1).csv')).toBe(
    `attachment; filename="_rsrapport (1).csv"; filename*=UTF-8''%C3%85rsrapport%20%281%29.csv`,
  )
})

it('drops folders', () => {
  expect(toContentDisposition('../../etc/passwd')).toBe('attachment; filename="passwd"')
  expect(toContentDisposition('C:\\boot.ini')).toBe('attachment; filename="boot.ini"')
})

it('is one header of one file name, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), name => {
      const quoted = /^attachment; filename="[ !#-[\]-~]*"(; filename\*=UTF-8''[A-Za-z0-9._~!%-]*)?$/u
      expect(toContentDisposition(name)).toMatch(quoted)
    }),
  )
})
