// Holds validation to real servers: what passes is accepted by the column, and what a simple check refuses we refuse, and no more.
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../../test/support/databases.ts'
import { introspect } from '../databases/postgres/introspect.ts'
import { sqlTypeOf } from '../databases/postgres/sql-type-of.ts'
import { compileApi } from '../schema/compile-api.ts'
import { defineTables } from '../schema/define-tables.ts'
import { openDefinition } from '../schema/open-definition.ts'
import { fromJson } from '../types/index.ts'
import { compileInputs, type RecordInputs } from './record-inputs.ts'
import { recordSchema } from './record-schema.ts'
import { recordValidator } from './validate-record.ts'

// Of each: whether our refusals and the database's are the same; `silent` where it rounds or cuts without a word and we refuse.
const columns: readonly (readonly [
  definition: string,
  values: fc.Arbitrary<unknown>,
  kind: 'same' | 'silent' | 'left',
])[] = (() => {
  const text = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.stringMatching(/^[a-c.@-]{0,6}$/),
    fc.constantFrom('', 'a', 'b', 'A', 'ab', 'live', 'draft', 'a\nb', '𝄞𝄞𝄞', 'x'.repeat(300), ' ', 'a '),
  )
  const small = fc.oneof(fc.integer({ min: -12, max: 12 }), fc.integer())
  const decimal = fc.oneof(
    fc.tuple(small, fc.nat(999)).map(([a, b]) => `${a}.${b}`),
    fc.integer({ min: -20, max: 20 }),
    fc.double({ min: -20, max: 20, noNaN: true }),
    fc.constantFrom(
      'NaN',
      'Infinity',
      '0.00',
      '-0.0',
      '10.5',
      '10.50',
      '0.001',
      '99999.99',
      '100000',
      '0.0099',
      '0.01',
    ),
  )
  const float = fc.oneof(fc.double({ min: -3, max: 3 }), fc.constantFrom('NaN', 'Infinity', '-Infinity', 0.1, 0, 1, 2))
  const whole = fc.oneof(small, small.map(String), fc.constantFrom('9999999999', '10000000000', '-1', '007', 1.5))
  return [
    ['varchar(5)', text, 'silent'],
    ['char(3)', text, 'silent'],
    ['varchar(3)[]', fc.array(fc.option(text), { maxLength: 3 }), 'silent'],
    ['numeric(5, 2)', decimal, 'silent'],
    ['numeric(4)', decimal, 'silent'],
    ['numeric(7, 2)[]', fc.array(decimal, { maxLength: 3 }), 'silent'],
    ['text check (length(@) <= 3)', text, 'same'],
    ["text check (@ <> '' and char_length(@) between 2 and 5)", text, 'same'],
    ["varchar check (length(@) > 1 and @ <> '')", text, 'same'],
    ["text check (@ in ('a', 'b', 'it''s \\\\'))", text, 'same'],
    ["varchar check (@ in ('a', 'b'))", text, 'same'],
    ["varchar check (@ = 'a')", text, 'same'],
    ["text check (@ ~ '^[a-c.]+$')", text, 'same'],
    ["text check (@ ~ '^[^@]+@[a-c]*$')", text, 'same'],
    ["text check (@ ~ '^.a[^b]{0,2}$')", text, 'left'],
    ["text check (@ ~ '^.{2}$')", text, 'same'],
    ["text check (@ ~ 'a.b')", text, 'same'],
    ["text check (@ ~ '^[a-z-]{1,3}[.]?')", text, 'same'],
    ["text check (@ ~ '^(a|b)+\\d*$' and length(@) < 4)", text, 'left'],
    ['text check (@ is null or length(@) < 3)', text, 'same'],
    ['int4 check (@ between -5 and 10)', small, 'same'],
    ['int2 check (@ > 0.5 and @ < 7)', small, 'same'],
    ['int4 check (3 < @)', small, 'same'],
    ['int4 check (@ = any (array[1, 2, 3]))', small, 'same'],
    ['int4 check (@ % 2 = 0)', small, 'left'],
    ['int4 check (@ >= 1.4::int)', small, 'left'],
    ['int8 check (@ < 10000000000 and @ >= -1)', whole, 'same'],
    ['int8 check (@ in (1, 7))', whole, 'same'],
    ['numeric check (@ > 0 and @ <= 10.5)', decimal, 'same'],
    ['numeric check (@ >= -1.5)', decimal, 'same'],
    ['numeric check (@ > 5)', decimal, 'same'],
    ['numeric check (@ in (10.5, 0.01))', decimal, 'same'],
    ['float8 check (@ >= 0.1)', float, 'same'],
    ['float8 check (@ < 2 and @ > -1)', float, 'same'],
    ['float4 check (@ >= 0.1)', float, 'left'],
    ['bool check (@)', fc.boolean(), 'left'],
    ["date check (@ > '2020-01-01')", fc.constantFrom('2019-01-01', '2021-01-01'), 'left'],
    ['mood', fc.constantFrom('sad', 'ok', 'x', ''), 'same'],
    ["mood check (@ in ('sad'))", fc.constantFrom('sad', 'ok', 'x', ''), 'same'],
    ['short', text, 'same'],
    ['code', text, 'same'],
    ['shorts', fc.array(text, { maxLength: 3 }), 'left'],
    ['citext check (length(@) < 3)', text, 'left'],
  ]
})()

