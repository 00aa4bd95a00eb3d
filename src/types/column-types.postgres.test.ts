// Holds the column types to what real servers do: whatever `parse` lets through casts, to the value that was meant, and comes back as it was sent.
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../../test/support/databases.ts'
import { arrayType, type ColumnType, columnType, columnTypes } from './index.ts'

const settings =
  '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1 -c client_encoding=utf8'

// Spellings that lie inside, on and just outside the bounds of each type; candidates are these after a few random edits.
const integers = [
  '0',
  '-1',
  '32767',
  '-32768',
  '2147483647',
  '-2147483648',
  '9223372036854775807',
  '-9223372036854775808',
  '+007',
  '1.0',
  '1e3',
]
const instants = [
  '2015-08-05T13:56:05.123456Z',
  '2016-02-29 23:59:59-11:30',
  '0001-01-01T00:00:00 00:01',
  '9999-12-31T23:59:60Z',
  '2016-01-24',
  '-infinity',
]
const spellings: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'FALSE', 't', '0'],
  int2: integers,
  int4: integers,
  int8: integers,
  numeric: [...integers, '0.10', '-.5', '12.', `${'9'.repeat(500)}.${'1'.repeat(499)}`, '1e100000', 'NaN'],
  float4: [
    '1e38',
    '3.4028235e38',
    '-3.5e38',
    '1.4e-45',
    '7e-46',
    '0.1',
    '.5E-3',
    'NaN',
    'Infinity',
    '0e-99',
    '16777217',
  ],
  float8: [
    '1e308',
    '1.7976931348623157e308',
    '-1.8e308',
    '4.9e-324',
    '2e-324',
    '0.1',
    '.5E-3',
    'NaN',
    '-Infinity',
    '0e-999',
  ],
  text: ['', 'a\0b', '\ud800', '𝄞"\\\n', 'null', '{a}'],
  citext: ['', 'Ab', 'a\0'],
  varchar: ['', 'ab ', '\udfff'],
  bpchar: ['ab', 'é'],
  name: ['é'.repeat(31), 'a'.repeat(63), 'b'.repeat(64)],
  uuid: ['0190163d-8694-739b-aea5-966c26f8ad91', '0190163D-8694-739B-AEA5-966C26F8AD91'],
  date: ['2016-01-24', '2016-02-29', '1900-02-28', '0001-01-01', '9999-12-31', 'infinity', '0044-03-15 BC'],
  time: ['13:56:05.123456', '00:00', '24:00:00', '23:59:59.999999'],
  timetz: ['13:56:05.123456Z', '00:00 05:30', '24:00:00-15:59:59', '23:59:59.999999+15:59', '12:00:00-00'],
  timestamptz: instants,
  timestamp: instants,
  interval: [
    'P1Y2M3W4DT5H6M7.654321S',
    'P-1Y-2M3DT-4H',
    'PT0S',
    'P178956970Y7M',
    'P306783378W1D',
    'PT2147483647H',
    'PT2147483600H2147483S',
    'PT-0.000001S',
    'PT2147483647M',
  ],
  bytea: ['\\x', '\\x0aFF', '\\x00'],
  inet: [
    '192.168.1.5/24',
    '10.0.0.1',
    '::1/64',
    '2001:DB8::ff00:42:8329',
    '::ffff:1.2.3.4',
    '1:2:3:4:5:6:7::',
    'fe80::1%eth0',
  ],
  cidr: ['192.168.1.0/24', '10.0.0.0/8', '::/0', '2001:db8::/32', '1.2.3.4/31', 'ff:ff00::/23'],
  macaddr: ['08:00:2b:01:02:03', '08-00-2B-01-02-03'],
  point: ['(1.5,-2)', '(NaN,1e308)', '(1e-400,0)'],
  jsonb: ['', 'a\0', '"\\\n', '\ud83d', '𝄞'],
  json: ['5', '\u2028'],
}

const edit = fc.record({
  at: fc.nat(60),
  cut: fc.nat(2),
  put: fc.oneof(
    fc.constantFrom(...'0123456789'),
    fc.constantFrom(...'+-.:/ eTZPYMDWHSfx,()\\"', '', '', '00', '9999', '\u00a0', 'é', '\0'),
  ),
})

function candidatesFor(name: string): readonly string[] {
  const seeds = spellings[name] ?? []
  const edited = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 3 })).map(([seed, edits]) =>
    edits.reduce((text, { at, cut, put }) => {
      const start = text.length === 0 ? 0 : at % (text.length + 1)
      return text.slice(0, start) + put + text.slice(start + cut)
    }, seed),
  )
  return [...new Set([...seeds, ...fc.sample(edited, 3000)])]
}

// Spellings that are ours alone: a space for `+`, and offsets that a timestamp would lose or PostgreSQL does not know.
function isReadAlike(name: string, spelling: string): boolean {
  if (name.startsWith('json')) return false
  if (name === 'timestamp' && /[0-9]([+ -])[0-9]{2}:[0-9]{2}$/.test(spelling.slice(10))) return false
  return (
    !/ [0-9:]+$/.test(name.startsWith('time') ? spelling.slice(name.startsWith('timestamp') ? 11 : 0) : '') &&
    !/[+-](1[6-9]|2[0-3]):[0-9]{2}$/.test(spelling)
  )
}

// An interval of a month equals one of 30 days, and a point has no `=`.
function same(name: string): string {
  if (name === 'point') return '(a::point ~= b::point)'
  if (name.startsWith('json')) return '(a::jsonb = b::jsonb)'
  return name === 'interval' ? '((a::interval)::text = (b::interval)::text)' : `(a::${name} = b::${name})`
}

