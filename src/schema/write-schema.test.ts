// The text of `schema.ts`: what it looks like, that it says exactly the definition, and that it compiles.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SchemaDefinition } from './schema-definition.ts'
import { writeSchema } from './write-schema.ts'

const example: SchemaDefinition = {
  videos: {
    key: 'id',
    columns: {
      id: 'int8 default',
      user_id: 'int8',
      state: { enum: ['draft', "it's"], default: true },
      moods: { enum: ['"'], array: true, null: true },
    },
    relationships: { user: { belongsTo: 'users', by: 'user_id' } },
  },
  'sales.orders': {
    table: { schema: 'sales', name: 'orders' },
    key: ['tenant', 'id'],
    columns: { tenant: 'int4', id: 'int4', 'a b': 'text null' },
  },
  users: {
    key: 'id',
    columns: { id: 'int8 default' },
    relationships: {
      videos: { hasMany: 'videos', by: 'user_id' },
      followers: { manyToMany: 'users', through: 'follows', by: ['followee_id', 'follower_id'] },
    },
  },
  follows: { columns: {} },
}

test('writes tables by name, one column a line', () => {
  expect(
    writeSchema(example),
  ).toBe(`// Written by \`colonnade pull\`; change the database, not this file. A relationship that you rename here keeps its name.
import { tables, type Database, type Of, type Tables } from 'colonnade'

const schema = {
  follows: {
    columns: {},
  },
  'sales.orders': {
    table: { schema: 'sales', name: 'orders' },
    key: ['tenant', 'id'],
    columns: {
      tenant: 'int4',
      id: 'int4',
      'a b': 'text null',
    },
  },
  users: {
    key: 'id',
    columns: {
      id: 'int8 default',
    },
    relationships: {
      videos: { hasMany: 'videos', by: 'user_id' },
      followers: { manyToMany: 'users', through: 'follows', by: ['followee_id', 'follower_id'] },
    },
  },
  videos: {
    key: 'id',
    columns: {
      id: 'int8 default',
      user_id: 'int8',
      state: { enum: ['draft', 'it\\'s'], default: true },
      moods: { enum: ['"'], array: true, null: true },
    },
    relationships: {
      user: { belongsTo: 'users', by: 'user_id' },
    },
  },
} as const

// Named, so that hovers say \`Schema\` and declarations stay small.
export interface Schema extends Of<typeof schema> {}
export interface DB extends Database<Schema> {}
export const db: Tables<Schema> = tables<Schema>(schema)
`)
})

/** The object between `const schema =` and `as const`, read by JavaScript itself. */
const readBack = (text: string): unknown => {
  const literal = text.slice(text.indexOf('const schema = ') + 'const schema = '.length, text.lastIndexOf(' as const'))
  return new Function(`'use strict'; return ${literal}`)()
}

test('says exactly the definition, whatever stands in names and labels', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', "'", '\\', '"', '\\"', '`${', '\n', '\u2028', '*/', 'class', '1'),
  )
  const plain = { noNullPrototype: true } as const
  const column = fc.oneof(
    name,
    fc.record(
      { enum: fc.array(name), null: fc.constant(true as const) },
      { requiredKeys: ['enum'], noNullPrototype: true },
    ),
  )
  const dictionary = <T>(value: fc.Arbitrary<T>) =>
    fc.array(fc.tuple(name, value), { maxLength: 5 }).map(pairs => Object.fromEntries(pairs))
  const by = fc.oneof(name, fc.array(name))
  const relationship = fc.oneof(
    fc.record({ belongsTo: name, by }, plain),
    fc.record({ manyToMany: name, through: name, by: fc.tuple(by, by) }, plain),
  )
  const table = fc.record(
    { table: fc.record({ schema: name, name }, plain), key: by, columns: dictionary(column) },
    { requiredKeys: ['columns'], noNullPrototype: true },
  )
  const related = fc
    .tuple(table, dictionary(relationship))
    .map(([one, all]) => (Object.keys(all).length > 0 ? { ...one, relationships: all } : one))
  fc.assert(
    fc.property(dictionary(related), definition => {
      const text = writeSchema(definition)
      const sorted = Object.entries(definition).toSorted(([a], [b]) => (a < b ? -1 : 1))
      expect(JSON.stringify(readBack(text))).toBe(JSON.stringify(Object.fromEntries(sorted)))
      expect(writeSchema(readBack(text) as SchemaDefinition)).toBe(text)
    }),
  )
})

test('compiles against the package, and types what it says', async () => {
  const root = join(import.meta.dirname, '../..')
  const folder = await mkdtemp(join(root, 'test/.written-'))
  try {
    await writeFile(join(folder, 'schema.ts'), writeSchema(example))
    await writeFile(
      join(folder, 'use.ts'),
      `import type { DB } from './schema.ts'
import { db } from './schema.ts'
export const name: 'videos' = db.videos.name
export const state: DB['videos']['state'] extends { readonly __select__: 'draft' | "it's" } ? true : false = true
// @ts-expect-error there is no such table
db.orders
`,
    )
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', include: ['./*.ts'] }),
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '--noEmit', '-p', folder]).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout.split('\n').filter(line => line.includes('.written-'))).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
