// Records of a body: what is taken, and every problem of what is not, in words.
import { describe, expect, it } from 'vitest'
import { eventInputs } from '../../test/validation/events.ts'
import { askRules } from './ask-rules.ts'
import type { RecordSource } from './record-inputs.ts'
import { recordSchema, type Write } from './record-schema.ts'
import { recordValidator } from './validate-record.ts'

const all = new Set([...eventInputs().fields.keys()])
const write = (more: Partial<Write> = {}): Write => ({
  kind: 'create',
  writable: all,
  readable: new Set([...all, 'id']),
  filled: new Set(['created_at']),
  ...more,
})
const good = { title: 'Rows', user: { id: 18 } }
const validate = (record: unknown, more: Partial<Write> = {}, options: Pick<RecordSource, 'schema' | 'rules'> = {}) =>
  recordValidator(eventInputs(options), write(more))(record)
const problems = (...given: Parameters<typeof validate>) =>
  validate(...given).problems.map(({ pointer, code, detail }) => [pointer, code, detail])
/** The one detail about a field. */
const detail = (record: object, options: Pick<RecordSource, 'schema' | 'rules'> = {}) => {
  const found = validate({ ...good, ...record }, {}, options).problems
  expect(found).toHaveLength(1)
  return `${found[0]?.pointer}: ${found[0]?.detail}`
}

describe('a good record', () => {
  it('comes as text for PostgreSQL, by field', () => {
    const { problems, values } = validate({
      ...good,
      price: '12.50',
      tags: ['a', null],
      settings: { a: [1] },
      starts_at: '2015-08-05T15:56:05+02:00',
      ends_at: null,
      room: { number: '9007199254740993', house: 1 },
    })
    expect(problems).toEqual([])
    expect(
      [...values].map(([name, given]) => [name, 'text' in given ? given.text : 'key' in given ? given.key : given]),
    ).toEqual([
      ['title', 'Rows'],
      ['price', '12.50'],
      ['tags', '{"a",NULL}'],
      ['settings', '{"a":[1]}'],
      ['starts_at', '2015-08-05 13:56:05+00'],
      ['ends_at', null],
      ['user', ['18']],
      ['room', ['1', '9007199254740993']],
    ])
  })

  it.each([
    { user: { id: 18 } },
    { user: 18 },
    { user_id: 18 },
    { user_id: { id: 18 } },
    { user: 18, user_id: { id: 18 } },
  ])('names the record that it belongs to: %j', user => {
    const { problems, values } = validate({ title: 'Rows', ...user })
    expect(problems).toEqual([])
    expect(values.get('user')).toMatchObject({ kind: 'toOne', key: ['18'] })
  })

  it('need not be whole in a change, which may also say by how much a number grows', () => {
    const { problems, values } = validate({ seats: { increment: -2 }, price: { increment: '0.5' } }, { kind: 'update' })
    expect(problems).toEqual([])
    expect(values.get('seats')).toMatchObject({ kind: 'increment', by: '-2' })
    expect(problems.concat(validate({ seats: { increment: 'x' } }, { kind: 'update' }).problems)).toEqual([
      {
        pointer: '/seats/increment',
        code: 'invalid_member',
        detail: 'It must grow by a whole number from -2147483648 to 2147483647.',
      },
    ])
    expect(detail({ seats: { increment: 1 } })).toBe(
      '/seats: It is an object; it must be a whole number from -2147483648 to 2147483647.',
    )
  })

  it('may come from an object without a prototype', () => {
    expect(validate(Object.assign(Object.create(null), good)).problems).toEqual([])
  })
})

