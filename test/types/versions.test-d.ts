// What may be said of versions, and what the compiler refuses.
import { defineApi, defineVersion, resource, type TypeOf } from '../../src/index.ts'
import { db } from './schema.ts'

const users = resource(db.users, { roles: { regular: { read: 'all' }, guest: { read: { only: ['id'] } } } })
const first = defineVersion(
  { people: users },
  {
    deprecated: '2026-01-01',
    sunset: new Date('2026-12-31'),
    link: 'https://example.com/changes',
    goneAfterSunset: true,
    roles: { regular: 'authenticated' },
    page: { size: 10 },
    naming: 'camel',
  },
)
export const api = defineApi(
  { users },
  {
    name: 'acme',
    version: '2',
    requireVersion: true,
    naming: 'camel',
    versions: { 1: first },
    roles: { regular: 'authenticated', guest: 'anyone' },
  },
)
export interface Api extends TypeOf<typeof api> {}
/** For a client of the old one. */
export interface First extends TypeOf<typeof first> {}
export type Names = [keyof Api & 'users', keyof First & 'people']

defineVersion(
  { users },
  {
    roles: {
      // @ts-expect-error
      reguler: 'authenticated',
    },
  },
)
defineVersion(
  { users },
  {
    // @ts-expect-error
    sunsets: '2026-12-31',
  },
)
defineApi(
  { users },
  {
    // @ts-expect-error
    versions: { 1: { users } },
  },
)
defineVersion(
  { users },
  {
    // @ts-expect-error
    naming: 'Camel',
  },
)
