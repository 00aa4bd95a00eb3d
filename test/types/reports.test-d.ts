// What the compiler knows of commands and reports as `colonnade migrate` and `pull` leave their tables: the fields that they have by themselves, and mistakes at their line.
import type { Kysely } from 'kysely'
import { expectTypeOf } from 'vitest'
import {
  type Database,
  defineApi,
  given,
  principal,
  type ResourceDefinition,
  report,
  requests,
  resource,
  tables,
} from '../../src/index.ts'

const command = {
  status: 'text default',
  attempts: 'int4 default',
  last_error: 'jsonb null',
  error: 'jsonb null',
  progress: 'jsonb null',
  run_at: 'timestamptz default',
  priority: 'int4 default',
  created_at: 'timestamptz default',
  updated_at: 'timestamptz default',
  started_at: 'timestamptz null',
  finished_at: 'timestamptz null',
} as const
const schema = {
  servers: { key: 'id', columns: { id: 'int4', client: 'text' } },
  openings: { key: 'id', columns: { id: 'uuid default', port: 'int4', ...command } },
  traffic: {
    key: 'id',
    columns: {
      id: 'uuid default',
      month: 'text',
      format: 'text default',
      given_by: 'text',
      server_id: 'int4 null',
      ...command,
      content_type: 'text null',
      content_size: 'int8 null',
      content_sha256: 'text null',
      expires_at: 'timestamptz null',
      listed_until: 'timestamptz null',
    },
    relationships: { server: { belongsTo: 'servers', by: 'server_id' } },
  },
} as const
const db = tables(schema)
type Schema = typeof schema

const openings = requests(db.openings, {
  roles: {
    client: {
      read: { only: ['id', 'status', 'status_description', 'run_at'] },
      defaults: { list: { without: ['status_description'] } },
      write: { create: { only: ['port', 'run_at', 'priority'] } },
      delete: true,
    },
  },
  filters: ['status', 'status_description', { done: { status_description: given } }],
  sorts: ['created_at', 'status_description', { word: 'status_description' }],
  defaultSort: '-status_description',
  scopes: { stuck: { where: { status_description: { in: ['Pending', 'Running'] } } } },
  statusCodes: { pending: 1, running: 2, succeeded: 4, failed: 3, cancelled: 5 },
  perform({ row, db: within, query, principal: giver }) {
    expectTypeOf(row.status).toEqualTypeOf<string>()
    expectTypeOf(row.port).toEqualTypeOf<number>()
    expectTypeOf(row.started_at).toEqualTypeOf<string | null>()
    // It is made for answers, and no column of the row.
    // @ts-expect-error
    void row.status_description
    expectTypeOf(within).toEqualTypeOf<Kysely<Database<Schema>>>()
    expectTypeOf(query).returns.resolves.toExtend<readonly object[]>()
    expectTypeOf(giver.claims).toExtend<Readonly<Record<string, unknown>>>()
  },
})
expectTypeOf(openings).toExtend<ResourceDefinition>()

const traffic = report(db.traffic, {
  roles: {
    client: {
      when: { given_by: principal('id') },
      read: { only: ['id', 'status', 'available', 'status_description', 'expires_at', 'listed_until', 'content_size'] },
      write: { create: { only: ['month', 'format', 'server'] } },
      set: { given_by: principal('id') },
      content: true,
    },
    // Whoever extends it takes away what it has by itself, too.
    auditor: { extends: 'client', read: { without: ['available', 'status_description'] } },
  },
  filters: ['month', 'available', 'status_description', { fresh: { available: given } }],
  sorts: ['available', 'expires_at'],
  defaultSort: ['-available', 'month'],
  scopes: { fetchable: { where: { available: true, status_description: 'Succeeded' } } },
  format: { column: 'format' },
  params: ['month', 'server_id'],
  expiresAfter: '7d',
  listedFor: '12h',
  reuse: true,
  async *generate({ row, query, progress }) {
    expectTypeOf(row.month).toEqualTypeOf<string>()
    expectTypeOf(row.server_id).toEqualTypeOf<number | null>()
    expectTypeOf(row.content_size).toEqualTypeOf<string | null>()
    for (const server of await query('servers')) yield { id: server.id, month: row.month, at: new Date() }
    progress(1)
  },
})
expectTypeOf(traffic).toExtend<ResourceDefinition>()
defineApi({ openings, traffic, servers: resource(db.servers, {}) }, { roles: { client: 'authenticated' } })

const format = 'csv' as const
report(db.traffic, { format, generate: { resource: 'servers', query: { filter: { client: 'a' } } } })
report(db.traffic, { format, generate: async () => ({ resource: 'servers' }) })
report(db.traffic, {
  format,
  // What is no row of names and values.
  // @ts-expect-error
  async *generate() {
    yield 7
  },
})
// @ts-expect-error
report(db.traffic, { format })
// @ts-expect-error
report(db.traffic, { generate: { resource: 'servers' } })
// @ts-expect-error
report(db.traffic, { format: 'xml', generate: { resource: 'servers' } })
report(db.traffic, {
  format,
  generate: { resource: 'servers' },
  // A relationship is no column.
  // @ts-expect-error
  params: ['month', 'server'],
})
report(db.traffic, {
  // @ts-expect-error
  format: { column: 'fromat' },
  generate: { resource: 'servers' },
})
report(db.traffic, {
  format,
  generate: { resource: 'servers' },
  // @ts-expect-error
  listedFor: 'half a day',
})
report(db.traffic, {
  format,
  generate: { resource: 'servers' },
  filters: [
    'available',
    // @ts-expect-error
    'avialable',
  ],
  sorts: [
    'status_description',
    // @ts-expect-error
    'status_descripton',
  ],
  scopes: {
    fetchable: {
      where: {
        // @ts-expect-error
        available: 'yes',
      },
    },
  },
})
requests(db.openings, {
  // `available` is of reports alone.
  filters: [
    // @ts-expect-error
    'available',
  ],
  roles: {
    client: {
      read: {
        only: [
          'status_description',
          // @ts-expect-error
          'available',
        ],
      },
      write: {
        create: {
          only: [
            'port',
            'run_at',
            'priority',
            // The worker alone writes it.
            // @ts-expect-error
            'status',
            // @ts-expect-error
            'finished_at',
          ],
        },
      },
    },
  },
  // @ts-expect-error
  statusCodes: { pending: 1, done: 2 },
  perform: () => undefined,
})
report(db.traffic, {
  format,
  generate: { resource: 'servers' },
  roles: {
    client: {
      write: {
        create: {
          only: [
            'month',
            // @ts-expect-error
            'expires_at',
            // @ts-expect-error
            'listed_until',
            // @ts-expect-error
            'attempts',
          ],
        },
      },
    },
  },
})
