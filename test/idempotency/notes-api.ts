// Notes that anybody may write, and whoever has signed in may change: for tests of writes that come twice, or at the same time.
import { defineApi, resource, tables } from '../../src/index.ts'
import type { ApiOptions } from '../../src/schema/resource-definition.ts'

const db = tables({
  notes: {
    key: 'id',
    columns: { id: 'int4 generated', ref: 'text', text: 'text', count: 'int4 default' },
    relationships: {},
  },
  tags: { key: 'word', columns: { word: 'text' }, relationships: {} },
} as const)

export const notesApi = (options: Omit<ApiOptions, 'roles' | 'timingRoles'> = {}) =>
  defineApi(
    {
      notes: resource(db.notes, {
        roles: {
          regular: { read: 'all', write: { only: ['ref', 'text', 'count'] } },
          guest: { read: 'all', write: { create: { only: ['ref', 'text'] } } },
        },
      }),
      tags: resource(db.tags, { roles: { admin: { read: 'all', write: 'all' }, guest: { read: 'all' } } }),
    },
    { roles: { admin: { role: 'admin' }, regular: 'authenticated', guest: 'anyone' }, ...options },
  )
