// What the compiler knows of a request resource: the row that is performed, the database, and mistakes at their line.
import type { Kysely } from 'kysely'
import { expectTypeOf } from 'vitest'
import { type Database, defineApi, type ResourceDefinition, requests } from '../../src/index.ts'
import { db, type Schema } from './schema.ts'

const exports_ = requests(db.video_exports, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    member: { extends: 'admin', read: { without: ['error'] }, write: { create: { only: ['video', 'format'] } } },
  },
  key: ['video'],
  attempts: 3,
  backoff: { firstMs: 100, jitter: false },
  timeout: '30s',
  concurrency: 4,
  wait: { maxSeconds: 30 },
  schedule: { nightly: { cron: '0 3 * * *', row: { format: 'mp4', video_id: '1' } } },
  async perform({ row, db: within, signal, progress, attempt, query, principal }) {
    expectTypeOf(row.id).toEqualTypeOf<string>()
    expectTypeOf(row.format).toEqualTypeOf<'mp4' | 'webm'>()
    expectTypeOf(row.created_at).toEqualTypeOf<string>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(attempt).toEqualTypeOf<number>()
    expectTypeOf(principal.id).toEqualTypeOf<string | null>()
    expectTypeOf(within).toEqualTypeOf<Kysely<Database<Schema>>>()
    await within.updateTable('videos').set({ state: 'published' }).where('id', '=', row.video_id).execute()
    // @ts-expect-error
    within.updateTable('vidoes')
    // @ts-expect-error
    void row.formt
    progress(1, 2, 'half')
    // @ts-expect-error
    progress('half')
    await query('videos', { filter: { id: row.video_id } })
  },
})
expectTypeOf(exports_).toExtend<ResourceDefinition>()
expectTypeOf<NonNullable<(typeof exports_)['types']>['schema']>().toEqualTypeOf<Schema>()
defineApi({ exports: exports_ }, { roles: { admin: { role: 'admin' }, member: 'authenticated' } })
defineApi(
  { exports: exports_ },
  {
    roles: {
      // @ts-expect-error
      guest: 'anyone',
    },
  },
)

requests(db.video_exports, {
  key: row => `${row.video_id} ${row.format}`,
  schedule: { hourly: { cron: '0 * * * *', row: at => ({ video_id: at.toISOString() }) } },
  perform: () => undefined,
})
// A `perform` is what makes it one.
// @ts-expect-error
requests(db.video_exports, { attempts: 3 })
requests(db.video_exports, {
  // @ts-expect-error
  key: ['vdeo'],
  perform: () => undefined,
})
requests(db.video_exports, {
  // @ts-expect-error
  timeout: 'soon',
  perform: () => undefined,
})
requests(db.video_exports, {
  // @ts-expect-error
  backoff: 'linear',
  perform: () => undefined,
})
requests(db.video_exports, {
  roles: {
    admin: {
      read: {
        without: [
          // @ts-expect-error
          'eror',
        ],
      },
    },
  },
  perform: () => undefined,
})