describeEachServer('validation before a real PostgreSQL', server => {
  let database: TestDatabase
  let client: pg.Client
  let inputs: RecordInputs
  beforeAll(async () => {
    database = await emptyDatabase(server)
    client = new pg.Client(database.config)
    await client.connect()
    await client.query(`create extension citext; create type mood as enum ('sad', 'ok');
      create domain short as text check (length(value) < 4); create domain code as short check (value ~ '^[a-b]*$');
      create domain shorts as text[] check (array_length(value, 1) < 3);
      create table kept (id int generated always as identity primary key,
        ${columns.map(([definition], i) => `c${i} ${definition.replaceAll('@', (_, at: number) => (isName(definition, at) ? `c${i}` : '@'))}`).join()})`)
    const schema = await introspect(client)
    const api = compileApi(openDefinition(defineTables(schema)), schema, sqlTypeOf)
    const [resource, table] = [api.resources.get('kept'), schema.tables.find(one => one.name === 'kept')]
    if (!resource || !table) throw new Error('there is no table')
    inputs = compileInputs({ resource, resources: api.resources, table }, problem => {
      throw new Error(problem)
    })
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  it.each(columns.map((one, i) => [one[0], i] as const))('%s', async (_, i) => {
    const [definition, values, kind] = columns[i] as (typeof columns)[number]
    const name = `c${i}`
    const write = { kind: 'create', writable: new Set([name]), readable: new Set([name]) } as const
    const validate = recordValidator(inputs, write)
    const input = inputs.fields.get(name)
    if (input?.kind !== 'column') throw new Error(`there is no column ${name}`)
    const { column } = input.field
    const ajv = new Ajv2020({ strictTypes: false, validateFormats: false })
    const matches = ajv.compile(recordSchema(inputs, write))
    const judge = (value: unknown) => {
      const text = value === null ? null : fromJson(column.type, value)
      return { value, text, passes: validate({ [name]: value }).problems.length === 0 }
    }
    const candidates = fc.sample(values, 250).map(judge)
    // Some checks let few values through.
    for (let more = 0; more < 40 && !candidates.some(one => one.passes); more += 1)
      candidates.push(...fc.sample(values, 250).map(judge))
    const readable = candidates.filter(one => one.text !== undefined)
    expect(readable.filter(one => one.passes).length, 'some pass').toBeGreaterThan(0)
    // The schema that is shown is never the stricter one, but that its `enum` has one spelling of a number: 10.5 and not 10.50.
    const isPlain = (value: unknown) => typeof value !== 'string' || column.type.parse(value) === value
    for (const { value, passes } of candidates)
      if (passes && (column.type.number === null || isPlain(value)))
        expect(matches({ [name]: value }), JSON.stringify([value, matches.errors])).toBe(true)
    const refusals = await refusedBy(
      client,
      name,
      column.sqlType,
      readable.map(one => one.text as string | null),
    )
    const differing = readable.filter((one, j) => refusals[j] === one.passes)
    const strict = readable.filter((one, j) => !refusals[j] && !one.passes)
    // Never is anything let through where we say that we know the check, nor refused that the database takes as it is.
    if (kind === 'same')
      expect(
        differing.map(one => one.value),
        definition,
      ).toEqual([])
    if (kind === 'left')
      expect(
        strict.map(one => one.value),
        definition,
      ).toEqual([])
    if (kind === 'silent')
      expect(
        readable.filter((one, j) => refusals[j] && one.passes).map(one => one.value),
        definition,
      ).toEqual([])
  })
})

/** An `@` stands for the column but where it is text: inside of `[^@]` and before `[`. */
function isName(definition: string, at: number): boolean {
  return !/[\^+]/.test(definition[at - 1] ?? '')
}

/** Whether an insert of each is refused. */
async function refusedBy(
  client: pg.Client,
  name: string,
  sqlType: string,
  texts: readonly (string | null)[],
): Promise<readonly boolean[]> {
  await client.query(`create or replace function pg_temp.refuses(t text) returns bool language plpgsql as $$
    begin insert into kept (${name}) values (t::${sqlType}); return false;
    exception when others then return true; end $$`)
  const { rows } = await client.query<{ r: boolean }>(
    'select pg_temp.refuses(t) as r from unnest($1::text[]) with ordinality as u(t, i) order by i',
    [texts],
  )
  return rows.map(row => row.r)
}