describe('a record with problems', () => {
  it('shows all of them at once, in the order of the fields, unknown members last', () => {
    expect(
      problems({
        nmae: 1,
        ends_at: 'soon',
        title: '',
        price: -1.005,
        state: 'Draft',
        tags: ['a', 'too long'],
        id: 5,
        room: 3,
      }),
    ).toEqual([
      [
        '/title',
        'invalid_member',
        'It is empty: at least 1 character is needed; not of the form that is needed: it must match "^[A-Za-z ]+$".',
      ],
      ['/state', 'invalid_member', 'It is not among the permitted values: it must be one of "draft", "live".'],
      [
        '/price',
        'invalid_member',
        'It is too small: the least is 0; too precise: at most 2 digits after the point are kept.',
      ],
      ['/tags/1', 'invalid_member', 'It is too long: 8 characters, where at most 5 are kept.'],
      [
        '/ends_at',
        'invalid_member',
        'It is "soon"; it must be a time such as 2015-08-05T13:56:05.123Z or 2015-08-05T15:56:05+02:00 (no offset: UTC), or a date, or infinity, -infinity.',
      ],
      ['/user', 'missing_member', 'A new record needs "user".'],
      ['/room', 'invalid_member', 'It is 3; it must be the key of a record: {"house":…,"number":…}.'],
      ['/nmae', 'unknown_member', 'There is no field "nmae" to write.'],
      ['/id', 'forbidden', 'You may not write "id".'],
    ])
  })

  it.each([
    [{ title: null }, '/title: It is null; a value is needed, as null is not kept here.'],
    [{ title: 5 }, '/title: It is 5; it must be text, without NUL or half a surrogate pair.'],
    [{ title: 'x'.repeat(21) }, '/title: It is too long: 21 characters, where at most 20 are kept.'],
    [{ title: '𝄞'.repeat(20) }, '/title: It is not of the form that is needed: it must match "^[A-Za-z ]+$".'],
    [{ price: '10000' }, '/price: It is too large: at most 4 digits before the point are kept.'],
    [{ price: 'Infinity' }, '/price: It is infinite: a number is needed.'],
    [{ user: null }, '/user: It is null; a value is needed, as null is not kept here.'],
    [{ user: {} }, '/user: It is not the key of a record; it must be {"id":…} and no more.'],
    [{ user: { id: 1, name: 'Ada' } }, '/user: It is not the key of a record; it must be {"id":…} and no more.'],
    [{ user: { id: 'x' } }, '/user/id: It is "x"; it must be a whole number from -2147483648 to 2147483647.'],
    [{ user: [1] }, '/user: It is a list; it must be a whole number from -2147483648 to 2147483647.'],
    [{ user: { id: null } }, '/user/id: It is null; a value is needed.'],
    [{ user_id: 5 }, '/user_id: It is said twice, as "user" and "user_id", with different values. Keep one of them.'],
    [
      { tags: [['a'], ['b', 'c']] },
      '/tags: It is a list; it must be a list of values, each text, without NUL or half a surrogate pair, and lists in it of one length.',
    ],
    [
      { tags: 'a' },
      '/tags: It is "a"; it must be a list of values, each text, without NUL or half a surrogate pair, and lists in it of one length.',
    ],
    [{ tags: ['a', 5] }, '/tags/1: It is 5; it must be text, without NUL or half a surrogate pair.'],
  ])('%j', (record, words) => expect(detail(record)).toBe(words))

  it.each([null, 5, 'x', [good]])('is no record at all: %j', record => {
    expect(problems(record)).toMatchObject([
      ['', 'invalid_member', expect.stringContaining('it must be an object of fields')],
    ])
  })

  it('points from where the record stands', () => {
    const [problem] = recordValidator(eventInputs(), write())({ ...good, price: 'x' }, '/3').problems
    expect(problem?.pointer).toBe('/3/price')
  })

  it('never repeats what is long', () => {
    const long = 'x'.repeat(1e6)
    const found = validate({ ...good, price: long, starts_at: long, seats: [long], [long]: 1 }).problems
    expect(found).toHaveLength(4)
    for (const one of found) expect(JSON.stringify(one).length).toBeLessThan(1500)
  })
})

describe('names', () => {
  it('are hinted at only where the caller may write them', () => {
    const restricted = { writable: new Set(['title', 'user']), readable: new Set(['title', 'seats']) }
    expect(problems({ ...good, sets: 1, tilte: 1, score: 1, seats: 1 }, restricted)).toEqual([
      ['/sets', 'unknown_member', 'There is no field "sets" to write.'],
      ['/tilte', 'unknown_member', 'There is no field "tilte" to write. Did you mean "title"?'],
      ['/score', 'unknown_member', 'There is no field "score" to write.'],
      ['/seats', 'forbidden', 'You may not write "seats".'],
    ])
  })

  it('of prototypes are names like others', () => {
    const record = JSON.parse('{"title":"Rows","user":1,"__proto__":{"seats":1},"constructor":1,"toString":1}')
    expect(problems(record).map(([pointer, code]) => [pointer, code])).toEqual([
      ['/__proto__', 'unknown_member'],
      ['/constructor', 'unknown_member'],
      ['/toString', 'unknown_member'],
    ])
    expect(validate(Object.create({ title: 'Rows', user: 1 })).problems.map(({ code }) => code)).toEqual([
      'missing_member',
      'missing_member',
    ])
    expect(detail({ user: JSON.parse('{"__proto__":1}') })).toContain('not the key of a record')
  })

  it('are told by the score, however many are unknown', () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`unknown_${i}`, i]))
    const found = problems({ ...good, ...many })
    expect(found).toHaveLength(21)
    expect(found.at(-1)?.[2]).toBe('49980 more of its members are unknown.')
  })

  it('are escaped in pointers', () => {
    expect(problems({ ...good, 'a/b~c': 1 })[0]?.[0]).toBe('/a~1b~0c')
  })
})

