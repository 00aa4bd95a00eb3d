// One table a column type: what it reads and as what, what it refuses, what it shows.
import { describe, expect, it, test } from 'vitest'
import { arrayType, type ColumnType, columnType, columnTypes, enumType } from './index.ts'

interface Table {
  readonly reads?: readonly (readonly [string | number | boolean, string])[]
  readonly refuses?: readonly (string | number | boolean)[]
  readonly shows?: readonly (readonly [string, unknown])[]
}

const day = '2016-01-24'
const tables: readonly (readonly [ColumnType, Table])[] = [
  [
    columnType('bool'),
    {
      reads: [
        ['true', 'true'],
        ['T', 'true'],
        ['1', 'true'],
        [1, 'true'],
        [true, 'true'],
        ['FALSE', 'false'],
        ['f', 'false'],
        [0, 'false'],
        [false, 'false'],
      ],
      refuses: ['', 'yes', 'on', 'tru', '2', 2, ' t', 'null', '__proto__'],
      shows: [
        ['t', true],
        ['f', false],
        ['true', true],
        ['false', false],
      ],
    },
  ],
  [
    columnType('int2'),
    {
      reads: [
        ['32767', '32767'],
        [-32768, '-32768'],
        ['-0', '0'],
        [-0, '0'],
        ['+007', '7'],
        [`${'0'.repeat(9000)}5`, '5'],
      ],
      refuses: [
        '32768',
        -32769,
        '',
        '-',
        '+',
        '1.0',
        1.5,
        '1e3',
        '0x10',
        '1_000',
        ' 1',
        '1 ',
        '--1',
        '１',
        true,
        Number.NaN,
      ],
      shows: [['-5', -5]],
    },
  ],
  [
    columnType('int4'),
    {
      reads: [
        ['2147483647', '2147483647'],
        ['-2147483648', '-2147483648'],
      ],
      refuses: ['2147483648', '-2147483649', '99999999999', '1,3', 'null'],
    },
  ],
  [
    columnType('int8'),
    {
      reads: [
        ['9223372036854775807', '9223372036854775807'],
        ['-9223372036854775808', '-9223372036854775808'],
        [9007199254740991, '9007199254740991'],
      ],
      refuses: ['9223372036854775808', '-9223372036854775809', 9007199254740992, '9'.repeat(15000), 1e20, '1.5', false],
      shows: [['9007199254740993', '9007199254740993']],
    },
  ],
  [
    columnType('numeric'),
    {
      reads: [
        ['1.50', '1.5'],
        ['-00.10', '-0.1'],
        ['.5', '0.5'],
        ['5.', '5'],
        ['-0.00', '0'],
        [0.1, '0.1'],
        [1.5e-7, '0.00000015'],
        [-1e-7, '-0.0000001'],
        ['9'.repeat(1000), '9'.repeat(1000)],
      ],
      refuses: [
        '',
        '.',
        '-',
        '1e5',
        '1e100000',
        'NaN',
        'Infinity',
        '1,5',
        '9'.repeat(1001),
        `0.${'1'.repeat(1001)}`,
        9007199254740992,
        Number.POSITIVE_INFINITY,
        true,
        '1 ',
      ],
      shows: [
        ['12.50', '12.50'],
        ['NaN', 'NaN'],
      ],
    },
  ],
  [
    columnType('float8'),
    {
      reads: [
        ['1e3', '1000'],
        ['-.5E-3', '-0.0005'],
        ['5.', '5'],
        [1e300, '1e+300'],
        ['NaN', 'NaN'],
        ['Infinity', 'Infinity'],
        ['-Infinity', '-Infinity'],
        ['5e-324', '5e-324'],
        ['0e-999', '0'],
        ['-0', '0'],
      ],
      refuses: [
        '1e400',
        '-1e400',
        '1e-400',
        'nan',
        'inf',
        'infinity',
        '+Infinity',
        '',
        '.',
        'e5',
        '1e',
        '0x1p3',
        Number.NaN,
        Number.POSITIVE_INFINITY,
        true,
      ],
      shows: [
        ['1e+20', 1e20],
        ['-0', -0],
        ['NaN', 'NaN'],
        ['-Infinity', '-Infinity'],
        ['0.30000000000000004', 0.30000000000000004],
      ],
    },
  ],
  [
    columnType('float4'),
    {
      reads: [
        ['0.5', '0.5'],
        ['0.1', '0.10000000149011612'],
        ['3.4028235e38', '3.4028234663852886e+38'],
      ],
      refuses: ['3.5e38', '1e39', '1e-46', 1e200],
    },
  ],
  [
    columnType('text'),
    {
      reads: [
        ['', ''],
        ['null', 'null'],
        [' a,b ', ' a,b '],
        [5, '5'],
        [true, 'true'],
        ['"\\\n𝄞', '"\\\n𝄞'],
      ],
      refuses: ['a\0', '\ud800', 'x\udc00y', 9007199254740992],
      shows: [
        ['a"\\\n\u2028', 'a"\\\n\u2028'],
        ['', ''],
      ],
    },
  ],
  [columnType('name'), { reads: [['é'.repeat(31), 'é'.repeat(31)]], refuses: ['é'.repeat(32)] }],
  [
    columnType('uuid'),
    {
      reads: [['0190163D-8694-739B-AEA5-966C26F8AD91', '0190163d-8694-739b-aea5-966c26f8ad91']],
      refuses: [
        '0190163d8694739baea5966c26f8ad91',
        '{0190163d-8694-739b-aea5-966c26f8ad91}',
        '0190163d-8694-739b-aea5-966c26f8ad9',
        '0190163g-8694-739b-aea5-966c26f8ad91',
        1,
      ],
      shows: [['0190163d-8694-739b-aea5-966c26f8ad91', '0190163d-8694-739b-aea5-966c26f8ad91']],
    },
  ],
  [
    columnType('date'),
    {
      reads: [
        [day, day],
        ['2016-02-29', '2016-02-29'],
        ['2000-02-29', '2000-02-29'],
        ['0001-01-01', '0001-01-01'],
        ['9999-12-31', '9999-12-31'],
        ['infinity', 'infinity'],
      ],
      refuses: [
        '2015-02-29',
        '1900-02-29',
        '2016-02-30',
        '2016-04-31',
        '2016-13-01',
        '2016-00-10',
        '2016-01-00',
        '0000-01-01',
        '2016-1-2',
        '20160124',
        'today',
        'now',
        'epoch',
        `${day}T00:00:00Z`,
        '',
        20160124,
      ],
      shows: [
        [day, day],
        ['0044-03-15 BC', '0044-03-15 BC'],
        ['-infinity', '-infinity'],
      ],
    },
  ],
  [
    columnType('time'),
    {
      reads: [
        ['13:56:05.120', '13:56:05.12'],
        ['13:56', '13:56:00'],
        ['24:00:00', '24:00:00'],
        ['00:00:00.000', '00:00:00'],
      ],
      refuses: [
        '24:00:01',
        '23:60:00',
        '23:59:60',
        '1:00:00',
        '13',
        '13:56:05.1234567',
        '13:56:05.',
        'now',
        'allballs',
        '13:56:05Z',
      ],
      shows: [['13:56:05.12', '13:56:05.12']],
    },
  ],
  [
    columnType('timetz'),
    {
      reads: [
        ['13:56:05Z', '13:56:05+00'],
        ['13:56', '13:56:00+00'],
        ['13:56:05-00:00', '13:56:05+00'],
        ['13:56:05 05:30', '13:56:05+05:30'],
        ['13:56:05-15:59:59', '13:56:05-15:59:59'],
        ['24:00:00+00', '24:00:00+00'],
      ],
      refuses: ['13:56:05+16', '13:56:05+5', '13:56:05 CET', '13:56:05+00Z'],
      shows: [['13:56:05+00', '13:56:05+00']],
    },
  ],
  [
    columnType('timestamptz'),
    {
      reads: [
        ['2015-08-05T13:56:05.123Z', '2015-08-05 13:56:05.123+00'],
        ['2015-08-05 13:56:05.120000', '2015-08-05 13:56:05.12+00'],
        ['2015-08-05t13:56:05z', '2015-08-05 13:56:05+00'],
        ['2016-01-24T00:00:00+02:00', '2016-01-23 22:00:00+00'],
        ['2016-01-24T00:00:00 02:00', '2016-01-23 22:00:00+00'],
        ['2016-01-24 00:00:00 02:00', '2016-01-23 22:00:00+00'],
        ['2015-12-31T23:59:59.999999-00:01', '2016-01-01 00:00:59.999999+00'],
        ['0001-01-01T00:00:00Z', '0001-01-01 00:00:00+00'],
        ['0099-03-01T00:00:00+00:01', '0099-02-28 23:59:00+00'],
        ['2016-12-31T23:59:60Z', '2017-01-01 00:00:00+00'],
        ['2017-01-01T01:59:60.5+02:00', '2017-01-01 00:00:00.5+00'],
        [day, '2016-01-24 00:00:00+00'],
        ['-infinity', '-infinity'],
      ],
      refuses: [
        '2015-02-29T00:00:00Z',
        '2015-02-30',
        '0000-12-31T00:00:00Z',
        '0001-01-01T00:00:00+00:01',
        '9999-12-31T23:59:59-00:01',
        '10000-01-01T00:00:00Z',
        '2016-01-24T24:00:00Z',
        '2016-01-24T12:60:00Z',
        '2016-01-24T12:00:60Z',
        '2016-01-24T12:00:00.1234567Z',
        '2016-01-24T12:00:00.Z',
        '2016-01-24T12:00:00,5Z',
        '2016-01-24T12:00',
        '2016-01-24T12:00:00+24:00',
        '2016-01-24T12:00:00+02',
        '2016-01-24  12:00:00',
        '2016-01-24T12:00:00Z ',
        'now',
        '',
        1453593600,
      ],
      shows: [
        ['2015-08-05 13:56:05.123+00', '2015-08-05T13:56:05.123Z'],
        ['2015-08-05 13:56:05+00', '2015-08-05T13:56:05Z'],
        ['infinity', 'infinity'],
        ['12015-08-05 13:56:05+00', '12015-08-05T13:56:05Z'],
        ['0044-03-15 12:00:00+00 BC', '0044-03-15T12:00:00Z BC'],
      ],
    },
  ],
  [
    columnType('timestamp'),
    {
      // PostgreSQL drops the offset of a timestamp, so none must be left in the text.
      reads: [
        ['2016-01-24T00:00:00+02:00', '2016-01-23 22:00:00'],
        [day, '2016-01-24 00:00:00'],
      ],
      shows: [
        ['2015-08-05 13:56:05.123', '2015-08-05T13:56:05.123Z'],
        ['-infinity', '-infinity'],
        ['0044-03-15 12:00:00 BC', '0044-03-15T12:00:00Z BC'],
      ],
    },
  ],
  [
    columnType('interval'),
    {
      reads: [
        ['P1DT2H', 'P1DT2H'],
        ['P2W', 'P14D'],
        ['PT90M', 'PT1H30M'],
        ['P14M', 'P1Y2M'],
        ['PT1H-30M', 'PT30M'],
        ['P-1Y2M', 'P-10M'],
        ['PT-0.50S', 'PT-0.5S'],
        ['P0D', 'PT0S'],
        ['PT-0S', 'PT0S'],
        ['P-1DT2H', 'P-1DT2H'],
        ['PT-90.000001S', 'PT-1M-30.000001S'],
        ['P178956970Y7M2147483647D', 'P178956970Y7M2147483647D'],
      ],
      refuses: [
        '',
        'P',
        'PT',
        'P1DT',
        '1 day',
        'P1H',
        'PT1D',
        'P1D2M',
        'p1d',
        '-P1D',
        'P1.5D',
        'PT.5S',
        'PT1.1234567S',
        'P178956970Y8M',
        'P2147483648D',
        'P306783379W',
        'PT2147483647H1M',
        'P99999999999D',
        'P--1D',
        'P+1D',
        'infinity',
        5,
      ],
      shows: [['P1Y2M3DT4H5M6.5S', 'P1Y2M3DT4H5M6.5S']],
    },
  ],
  [
    columnType('bytea'),
    {
      reads: [
        ['\\x', '\\x'],
        ['\\x0AfF', '\\x0aff'],
      ],
      refuses: ['', 'abc', '\\x0', '\\xgg', '\\000', 'x00'],
      shows: [['\\x0aff', '\\x0aff']],
    },
  ],
  [
    columnType('inet'),
    {
      reads: [
        ['192.168.1.5', '192.168.1.5'],
        ['192.168.1.5/24', '192.168.1.5/24'],
        ['192.168.1.5/32', '192.168.1.5'],
        ['0.0.0.0/0', '0.0.0.0/0'],
        ['::', '0:0:0:0:0:0:0:0'],
        ['2001:DB8::1/64', '2001:db8:0:0:0:0:0:1/64'],
        ['::ffff:1.2.3.4/128', '0:0:0:0:0:ffff:102:304'],
        ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
      ],
      refuses: [
        '',
        '10',
        '10.1',
        '1.2.3',
        '1.2.3.4.5',
        '1.2.3.256',
        '01.2.3.4',
        '1.2.3.4/33',
        '1.2.3.4/',
        '1.2.3.4/-1',
        '1.2.3.4/024',
        '1.2.3.4/8/8',
        '::/129',
        ':::',
        '1::2::3',
        'fe80::1%eth0',
        '1:2:3:4:5:6:7:8:9',
        '1:2:3:4:5:6:7:8::',
        '12345::',
        '1.2.3.4::',
        ':1',
        '1:',
        ' ::1',
      ],
      shows: [['192.168.1.5/24', '192.168.1.5/24']],
    },
  ],
  [
    columnType('cidr'),
    {
      reads: [
        ['192.168.1.0/24', '192.168.1.0/24'],
        ['1.2.3.4', '1.2.3.4/32'],
        ['2001:db8::/32', '2001:db8:0:0:0:0:0:0/32'],
      ],
      refuses: ['192.168.1.5/24', '2001:db8::1/64', '10/8'],
    },
  ],
  [
    columnType('macaddr'),
    {
      reads: [['08-00-2B-01-02-03', '08:00:2b:01:02:03']],
      refuses: ['08:00:2b:01:02', '08-00:2b:01:02:03', '08002b010203'],
    },
  ],
  [
    columnType('point'),
    {
      reads: [['(1.50,-2)', '(1.5,-2)']],
      refuses: ['1,2', '(1,2,3)', '(1)', '(1e400,0)'],
      shows: [
        ['(1.5,2)', { x: 1.5, y: 2 }],
        ['(NaN,-Infinity)', { x: 'NaN', y: '-Infinity' }],
        ['(1e+20,-0)', { x: 1e20, y: -0 }],
      ],
    },
  ],
  [
    columnType('jsonb'),
    {
      reads: [
        ['7', '"7"'],
        [7, '7'],
        [1.5, '1.5'],
        [true, 'true'],
        ['a"b', '"a\\"b"'],
      ],
      refuses: ['\0', '\ud800', 9007199254740992],
      shows: [['{"a": [1, null]}', { a: [1, null] }]],
    },
  ],
  [columnType('json'), { shows: [['{"a":\r\n 1}', { a: 1 }]] }],
  [columnType('tsvector'), { refuses: ['a', "'a':1"], shows: [["'a':1", "'a':1"]] }],
  [columnType('int4range'), { refuses: ['[1,2)'], shows: [['[1,2)', '[1,2)']] }],
  [columnType('money'), { refuses: ['1', 1, true, ''], shows: [['$1.00', '$1.00']] }],
  [
    enumType(['draft', 'It\'s "on"']),
    {
      reads: [
        ['draft', 'draft'],
        ['It\'s "on"', 'It\'s "on"'],
      ],
      refuses: ['Draft', '', 'toString', 1],
      shows: [['It\'s "on"', 'It\'s "on"']],
    },
  ],
  [
    arrayType(columnType('text')),
    {
      reads: [['a,b', 'a,b']],
      shows: [
        ['{}', []],
        ['{a,NULL,"NULL",""}', ['a', null, 'NULL', '']],
        ['{"a,b","{c}","d\\"e\\\\f"," g"}', ['a,b', '{c}', 'd"e\\f', ' g']],
        [
          '{{a,b},{c,"}"}}',
          [
            ['a', 'b'],
            ['c', '}'],
          ],
        ],
        ['[0:1]={a,b}', ['a', 'b']],
        ['[1:1][-2:-1]={{a,b}}', [['a', 'b']]],
        ['{"line\nbreak"}', ['line\nbreak']],
      ],
    },
  ],
  [
    arrayType(columnType('int8')),
    { reads: [['5', '5']], refuses: ['{5}', 'x'], shows: [['{1,NULL,-3}', ['1', null, '-3']]] },
  ],
  [arrayType(columnType('bool')), { shows: [['{t,f}', [true, false]]] }],
  [
    arrayType(columnType('timestamptz')),
    { shows: [['{"2015-08-05 13:56:05+00",infinity}', ['2015-08-05T13:56:05Z', 'infinity']]] },
  ],
  [arrayType(columnType('jsonb')), { shows: [['{"{\\"a\\": \\"x,\\\\\\"y\\"}",1}', [{ a: 'x,"y' }, 1]]] }],
  [arrayType(columnType('point')), { shows: [['{"(1,2)"}', [{ x: 1, y: 2 }]]] }],
]

