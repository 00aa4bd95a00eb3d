// The API of the videos example: who may see and do what.
import { defineApi, given, now, param, principal, resource, type TypeOf } from 'colonnade'
import { db } from './schema.ts'

const users = resource(db.users, {
  computed: { follower_state: { exists: { follows_as_followee: { follower: principal('id') } } } },
  roles: {
    admin: { read: 'all', defaults: { without: ['notification_count', 'follower_state'] }, write: 'all', delete: true },
    owner: {
      extends: 'admin',
      when: { id: principal('id') },
      read: { without: ['suspended_at', 'reference_id'] },
      defaults: { list: { only: ['id', 'username', 'name', 'avatar'] }, item: { without: ['preferences'] } },
      write: { update: { only: ['name', 'description', 'avatar', 'background', 'url', 'private'] } },
    },
    regular: {
      extends: 'owner',
      where: { private: false, suspended_at: null },
      read: {
        without: [
          'email',
          'mobile',
          'role',
          'gender',
          'date_of_birth',
          'private',
          'terms_accepted',
          'preferences',
          'notification_count',
        ],
      },
      defaults: {
        item: {
          only: [
            'id',
            'username',
            'name',
            'links',
            'description',
            'avatar',
            'background',
            'url',
            'followers_count',
            'followings_count',
            'videos_count',
          ],
        },
      },
    },
    guest: {
      extends: 'regular',
      read: { only: ['id', 'username', 'name', 'links', 'videos', 'comments'] },
      defaults: { item: { only: ['id', 'username', 'name', 'links'] } },
    },
  },
  sorts: ['id', 'username', 'name', 'created_at', 'followers_count', 'videos_count'],
  defaultSort: 'username',
  singulars: { follow: { of: 'follows_as_followee', by: { follower: principal('id') } } },
  scopes: {
    popular: { where: { followers_count: { gte: 10 } } },
    joined_between: {
      params: { from: 'date', to: 'date' },
      where: { created_at: { gte: param('from'), lte: param('to') } },
    },
  },
})

const videos = resource(db.videos, {
  computed: {
    draft: { where: { state: 'draft' } },
    published: { where: { state: 'published' } },
    view_count: { field: 'views_count' },
    requester_has_liked: { exists: { likes: { user: principal('id') } } },
  },
  roles: {
    admin: { read: 'all', defaults: { without: ['view_count', 'requester_has_liked'] }, write: 'all', delete: true },
    owner: {
      extends: 'admin',
      when: { user: principal('id') },
      write: { only: ['title', 'description', 'state', 'tags', 'file', 'thumbnail', 'music_track'] },
      delete: true,
    },
    regular: {
      extends: 'owner',
      where: { state: 'published' },
      read: { without: ['file'] },
      write: { create: { only: ['title', 'description', 'state', 'tags', 'file', 'thumbnail', 'music_track'] } },
      set: { user: principal('id') },
    },
    guest: { extends: 'regular', read: { without: ['requester_has_liked', 'likes'] } },
  },
  filters: {
    published_at_start: { published_at: { gte: given } },
    published_at_end: { published_at: { lte: given } },
    text: { or: [{ title: { ilike: given } }, { description: { ilike: given } }] },
  },
  sorts: { username: 'user.username' },
  singulars: { like: { of: 'likes', by: { user: principal('id') } } },
  scopes: {
    published: { where: { state: 'published' } },
    popular: { where: { views_count: { gte: 1000 } } },
    created_between: {
      params: { from: 'date', to: 'date' },
      where: { created_at: { gte: param('from'), lte: param('to') } },
    },
  },
})

const comments = resource(db.comments, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    owner: { extends: 'admin', when: { user: principal('id') }, write: { only: ['text'] }, delete: true },
    // A comment is as public as the video that it is written under.
    regular: {
      extends: 'owner',
      where: { or: [{ video: null }, { video: { state: 'published' } }, { video: { user: principal('id') } }] },
      write: { create: { only: ['text', 'video', 'post', 'comment', 'group'] } },
      set: { user: principal('id') },
    },
    guest: { extends: 'admin', where: { or: [{ video: null }, { video: { state: 'published' } }] } },
  },
})

const posts = resource(db.posts, {
  roles: { admin: { read: 'all', write: 'all', delete: true }, guest: { read: 'all' } },
})
const groups = resource(db.groups, {
  roles: { admin: { read: 'all', write: 'all', delete: true }, guest: { read: 'all' } },
})
const music_tracks = resource(db.music_tracks, {
  roles: { admin: { read: 'all', write: 'all', delete: true }, guest: { read: 'all' } },
})
const tags = resource(db.tags, {
  roles: { admin: { read: 'all', write: 'all', delete: true }, guest: { read: 'all' } },
  naturalKey: 'name',
})
// Whoever made a video says under which tags it is filed.
const video_tags = resource(db.video_tags, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    owner: {
      extends: 'admin',
      when: { video: { user: principal('id') } },
      write: { create: { only: ['video', 'tag'] } },
      delete: true,
    },
    guest: { read: 'all' },
  },
})

// Who likes and follows whom is for those who have signed in.
const likes = resource(db.likes, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    owner: { extends: 'admin', when: { user: principal('id') }, delete: true },
    regular: { read: 'all', write: { create: { only: ['video'] } }, set: { user: principal('id') } },
  },
})
const follows = resource(db.follows, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    owner: { extends: 'admin', when: { follower: principal('id') }, delete: true },
    regular: { read: 'all', write: { create: { only: ['followee'] } }, set: { follower: principal('id') } },
  },
})

// Clients keep accounts for their customers; a token of theirs carries the claim client_id.
const accounts = resource(db.accounts, {
  roles: {
    admin: { read: 'all', write: 'all', delete: true },
    client: { extends: 'admin', when: { client_id: principal('client_id') }, write: { only: ['name', 'email'] } },
  },
  actions: {
    activate: { set: { active: true, activated_at: now }, where: { closed_at: null }, roles: ['admin', 'client'] },
    deactivate: { set: { active: false }, roles: ['admin', 'client'] },
  },
})

const api = defineApi(
  { users, videos, comments, posts, groups, likes, follows, tags, video_tags, music_tracks, accounts },
  { roles: { admin: { role: 'admin' }, regular: 'authenticated', guest: 'anyone' }, timingRoles: ['admin'] },
)
export interface Api extends TypeOf<typeof api> {}
export default api
