// What `colonnade check` lists: every word that publishes, and what an author should know besides.
import { expect, it } from 'vitest'
import { sqlTypeOf } from '../databases/postgres/sql-type-of.ts'
import { compileApi } from './compile-api.ts'
import type { ColumnInfo, DatabaseSchema, ForeignKeyInfo, TableInfo } from './database-schema.ts'
import { defineTables } from './define-tables.ts'
import { type Finding, type FindingKind, findExceptions } from './find-exceptions.ts'
import { internalColumns } from './request-columns.ts'
import type { ResourceOptions } from './resource-definition.ts'

const column = (name: string, type = 'text'): ColumnInfo => ({
  name,
  type,
  typeSchema: 'pg_catalog',
  typeKind: 'base',
  isArray: false,
  enum: null,
  domain: null,
  nullable: !name.endsWith('id'),
  hasDefault: false,
  generated: 'never',
  maxLength: null,
  precision: null,
  scale: null,
  deterministicCollation: true,
  comment: null,
})

const table = (
  name: string,
  columns: readonly ColumnInfo[],
  foreignKeys: Readonly<Record<string, string>> = {},
): TableInfo => ({
  schema: 'public',
  name,
  kind: 'table',
  comment: null,
  columns,
  primaryKey: columns.some(one => one.name === 'id') ? ['id'] : Object.keys(foreignKeys),
  uniques: [],
  foreignKeys: Object.entries(foreignKeys).map(
    ([by, target]): ForeignKeyInfo => ({
      name: `${name}_${by}`,
      columns: [by],
      table: { schema: 'public', name: target },
      references: ['id'],
      onDelete: 'no action',
    }),
  ),
  securityInvoker: false,
  onlyRows: true,
  lockable: true,
  moreOn: { insert: false, update: false },
  checks: [],
})

const int = (name: string) => column(name, 'int4')
const users = table('users', [int('id'), column('name'), column('email')])
const tags = table('tags', [int('id'), column('word')])
const videos = table('videos', [int('id'), column('title'), int('user_id')], { user_id: 'users' })
const video_tags = table('video_tags', [int('video_id'), int('tag_id')], { video_id: 'videos', tag_id: 'tags' })
const pulled: DatabaseSchema = { version: 180000, tables: [tags, users, video_tags, videos] }

/** What is found for some resources, in a database that may have gone on since it was pulled. */
function find(
  resources: Readonly<Record<string, ResourceOptions>>,
  now: DatabaseSchema = pulled,
  then = pulled,
): readonly Finding[] {
  const schema = defineTables(then)
  const roles = { guest: 'anyone', admin: { role: 'admin' } } as const
  const used = new Set(Object.values(resources).flatMap(one => Object.keys(one.roles ?? {})))
  const definition = {
    kind: 'api' as const,
    resources: Object.fromEntries(
      Object.entries(resources).map(([name, options]) => [
        name,
        { kind: 'resource' as const, table: name, schema, options },
      ]),
    ),
    options: { roles: Object.fromEntries(Object.entries(roles).filter(([role]) => used.has(role))) },
  }
  return findExceptions(definition, compileApi(definition, now, sqlTypeOf), now)
}

const only = (kind: FindingKind, found: readonly Finding[]) =>
  found.filter(one => one.kind === kind).map(one => one.message)

const open: ResourceOptions = { roles: { guest: { read: 'all' } } }
const everything = { users: open, videos: open, tags: open, video_tags: open }

it('finds nothing in an API that shows what its roles say', () => {
  expect(find(everything)).toEqual([])
})

it('finds every word that publishes', () => {
  const found = find({
    ...everything,
    videos: {
      ...open,
      relationships: { user: { key: 'shown' }, tags: { access: 'ends' } },
      computed: { tag_count: { count: { tags: true }, sees: 'all' } },
      scopes: { long: { where: { title: { null: false } }, publishes: true }, short: { where: { title: 'x' } } },
    },
  })
  const messages = only('published', found)
  expect(messages).toHaveLength(4)
  for (const [i, word] of ["key: 'shown'", "access: 'ends'", "sees: 'all'", 'publishes: true'].entries()) {
    expect(messages[i]).toContain(word)
  }
})

it('finds an expression that `only` names, and what it is made of', () => {
  const found = find({
    ...everything,
    users: {
      computed: { label: { type: 'text', sql: "{name} || ' ' || {email}" } },
      roles: { guest: { read: { only: ['id', 'name', 'label'] } }, admin: { read: 'all' } },
    },
  })
  expect(only('published', found)).toEqual([
    'users.roles.guest: naming label in `only` publishes it; the role does not read email.',
  ])
})

it('finds claims under each negation, however deep', () => {
  const claim = { principal: 'team' }
  const found = find({
    ...everything,
    videos: {
      roles: {
        guest: {
          read: 'all',
          where: {
            or: [{ title: { ne: claim } }, { user: { not: { name: claim } } }],
            tags: { none: { word: claim } },
            user: { email: claim },
          },
        },
        admin: { read: 'all', where: { title: { nin: claim }, not: { title: 'x' } } },
      },
    },
  })
  const messages = only('negatedClaim', found)
  expect(messages.map(message => /`(\w+)`/.exec(message)?.[1])).toEqual(['ne', 'not', 'none', 'nin'])
  expect(messages[0]).toMatch(/^videos\.roles\.guest\.where: /)
})

it('names the roles that would gain a new column, and no others', () => {
  const now = { ...pulled, tables: [tags, table('users', [...users.columns, column('iban')]), video_tags, videos] }
  const found = find(
    {
      ...everything,
      users: {
        roles: {
          admin: { read: 'all' },
          owner: { extends: 'admin', when: { id: { principal: 'id' } }, read: { without: ['email'] } },
          guest: { extends: 'owner', read: { only: ['id'] } },
        },
      },
    },
    now,
  )
  expect(only('gain', found)).toEqual(['users: iban would be read by admin, owner once pulled.'])
})

it('does not name columns of a command that no role ever gains', () => {
  const internal = internalColumns.map(({ name, type }) => ({ ...column(name), type }))
  const now = { ...pulled, tables: [tags, table('users', [...users.columns, ...internal]), video_tags, videos] }
  const open = { ...everything, users: { roles: { admin: { read: 'all' } } } } as const
  expect(only('gain', find(open, now))).toEqual([])
})

it('finds names that are served otherwise', () => {
  const odd = table('docs', [int('id'), column('not'), column('page'), column('a.b')])
  const database = { ...pulled, tables: [odd, ...pulled.tables] }
  const found = find({ ...everything, docs: open }, database, database)
  expect(only('renamed', found)).toEqual([
    'docs: is served at docs-table, as docs is reserved.',
    'docs.not: is served as not_field; `rename` chooses another name.',
    'docs.page: is filtered by as filter[page]=… only.',
    'docs.a.b: is served as a_b; `rename` chooses another name.',
  ])
})

it('finds what nobody can reach', () => {
  const found = find({ videos: open, users: { roles: {} }, tags: open })
  const messages = only('unreachable', found)
  expect(messages).toContain('video_tags: no resource serves the table.')
  expect(messages).toContain('users: no role that anybody can hold reads the resource.')
  expect(messages.filter(message => message.includes('join table video_tags'))).toHaveLength(2)
})