describe.each(tables.map(([type, table]) => ({ name: type.name, type, table })))('$name', ({ type, table }) => {
  test.each(table.reads ?? [])('reads %j as %j', (value, expected) => expect(type.parse(value)).toBe(expected))
  test.each(table.reads ?? [])('reads what it makes of %j as the same again', value => {
    const once = type.parse(value) as string
    if (type.family !== 'json' && type.name !== 'timestamptz') expect(type.parse(once)).toBe(once)
  })
  test.each(table.refuses ?? [])('refuses %j', value => expect(type.parse(value)).toBeUndefined())
  test.each(table.shows ?? [])('shows %j as %j', (text, expected) =>
    expect(JSON.parse(type.toJson(text))).toEqual(expected),
  )
})

it('reads a whole list as the text of an array', () => {
  expect(arrayType(columnType('text')).parseList(['a', 'b"\\', 'NULL', '', null, 5])).toBe(
    '{"a","b\\"\\\\","NULL","",NULL,"5"}',
  )
  expect(arrayType(columnType('int4')).parseList([])).toBe('{}')
  expect(arrayType(columnType('int4')).parseList([1, 'x'])).toBeUndefined()
})

it('compares no array whose elements have no equality', () => {
  expect(arrayType(columnType('int4')).family).toBe('array')
  expect(arrayType(columnType('point')).family).toBe('none')
  expect(arrayType(columnType('json')).family).toBe('none')
})

it('keeps every line of a json column together', () => {
  expect(columnType('json').toJson('{"a":\r\n 1}')).toBe('{"a":  1}')
})

it('knows every type by its own name, and shows the rest as text', () => {
  for (const [name, type] of columnTypes) expect(type.name).toBe(name)
  for (const name of ['money', 'xml', '__proto__', '']) expect(columnType(name).name).toBe('unknown')
})

it.each([
  '1'.repeat(16_000),
  `${'0'.repeat(16_000)}x`,
  `0.${'0'.repeat(16_000)}x`,
  `1.${'0'.repeat(16_000)}1`,
  ':'.repeat(16_000),
  '1.'.repeat(8000),
  'P'.repeat(16_000),
  `1e${'9'.repeat(16_000)}`,
])('answers at once whatever the length (%#)', long => {
  const start = performance.now()
  for (const type of columnTypes.values()) type.parse(long)
  expect(performance.now() - start).toBeLessThan(200)
})