describe('declared keywords', () => {
  const schema = {
    title: { minLength: 3, pattern: '^R', maxLength: 200 },
    state: { format: 'email', enum: ['live', 'other'] },
    price: { minimum: 1, multipleOf: 0.05, exclusiveMaximum: 5000 },
    seats: { minimum: 2, maximum: 10 },
    tags: { minItems: 1, uniqueItems: true, items: { pattern: '^[a-z]+$' } },
    settings: {
      type: 'object',
      properties: {
        theme: { enum: ['light', 'dark'] },
        sizes: { type: 'array', items: { type: 'integer' }, uniqueItems: true },
      },
      required: ['theme'],
      additionalProperties: false,
    },
    user_id: { minimum: 10 },
  }
  it.each([
    [
      { title: 'ab' },
      '/title: It is too short: 2 characters, where at least 3 characters are needed; not of the form that is needed: it must match "^R".',
    ],
    [{ title: 'R'.repeat(21) }, '/title: It is too long: 21 characters, where at most 20 are kept.'],
    [{ state: 'live' }, '/state: It is not an e-mail address such as ada@example.com.'],
    [{ price: '0.99' }, '/price: It is too small: the least is 1; not a multiple of 0.05.'],
    [{ price: '1.01' }, '/price: It is not a multiple of 0.05.'],
    [{ seats: 1 }, '/seats: It is too small: the least is 2.'],
    [{ tags: [] }, '/tags: It is too short a list: at least 1 items are needed.'],
    [{ tags: ['a', 'a'] }, '/tags: It is a list in which an item stands twice.'],
    [{ tags: ['a', 'B'] }, '/tags/1: It is not of the form that is needed: it must match "^[a-z]+$".'],
    [{ settings: [] }, '/settings: It is of the wrong type: it must be object.'],
    [{ settings: {} }, '/settings: It is without "theme", which is needed.'],
    [
      { settings: { theme: 'pink' } },
      '/settings/theme: It is not among the permitted values: it must be one of "light", "dark".',
    ],
    [{ settings: { theme: 'dark', more: 1 } }, '/settings: It is an object with a member that is not known.'],
    [{ user: { id: 9 } }, '/user/id: It is too small: the least is 10.'],
    [{ user: 9 }, '/user: It is too small: the least is 10.'],
  ])('refuse %j', (record, words) => expect(detail(record, { schema })).toBe(words))

  it('leave what keeps to them', () => {
    const record = { ...good, price: '1.15', seats: 2, tags: ['a', 'b'], settings: { theme: 'dark', sizes: [1, 2] } }
    expect(validate(record, {}, { schema }).problems).toEqual([])
  })

  it('that are none are reported, and columns that are none too', () => {
    const reported: string[] = []
    eventInputs(
      {
        schema: { title: { minLenght: 1 }, state: { format: 'emial' }, seats: { pattern: '(' }, titel: {} },
        rules: { r: { fields: ['titel'], check: () => null } },
      },
      problem => void reported.push(problem),
    )
    expect(reported).toEqual([
      'events.schema: there is no column "titel". Did you mean "title"?',
      'events.schema.title: strict mode: unknown keyword: "minLenght"',
      expect.stringContaining('events.schema.state: unknown format "emial"'),
      expect.stringContaining('events.schema.seats: '),
      'events.rules.r: there is no column "titel". Did you mean "title"?',
    ])
  })

  it('and huge values take no square of their length', () => {
    const items = Array.from({ length: 200_000 }, (_, i) => [i % 199_999])
    expect(detail({ settings: { theme: 'dark', sizes: items.map(([i]) => i) } }, { schema })).toContain(
      '/settings/sizes: It is a list',
    )
  })
})

