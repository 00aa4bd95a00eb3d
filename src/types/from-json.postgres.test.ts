// Holds the way in from JSON to real servers: what is taken is stored, shown as what was sent, and can be sent again as it is shown.
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../../test/support/databases.ts'
import { arrayType, type ColumnType, columnType, columnTypes, enumType, fromJson } from './index.ts'

const settings =
  '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1 -c client_encoding=utf8'

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', 'NULL', '{}', '"', '\\', ' a ', 'é𝄞', 'a\0', '\ud800'),
)
const whole = (bits: number) =>
  fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), 2 ** (bits - 1)))
const digits = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.maxSafeInteger(),
  fc.tuple(fc.bigInt(), fc.nat(1e9)).map(([a, b]) => `${a}.${b}0`),
  fc.double(),
  fc.constantFrom('NaN', 'Infinity', '-Infinity', '.5', '5.', '+7', '007', '1e5'),
)
const float = fc.oneof(
  fc.double(),
  fc.float(),
  fc.constantFrom('NaN', 'Infinity', '-Infinity', '1', 1e38, 3.5e38, 1e-46),
)
const instant = fc
  .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
  .map(date => date.toISOString())
const day = instant.map(one => one.slice(0, 10))
const zoned = fc
  .tuple(instant, fc.constantFrom('Z', '+02:00', '-11:30', ''))
  .map(([one, zone]) => one.slice(0, -1) + zone)
const clock = instant.map(one => one.slice(11, -1))
const bits = fc.constantFrom('[', '(')
const range = (of: fc.Arbitrary<string>) =>
  fc
    .tuple(bits, fc.oneof(of, fc.constant('')), fc.oneof(of, fc.constant('')), fc.constantFrom(']', ')'))
    .map(([opening, from, to, closing]) => `${opening}${from},${to}${closing}`)
const ranges = (of: fc.Arbitrary<string>) => fc.array(range(of), { maxLength: 4 }).map(all => `{${all.join(',')}}`)
const small = fc.oneof(fc.integer({ min: -9, max: 9 }), whole(32)).map(String)

const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int2: whole(16),
  int4: whole(32),
  int8: digits,
  numeric: digits,
  float4: float,
  float8: float,
  text,
  citext: text,
  varchar: text,
  bpchar: text,
  name: text,
  uuid: fc.uuid(),
  date: fc.oneof(day, fc.constantFrom('infinity', '-infinity', '2016-02-30')),
  time: clock,
  timetz: fc.tuple(clock, fc.constantFrom('Z', '+02:00', '-15:59:59', '')).map(all => all.join('')),
  timestamptz: fc.oneof(zoned, fc.constantFrom('infinity', '2016-01-24')),
  timestamp: fc.oneof(zoned, fc.constantFrom('-infinity', '2016-01-24')),
  interval: fc.tuple(fc.integer(), fc.integer(), fc.integer()).map(([a, b, c]) => `P${a}M${b}DT${c}S`),
  bytea: fc.uint8Array().map(bytes => `\\x${Buffer.from(bytes).toString('hex')}`),
  inet: fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.constantFrom('', '/24', '/64')).map(all => all.join('')),
  cidr: fc.tuple(fc.ipV4(), fc.constantFrom('/8', '/24', '/32', '')).map(all => all.join('')),
  macaddr: fc
    .uint8Array({ minLength: 6, maxLength: 6 })
    .map(bytes => [...bytes].map(one => one.toString(16).padStart(2, '0')).join(':')),
  point: fc.record({ x: float, y: float }),
  json: fc.jsonValue(),
  jsonb: fc.jsonValue(),
  int4range: range(small),
  int8range: range(small),
  numrange: range(fc.oneof(small, fc.constantFrom('1.5', '.5', '1e5', 'NaN'))),
  tsrange: range(fc.oneof(instant, day)),
  tstzrange: range(fc.oneof(zoned, fc.constant('infinity'))),
  daterange: range(fc.oneof(day, fc.constantFrom('infinity', '-infinity'))),
  int4multirange: ranges(small),
  int8multirange: ranges(small),
  nummultirange: ranges(small),
  tsmultirange: ranges(day),
  tstzmultirange: ranges(zoned),
  datemultirange: ranges(day),
}

