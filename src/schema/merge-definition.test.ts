// A pull into an existing definition: names given by hand stay, all else follows the database.
import { expect, test } from 'vitest'
import { mergeDefinition } from './merge-definition.ts'
import type { SchemaDefinition } from './schema-definition.ts'

const fresh: SchemaDefinition = {
  comments: {
    key: 'id',
    columns: { id: 'int4', user_id: 'int4' },
    relationships: { user: { belongsTo: 'users', by: 'user_id' } },
  },
  follows: { key: ['a', 'b'], columns: { a: 'int4', b: 'int4' } },
  users: {
    key: 'id',
    columns: { id: 'int4', name: 'text' },
    relationships: {
      comments: { hasMany: 'comments', by: 'user_id' },
      followers: { manyToMany: 'users', through: 'follows', by: ['b', 'a'] },
    },
  },
}
const withUsers = (users: SchemaDefinition[string], rest: SchemaDefinition = fresh): SchemaDefinition => ({
  ...rest,
  users,
})

test('changes nothing where nothing changed', () => {
  expect(mergeDefinition(fresh, fresh)).toEqual(fresh)
  expect(JSON.stringify(mergeDefinition(fresh, fresh))).toBe(JSON.stringify(fresh))
})

test('takes everything from the database where nothing was pulled yet', () => {
  expect(mergeDefinition({}, fresh)).toEqual(fresh)
})

test('keeps the name of a relationship of the same kind, columns and target, and no other', () => {
  const existing = withUsers({
    key: 'id',
    columns: { id: 'int4', gone: 'text' },
    relationships: {
      remarks: { hasMany: 'comments', by: ['user_id'] },
      fans: { manyToMany: 'users', through: 'follows', by: ['b', 'a'] },
      idols: { manyToMany: 'users', through: 'follows', by: ['a', 'b'] },
      stale: { hasMany: 'comments', by: 'author_id' },
    },
  })
  expect(mergeDefinition(existing, fresh).users).toEqual({
    key: 'id',
    columns: { id: 'int4', name: 'text' },
    relationships: {
      remarks: { hasMany: 'comments', by: 'user_id' },
      fans: { manyToMany: 'users', through: 'follows', by: ['b', 'a'] },
    },
  })
})

test('gives way to a new column, and makes way for a name that was given by hand', () => {
  const renamed = (name: string) =>
    withUsers({ key: 'id', columns: { id: 'int4' }, relationships: { [name]: { hasMany: 'comments', by: 'user_id' } } })
  expect(Object.keys(mergeDefinition(renamed('name'), fresh).users?.relationships ?? {})).toEqual([
    'comments',
    'followers',
  ])
  expect(Object.keys(mergeDefinition(renamed('followers'), fresh).users?.relationships ?? {})).toEqual([
    'followers',
    'followers_2',
  ])
})

test('keeps the name of an entry, wherever it is spoken of', () => {
  const existing: SchemaDefinition = {
    members: { table: { name: 'users' }, key: 'id', columns: {} },
    pairs: { table: { schema: 'public', name: 'follows' }, columns: {} },
  }
  expect(mergeDefinition(existing, fresh)).toEqual({
    comments: { ...fresh.comments, relationships: { user: { belongsTo: 'members', by: 'user_id' } } },
    pairs: { ...fresh.follows, table: { schema: 'public', name: 'follows' } },
    members: {
      ...fresh.users,
      table: { schema: 'public', name: 'users' },
      relationships: {
        comments: { hasMany: 'comments', by: 'user_id' },
        followers: { manyToMany: 'members', through: 'pairs', by: ['b', 'a'] },
      },
    },
  })
})

test('keeps the bare name of a table when another schema becomes the first', () => {
  const existing: SchemaDefinition = { orders: { table: { schema: 'sales', name: 'orders' }, columns: {} } }
  const now: SchemaDefinition = {
    orders: { columns: { a: 'int4' } },
    'sales.orders': { table: { schema: 'sales', name: 'orders' }, columns: { b: 'int4' } },
  }
  expect(mergeDefinition(existing, now)).toEqual({
    orders: { table: { schema: 'sales', name: 'orders' }, columns: { b: 'int4' } },
    orders_2: { table: { schema: 'public', name: 'orders' }, columns: { a: 'int4' } },
  })
})

test('keeps the key and the relationships of a view, while their columns are there', () => {
  const view = (columns: Record<string, string>): SchemaDefinition => ({ ...fresh, totals: { columns } })
  const byHand: SchemaDefinition = {
    ...withUsers({
      ...(fresh.users as SchemaDefinition[string]),
      relationships: { ...fresh.users?.relationships, total: { hasOne: 'totals', by: 'user_id' } },
    }),
    totals: {
      key: 'user_id',
      columns: { user_id: 'int4 null' },
      relationships: { user: { belongsTo: 'users', by: 'user_id' } },
    },
  }
  const kept = mergeDefinition(byHand, view({ user_id: 'int4 null', n: 'int8 null' }))
  expect(kept.totals).toEqual({ ...byHand.totals, columns: { user_id: 'int4 null', n: 'int8 null' } })
  expect(kept.users).toEqual(byHand.users)
  const dropped = mergeDefinition(byHand, view({ n: 'int8 null' }))
  expect(dropped).toEqual(view({ n: 'int8 null' }))
})