describeEachServer('column types on a real PostgreSQL', server => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await emptyDatabase(server)
    client = new pg.Client({ ...database.config, options: settings })
    await client.connect()
    await client.query('create extension citext')
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })
  const rows = async (sql: string, ...values: readonly unknown[]) =>
    (await client.query<string[]>({ text: sql, values: [...values], rowMode: 'array' })).rows

  const sent = [...columnTypes.values()].filter(type => type.name in spellings)

  it.each(sent)(
    '$name: what is let through is accepted, means the same, and is shown so that it can be sent again',
    async type => {
      const pairs = candidatesFor(type.name).flatMap(spelling => {
        const parsed = type.parse(spelling)
        return parsed === undefined ? [] : [{ spelling, parsed }]
      })
      expect(pairs.length).toBeGreaterThan(1)
      const read = await rows(
        `select (v::${type.name})::text from unnest($1::text[]) with ordinality as t(v, i) order by i`,
        pairs.map(pair => pair.parsed),
      )
      const again = read.map(([text]) => type.parse(shownBy(type, text as string) as string))
      if (!['json', 'jsonb', 'point'].includes(type.name))
        expect(again.indexOf(undefined), JSON.stringify(read[again.indexOf(undefined)])).toBe(-1)

      const claims = pairs.flatMap(({ spelling, parsed }, i) => [
        // Of JSON the value is text again, which `parse` takes for a string.
        ...(again[i] === undefined || type.name.startsWith('json') ? [] : [[parsed, again[i]] as const]),
        ...(isReadAlike(type.name, spelling) ? [[parsed, spelling] as const] : []),
      ])
      const broken = await rows(
        `select a, b from unnest($1::text[], $2::text[]) as t(a, b) where not ${same(type.name)}`,
        claims.map(([a]) => a),
        claims.map(([, b]) => b),
      )
      expect(broken).toEqual([])
    },
  )

  it('spells every value of a type with a canonical form in one way', async () => {
    // Trailing spaces of bpchar and case of citext mean nothing to `=`, but are shown, so they stay.
    for (const type of sent.filter(({ name }) => !['json', 'jsonb', 'point', 'bpchar', 'citext'].includes(name))) {
      const parsed = [...new Set(candidatesFor(type.name).flatMap(spelling => type.parse(spelling) ?? []))]
      const value = type.name === 'interval' ? '(v::interval)::text' : `v::${type.name}`
      const twice = await rows(
        `select array_agg(v)::text from unnest($1::text[]) as t(v) group by ${value} having count(*) > 1`,
        parsed,
      )
      expect(twice, type.name).toEqual([])
    }
  })

  it('sends a list as one array, and shows it as it was sent', async () => {
    const type = arrayType(columnType('text'))
    const lists = fc.sample(
      fc.array(
        fc.option(
          fc
            .oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('NULL', 'null', '', '{}', ',', '"', '\\', ' a '))
            .filter(one => columnType('text').parse(one) !== undefined),
        ),
      ),
      500,
    )
    const read = await rows(
      'select (v::text[])::text from unnest($1::text[]) with ordinality as t(v, i) order by i',
      lists.map(list => type.parseList(list)),
    )
    expect(read.map(([text]) => shownBy(type, text as string))).toEqual(lists)
  })

  it('shows what can be stored but not sent', async () => {
    const stored: readonly (readonly [string, ColumnType, unknown])[] = [
      ["'294276-12-31 23:59:59.999999+00'::timestamptz", columnType('timestamptz'), '294276-12-31T23:59:59.999999Z'],
      ["'4714-11-24 00:00:00+00 BC'::timestamptz", columnType('timestamptz'), '4714-11-24T00:00:00Z BC'],
      ["'0044-03-15 12:00:00.5 BC'::timestamp", columnType('timestamp'), '0044-03-15T12:00:00.5Z BC'],
      ["'5874897-12-31'::date", columnType('date'), '5874897-12-31'],
      ["'NaN'::numeric", columnType('numeric'), 'NaN'],
      ["'-Infinity'::numeric", columnType('numeric'), '-Infinity'],
      [
        '\'{{a,"b,c"},{NULL,""}}\'::text[]',
        arrayType(columnType('text')),
        [
          ['a', 'b,c'],
          [null, ''],
        ],
      ],
      ["'[0:1]={t,f}'::bool[]", arrayType(columnType('bool')), [true, false]],
      ['array[\'{"a": "}\\""}\', \'[1, null]\']::jsonb[]', arrayType(columnType('jsonb')), [{ a: '}"' }, [1, null]]],
      [
        "array['2016-01-24 00:00:00.10+02', null, 'infinity']::timestamptz[]",
        arrayType(columnType('timestamptz')),
        ['2016-01-23T22:00:00.1Z', null, 'infinity'],
      ],
      ["array['\\x0aff']::bytea[]", arrayType(columnType('bytea')), ['\\x0aff']],
      ["array['(1,2)']::point[]", arrayType(columnType('point')), [{ x: 1, y: 2 }]],
      ["array['NaN', '-Infinity', '1e-7']::float8[]", arrayType(columnType('float8')), ['NaN', '-Infinity', 1e-7]],
      ["'[1,5)'::int4range", columnType('int4range'), '[1,5)'],
      ["to_tsvector('english', 'it''s rows')", columnType('tsvector'), "'row':3"],
    ]
    const [texts] = await rows(`select ${stored.map(([sql]) => `(${sql})::text`).join(', ')}`)
    expect(stored.map(([, type], i) => shownBy(type, texts?.[i] as string))).toEqual(stored.map(([, , shown]) => shown))
  })
})

function shownBy(type: ColumnType, text: string): unknown {
  return JSON.parse(type.toJson(text))
}
