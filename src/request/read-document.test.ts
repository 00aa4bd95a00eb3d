import { describe, expect, it } from 'vitest'
import { ApiError } from '../errors/api-error.ts'
import { pointToWhatIsThere } from '../respond/point-into-document.ts'
import { keyPartsOf } from './read-linkage.ts'

describe('a pointer into a document', () => {
  const document = { data: { type: 'a', attributes: { 'x/y': { z: [1] } }, list: [{}] } }
  const cut = (pointer: string) =>
    (pointToWhatIsThere(new ApiError('invalid_member', 'x', { source: { pointer } }), document) as ApiError).source

  it('ends where the document does', () => {
    for (const [given, expected] of [
      ['', ''],
      ['/data', '/data'],
      ['/data/attributes/x~1y/z/0', '/data/attributes/x~1y/z/0'],
      ['/data/attributes/x~1y/z/1', '/data/attributes/x~1y/z'],
      ['/data/attributes/title', '/data/attributes'],
      ['/data/type/0', '/data/type'],
      ['/data/relationships/a/data', '/data'],
      ['/data/constructor', '/data'],
      ['/data/list/0/type', '/data/list/0'],
      ['/nothing', ''],
    ])
      expect(cut(given as string)).toEqual({ pointer: expected })
  })

  it('leaves parameters, headers and mistakes of ours alone', () => {
    const header = new ApiError('precondition_failed', 'x', { source: { header: 'If-Match' } })
    expect(pointToWhatIsThere(header, document)).toBe(header)
    const ours = new Error('x')
    expect(pointToWhatIsThere(ours, document)).toBe(ours)
  })
})

describe('an id', () => {
  it('is split at its commas only where the key has several parts', () => {
    const one = { key: [{}] } as never
    const two = { key: [{}, {}] } as never
    expect(keyPartsOf('a,b~1', one)).toEqual(['a,b~1'])
    expect(keyPartsOf('a~1b,c~0,d~01', two)).toEqual(['a,b', 'c~', 'd~1'])
  })
})