describeEachServer('JSON on its way into a real PostgreSQL', server => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await emptyDatabase(server)
    client = new pg.Client({ ...database.config, options: settings })
    await client.connect()
    await client.query(`create extension citext; create type mood as enum ('sad', 'o"k', 'NULL')`)
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  /** Stores the texts in a table of that type, as a write does, and reads what is there. */
  const store = async (sqlType: string, texts: readonly string[]): Promise<readonly string[]> => {
    await client.query(`create temporary table kept (i int generated always as identity, v ${sqlType})`)
    await client.query(
      `insert into kept (v) select t.v::${sqlType} from unnest($1::text[]) with ordinality as t(v, i) order by i`,
      [texts],
    )
    const { rows } = await client.query<{ v: string }>(
      sqlType === 'bpchar' ? 'select v::text from kept order by i' : `select format('%s', v) as v from kept order by i`,
    )
    await client.query('drop table kept')
    return rows.map(row => row.v)
  }

  const holds = async (type: ColumnType, sqlType: string, candidates: readonly unknown[]) => {
    const taken = candidates.flatMap(value => {
      const read = fromJson(type, value)
      return read === undefined ? [] : [{ value, read }]
    })
    expect(taken.length, type.name).toBeGreaterThan(20)
    const stored = await store(
      sqlType,
      taken.map(one => one.read),
    )
    const shown = stored.map(one => JSON.parse(type.toJson(one)) as unknown)
    // Values of JSON mean themselves; those of other types are compared by what PostgreSQL makes of them again.
    if (/^jsonb?$/.test(type.name)) {
      expect(shown).toEqual(taken.map(one => JSON.parse(JSON.stringify(one.value))))
      return
    }
    const again = shown.map(one => fromJson(type, one))
    const lost = again.indexOf(undefined)
    expect(lost, `${JSON.stringify(taken[lost]?.value)} is shown as ${JSON.stringify(shown[lost])}`).toBe(-1)
    expect(await store(sqlType, again as readonly string[])).toEqual(stored)
  }

  it('knows of values for every type that can be written', () => {
    const judged = [...columnTypes.keys()].filter(name => name !== 'unknown' && name !== 'tsvector')
    expect(Object.keys(values).toSorted()).toEqual(judged.toSorted())
  })

  it.each(Object.keys(values))(
    '%s: what is taken is accepted, and comes back so that it can be sent again',
    async name => {
      await holds(columnType(name), name, fc.sample(values[name] as fc.Arbitrary<unknown>, 400))
    },
  )

  it('says the values that were meant', async () => {
    for (const name of ['bool', 'int2', 'int4', 'float8', 'text', 'uuid', 'point', 'bytea']) {
      const type = columnType(name)
      const taken = fc
        .sample(values[name] as fc.Arbitrary<unknown>, 200)
        .filter(value => fromJson(type, value) !== undefined)
      const stored = await store(
        name,
        taken.map(value => fromJson(type, value) as string),
      )
      // JSON knows no negative zero.
      expect(JSON.stringify(stored.map(one => JSON.parse(type.toJson(one)))), name).toBe(JSON.stringify(taken))
    }
  })

  const arrays = [
    'bool',
    'int4',
    'int8',
    'numeric',
    'float8',
    'text',
    'timestamptz',
    'bytea',
    'point',
    'uuid',
    'int4range',
    'inet',
  ]
  it.each(arrays)('%s[]: lists, and lists of lists', async name => {
    const item = fc.option(values[name] as fc.Arbitrary<unknown>, { freq: 8 })
    const flat = fc.array(item, { maxLength: 3 })
    const nested = fc
      .tuple(fc.nat(2), fc.nat(2))
      .chain(([height, width]) =>
        fc.array(fc.array(item, { minLength: width, maxLength: width }), { minLength: height, maxLength: height }),
      )
    const ragged = fc.array(fc.oneof(flat, item), { maxLength: 3 })
    await holds(arrayType(columnType(name)), `${name}[]`, fc.sample(fc.oneof(flat, nested, ragged), 400))
  })

  it('lists of enum labels and of JSON values', async () => {
    const labels = ['sad', 'o"k', 'NULL']
    await holds(
      arrayType(enumType(labels)),
      'mood[]',
      fc.sample(fc.array(fc.option(fc.constantFrom(...labels, 'x'))), 200),
    )
    const type = arrayType(columnType('jsonb'))
    const lists = fc.sample(fc.array(fc.jsonValue()), 200).filter(one => fromJson(type, one) !== undefined)
    const stored = await store(
      'jsonb[]',
      lists.map(one => fromJson(type, one) as string),
    )
    expect(stored.map(one => JSON.parse(type.toJson(one)))).toEqual(JSON.parse(JSON.stringify(lists)))
  })
})
