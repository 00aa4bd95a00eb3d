// A resource of events and what surrounds it, as introspection would find them, compiled for validation.
import { sqlTypeOf } from '../../src/databases/postgres/sql-type-of.ts'
import { compileApi } from '../../src/schema/compile-api.ts'
import type { ColumnInfo, DatabaseSchema, TableInfo } from '../../src/schema/database-schema.ts'
import { defineTables } from '../../src/schema/define-tables.ts'
import { openDefinition } from '../../src/schema/open-definition.ts'
import { compileInputs, type RecordInputs, type RecordSource } from '../../src/validation/record-inputs.ts'

const column = (name: string, type: string, more: Partial<ColumnInfo> = {}): ColumnInfo => ({
  name,
  type,
  typeSchema: 'pg_catalog',
  typeKind: 'base',
  isArray: false,
  enum: null,
  domain: null,
  nullable: true,
  hasDefault: false,
  generated: 'never',
  maxLength: null,
  precision: null,
  scale: null,
  deterministicCollation: true,
  comment: null,
  ...more,
})

const table = (name: string, columns: readonly ColumnInfo[], more: Partial<TableInfo> = {}): TableInfo => ({
  schema: 'public',
  name,
  kind: 'table',
  comment: null,
  columns,
  primaryKey: ['id'],
  uniques: [],
  foreignKeys: [],
  checks: [],
  securityInvoker: false,
  onlyRows: true,
  lockable: true,
  moreOn: { insert: false, update: false },
  ...more,
})

const key = (name: string, columns: readonly string[], to: string, references: readonly string[]) => ({
  name,
  columns,
  table: { schema: 'public', name: to },
  references,
  onDelete: 'no action' as const,
})
const id = (type: string) => column('id', type, { nullable: false })

const users = table('users', [id('int4'), column('name', 'text')])
const rooms = table(
  'rooms',
  [column('house', 'int4', { nullable: false }), column('number', 'int8', { nullable: false })],
  {
    primaryKey: ['house', 'number'],
  },
)
const eventsTable = table(
  'events',
  [
    column('id', 'int8', { nullable: false, generated: 'identityAlways', hasDefault: true }),
    column('title', 'varchar', { nullable: false, maxLength: 20 }),
    column('user_id', 'int4', { nullable: false }),
    column('house', 'int4'),
    column('room_number', 'int8'),
    column('state', 'text', { nullable: false, hasDefault: true }),
    column('price', 'numeric', { precision: 6, scale: 2 }),
    column('seats', 'int4'),
    column('score', 'float8'),
    column('tags', 'varchar', { isArray: true, maxLength: 5 }),
    column('settings', 'jsonb'),
    column('starts_at', 'timestamptz'),
    column('ends_at', 'timestamptz'),
    column('created_at', 'timestamptz', { nullable: false }),
  ],
  {
    foreignKeys: [
      key('events_user', ['user_id'], 'users', ['id']),
      key('events_room', ['house', 'room_number'], 'rooms', ['house', 'number']),
    ],
    checks: [
      {
        name: 'a',
        columns: ['title'],
        expression: "(((title)::text <> ''::text) AND ((title)::text ~ '^[A-Za-z ]+$'::text))",
      },
      { name: 'b', columns: ['state'], expression: "(state = ANY (ARRAY['draft'::text, 'live'::text]))" },
      { name: 'c', columns: ['price'], expression: '(price >= (0)::numeric)' },
      { name: 'd', columns: ['starts_at', 'ends_at'], expression: '(starts_at < ends_at)' },
    ],
  },
)
const schema: DatabaseSchema = { version: 180000, tables: [eventsTable, rooms, users] }

/** @param options what a resource declares of its values */
export function eventInputs(options: Pick<RecordSource, 'schema' | 'rules'> = {}, report = fail): RecordInputs {
  const api = compileApi(openDefinition(defineTables(schema)), schema, sqlTypeOf)
  const resource = api.resources.get('events')
  if (!resource) throw new Error('there are no events')
  return compileInputs({ resource, resources: api.resources, table: eventsTable, ...options }, report)
}

function fail(problem: string): void {
  throw new Error(problem)
}
