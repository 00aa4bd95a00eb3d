// What a definition may say and what the compiler refuses, each at the line of the mistake.
import { compute, defineApi, field, given, now, param, principal, resource, type TypeOf } from '../../src/index.ts'
import { db } from './schema.ts'

// Everything that can be said.
const users = resource(db.users, {
  computed: {
    followed: { exists: { followers: { follower: principal('id') } } },
    videos_count: { count: { videos: { state: 'published' } } },
    comments_count: { count: { comments: true }, sees: 'all' },
    shown_name: { field: 'username' },
    popular: { where: { followers_count: { gte: 1000 } } },
    label: { type: 'text', sql: "{name} || ' ' || {username}" },
    initials: compute(db.users, {
      type: 'text',
      from: ['name', 'created_at'],
      claims: ['locale'],
      values: (rows, { claims }) => rows.map(row => (row.name ?? row.created_at.slice(0, 4)) + String(claims.locale)),
    }),
  },
  roles: {
    admin: { read: 'all', defaults: { without: ['notification_count'] }, write: 'all', delete: true },
    owner: {
      extends: 'admin',
      when: { id: principal('id') },
      read: { without: ['suspended_at', 'reference_id'] },
      defaults: { list: { only: ['id', 'username', 'name', 'avatar', 'links'] }, item: { without: ['preferences'] } },
      write: { create: 'none', update: { only: ['name', 'description', 'avatar'] } },
      set: { suspended_at: null, name: 'x', created_at: now },
    },
    regular: {
      extends: 'owner',
      read: { without: ['email', 'mobile', 'terms_accepted', 'videos_count'] },
      where: {
        or: [{ private: false }, { followers: { some: { follower: principal('id') } } }],
        not: { suspended_at: { null: false } },
      },
    },
    guest: {
      extends: 'regular',
      when: { followers_count: { gt: field('followings_count') } },
      anonymous: true,
      read: { only: ['id', 'username', 'name'] },
    },
  },
  filters: [
    'id',
    'username',
    'videos',
    'followed',
    { joined_since: { created_at: { gte: given } }, named: { username: given } },
  ],
  sorts: ['username', 'created_at', 'videos_count'],
  defaultSort: 'username',
  scopes: {
    popular: { where: { followers_count: { gte: 1000 } } },
    followed: { where: { followed: true, videos_count: { gt: 3 } }, publishes: true },
    joined_between: {
      params: { from: 'date', to: 'date' },
      where: { created_at: { gte: param('from'), lte: param('to') } },
    },
  },
  naturalKey: 'username',
  key: 'reference_id',
  rename: { url: 'homepage' },
  page: { size: 10, maxSize: 50 },
  schema: {
    username: { minLength: 3, pattern: '^[a-z]' },
    preferences: { type: 'object', properties: { theme: { enum: ['light', 'dark'] } } },
  },
  rules: {
    suspended_later: {
      fields: ['created_at', 'suspended_at'],
      check: ({ created_at = '', suspended_at }) =>
        suspended_at && suspended_at < created_at ? 'It is suspended before it was made.' : null,
    },
  },
})
export const videos = resource(db.videos, {
  roles: {
    owner: { when: { user: principal('id') }, read: 'all', set: { user: principal('id'), state: 'draft' } },
    regular: {
      where: {
        state: 'published',
        tags: { any: ['a', 'b'] },
        user: { private: false },
        comments: { text: { contains: 'x', with_ilike: true } },
      },
      read: { only: ['user', 'user_id'] },
    },
    member: {
      where: { user: { in: principal('friends') }, rating: null, published_at: { lte: now }, views_count: ['1', 2] },
    },
  },
  filters: { published_at_start: { published_at: { gte: given } }, among: { id: { in: given } } },
  sorts: { username: 'user.username' },
  defaultSort: ['-published_at', 'username', '-user.name'],
  relationships: { user: { key: 'shown' } },
  singulars: { remark: { of: 'comments', by: { user: principal('id') } } },
  actions: {
    publish: { set: { state: 'published', published_at: now }, where: { state: 'draft' }, roles: ['owner'] },
    count_again: {
      roles: ['owner', 'regular'],
      run: async ({ records, principal: { id }, db: sql }) => {
        const ids = records.filter(one => one.title !== id).map(one => one.id)
        await sql.updateTable('videos').set({ views_count: 0 }).where('id', 'in', ids).execute()
        return ids.length
      },
    },
  },
})
export const comments = resource(db.comments, {
  roles: { regular: { read: 'all' } },
  sorts: ['text', { author: 'user.username', of_author: 'video.user.username' }],
  defaultSort: '-author',
})

export const api = defineApi(
  { users, videos, comments },
  { basePath: '/api', roles: { admin: { role: 'admin' }, regular: 'authenticated', guest: 'anyone' } },
)
export interface Api extends TypeOf<typeof api> {}