describe('rules over several columns', () => {
  const seen: unknown[] = []
  const rules = {
    in_order: {
      fields: ['starts_at', 'ends_at'],
      check: (record: never) => {
        const { starts_at, ends_at } = record as { starts_at: string | null; ends_at: string | null }
        seen.push({ ...(record as object) })
        return starts_at !== null && ends_at !== null && starts_at >= ends_at ? 'It ends before it starts.' : null
      },
    },
    state_known: {
      fields: ['state', 'user_id'],
      check: (record: never) => ((record as { user_id: number }).user_id === 1 ? 'No.' : null),
    },
  }
  const [early, late] = ['2016-01-24T10:00:00Z', '2016-01-24T12:00:00+01:00']

  it('see their columns as answers show them, and speak of the last that was given', () => {
    seen.length = 0
    const found = validate({ ...good, ends_at: early, starts_at: late }, {}, { rules })
    expect(seen).toEqual([{ starts_at: '2016-01-24T11:00:00Z', ends_at: early }])
    expect(found.problems).toEqual([
      { pointer: '/ends_at', code: 'invalid_member', detail: 'It ends before it starts.', meta: { rule: 'in_order' } },
    ])
  })

  it('see null for what a new record leaves out, and wait for what a default fills in', () => {
    seen.length = 0
    const found = validate({ ...good, starts_at: early }, {}, { rules })
    expect(seen).toEqual([{ starts_at: early, ends_at: null }])
    expect([found.problems, found.rulesLeft]).toEqual([[], ['state_known']])
    expect(validate({ ...good, user: 1, state: 'live' }, {}, { rules }).problems).toMatchObject([
      { pointer: '/user', detail: 'No.' },
    ])
  })

  it('are not asked of a value that has a problem, nor where a change does not touch them', () => {
    seen.length = 0
    expect(validate({ ...good, ends_at: 'x', starts_at: early }, {}, { rules }).problems).toHaveLength(1)
    expect(validate({ title: 'Rows' }, { kind: 'update' }, { rules }).rulesLeft).toEqual([])
    expect(seen).toEqual([])
  })

  it('wait, in a change, for the stored record, and tell nothing of columns that the caller may not read', () => {
    const { rulesLeft } = validate({ ends_at: early }, { kind: 'update' }, { rules })
    expect(rulesLeft).toEqual(['in_order'])
    const ask = (readable: readonly string[], starts_at: string) =>
      askRules(eventInputs({ rules }), rulesLeft, { starts_at, ends_at: early }, { readable: new Set(readable) })
    expect(ask(['starts_at', 'ends_at'], '2017-01-01T00:00:00Z')).toMatchObject([{ pointer: '/ends_at' }])
    expect(ask(['ends_at'], '2017-01-01T00:00:00Z')).toBe('conflict')
    expect(ask(['ends_at'], '2015-01-01T00:00:00Z')).toEqual([])
  })
})

describe('values out of all proportion', () => {
  const nested = JSON.parse(`${'['.repeat(5000)}1${']'.repeat(5000)}`)
  const flat = Array.from({ length: 300_000 }, () => [])
  it.each(['settings', 'tags', 'title', 'user', 'price', 'nothing'])('are refused as %s without an overflow', name => {
    expect(validate({ ...good, [name]: nested }).problems).toHaveLength(1)
    if (name !== 'settings') expect(validate({ ...good, [name]: flat }).problems).toHaveLength(1)
  })
})

describe('the schema of a record', () => {
  it('says what may be written, by whom it may', () => {
    const more = { writable: new Set(['title', 'user', 'room', 'state', 'price', 'tags']) }
    expect(recordSchema(eventInputs({ schema: { title: { minLength: 3 } } }), write(more))).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'events',
      type: 'object',
      properties: {
        title: { type: 'string', minLength: 3, maxLength: 20, pattern: '^[A-Za-z ]+$' },
        state: { type: 'string', enum: ['draft', 'live'] },
        price: {
          anyOf: [
            {
              allOf: [
                { type: ['string', 'number'], pattern: '^([-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)|NaN|-?Infinity)$' },
                { minimum: 0, pattern: '^([-+]?0*[0-9]{0,4}([.][0-9]{0,2}0*)?|NaN)$' },
              ],
            },
            { type: 'null' },
          ],
        },
        tags: {
          anyOf: [
            {
              type: 'array',
              items: { anyOf: [{ type: 'string', maxLength: 5 }, { type: 'null' }, { type: 'array', minItems: 1 }] },
            },
            { type: 'null' },
          ],
        },
        room: {
          anyOf: [
            {
              type: 'object',
              properties: {
                house: { type: 'integer', minimum: -2147483648, maximum: 2147483647 },
                number: { type: ['string', 'integer'], pattern: '^[-+]?[0-9]+$' },
              },
              required: ['house', 'number'],
              additionalProperties: false,
            },
            { type: 'null' },
          ],
        },
        user: {
          description: 'Also accepted as user_id.',
          anyOf: [
            {
              type: 'object',
              properties: { id: { type: 'integer', minimum: -2147483648, maximum: 2147483647 } },
              required: ['id'],
              additionalProperties: false,
            },
            { type: 'integer', minimum: -2147483648, maximum: 2147483647 },
          ],
        },
      },
      required: ['title', 'user'],
      additionalProperties: false,
    })
    expect(recordSchema(eventInputs(), write({ ...more, kind: 'update' })).required).toEqual([])
    expect(recordSchema(eventInputs(), write({ filled: new Set(['user']) })).required).toEqual(['title', 'created_at'])
  })
})
