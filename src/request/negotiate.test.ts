import { describe, expect, it } from 'vitest'
import { ApiError } from '../errors/api-error.ts'
import { exportFormats, plainJson } from '../formats/index.ts'
import { negotiate } from './negotiate.ts'

const offers = [plainJson, ...exportFormats]
const json = 'application/json'
const lines = 'application/x-ndjson'
const csv = 'text/csv'
const bare = 'text/csv without header'

function chosen(accept: string | undefined, from = offers): string | number {
  try {
    const { mediaType, parameters } = negotiate(accept, from)
    return parameters.header === 'absent' ? `${mediaType} without header` : mediaType
  } catch (error) {
    if (error instanceof ApiError) return error.status
    throw error
  }
}

describe('negotiation', () => {
  it.each([
    // Whatever you like.
    [undefined, json],
    ['', json],
    ['*/*', json],
    [' */* ', json],
    ['application/*', json],
    ['text/*', csv],
    // Named.
    ['application/json', json],
    ['APPLICATION/JSON', json],
    ['application/x-ndjson', lines],
    ['text/csv', csv],
    ['Text/CSV', csv],
    ['application/xml', 406],
    ['text/html, image/*', 406],
    ['text/csvx', 406],
    // Quality.
    ['text/csv, application/json;q=0.9', csv],
    ['text/csv;q=0.5, application/json;q=0.9', json],
    ['text/csv;q=0.899, application/x-ndjson;q=0.9', lines],
    ['text/csv ; q=0.5 , application/json ; q=0.4', csv],
    ['text/csv;Q=0.5, application/json;q=0.6', json],
    ['text/html, application/json;q=0.1', json],
    ['text/html, */*;q=0.1', json],
    ['text/csv;q=0.000', 406],
    ['text/csv;q=0', 406],
    ['*/*;q=0', 406],
    ['text/csv;q=1.000', csv],
    // The more specific range decides, wherever it stands.
    ['application/json;q=0, */*', lines],
    ['*/*, application/json;q=0', lines],
    ['*/*;q=0.8, application/json;q=0.1', lines],
    ['application/*;q=0, */*;q=0.1', csv],
    ['text/*, text/csv;q=0.1, application/json;q=0.2', json],
    // Equally welcome: named before any, then ours.
    ['text/csv, */*', csv],
    ['*/*, application/x-ndjson', lines],
    ['text/csv, application/*', csv],
    ['text/csv, application/json', json],
    ['text/csv, application/x-ndjson', lines],
    ['application/json, text/plain, */*', json],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', json],
    // Parameters.
    ['text/csv;charset=utf-8', csv],
    ['text/csv; charset="UTF-8"', csv],
    ['text/csv;charset=utf-16', 406],
    ['application/json; charset=utf-8', json],
    ['application/json;charset=iso-8859-1, text/csv;q=0.1', csv],
    ['text/csv;header=present', csv],
    ['text/csv;header=absent', bare],
    ['text/csv; Header=Absent; charset=utf-8; q=0.5', bare],
    ['text/csv;header=absent;q=0, text/csv', csv],
    ['text/csv;header=present;q=0, text/csv', bare],
    ['text/csv;header=perhaps', 406],
    ['text/csv;unknown=1', csv],
    ['text/csv;q=0.5;header=absent', csv],
    ['text/csv;x="a,b;q=0", text/html', csv],
    ['text/csv;x="a\\",b"', csv],
    // Not as it should be.
    ['text/csv;q=high', 406],
    ['text/csv;q=2', 406],
    ['text/csv;q=', 406],
    ['text/csv;q=.5, application/json;q=0.1', csv],
    [',,text/csv,', csv],
    ['text/csv;', csv],
    ['csv', 406],
    ['*', 406],
    ['text/html, *; q=.2, */*; q=.2', json],
    ['*/csv', 406],
    ['text/csv/x', 406],
    ['text/, /csv, text/csv', csv],
    ['toString/csv;constructor=1', 406],
  ])('of %j chooses %s', (accept, expected) => {
    expect(chosen(accept)).toBe(expected)
  })

  it('has JSON alone for a record', () => {
    for (const accept of [undefined, '*/*', 'text/csv, */*', 'text/csv, application/json;q=0.1'])
      expect(chosen(accept, [plainJson])).toBe(json)
    for (const accept of ['text/csv', 'application/x-ndjson', 'text/*']) expect(chosen(accept, [plainJson])).toBe(406)
  })

  it('lists what there is, each once', () => {
    expect(() => negotiate('image/png', offers)).toThrow(
      'This answers application/json, application/x-ndjson, text/csv.',
    )
  })

  it('reads the longest header in a time that grows with its length alone', () => {
    for (const piece of ['text/csv;', ' ', ',', '"', ';q=', 'a/b;c="\\', ';;', '/', '\t;'])
      expect(chosen(`${piece.repeat(16_000 / piece.length)}, application/json`, [plainJson])).toBeDefined()
  })
})
