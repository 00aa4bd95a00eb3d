// The schema that the type tests speak of, in the form that `colonnade pull` writes.
import { type Database, type Of, type Tables, tables } from '../../src/index.ts'

const schema = {
  comments: {
    key: 'id',
    columns: {
      id: 'int8 default',
      user_id: 'int8 null',
      video_id: 'int8',
      text: 'text',
      created_at: 'timestamptz default',
    },
    relationships: {
      user: { belongsTo: 'users', by: 'user_id' },
      video: { belongsTo: 'videos', by: 'video_id' },
    },
  },
  follows: {
    key: ['follower_id', 'followee_id'],
    columns: {
      follower_id: 'int8',
      followee_id: 'int8',
      created_at: 'timestamptz default',
    },
    relationships: {
      follower: { belongsTo: 'users', by: 'follower_id' },
      followee: { belongsTo: 'users', by: 'followee_id' },
    },
  },
  users: {
    key: 'id',
    columns: {
      id: 'int8 default',
      username: 'text',
      name: 'text null',
      email: 'text',
      mobile: 'text null',
      description: 'text null',
      avatar: 'text null',
      background: 'text null',
      url: 'text null',
      private: 'bool default',
      preferences: 'jsonb default',
      terms_accepted: 'bool default',
      notification_count: 'int4 default',
      followers_count: 'int4 default',
      followings_count: 'int4 default',
      reference_id: 'uuid null',
      suspended_at: 'timestamptz null',
      created_at: 'timestamptz default',
    },
    relationships: {
      comments: { hasMany: 'comments', by: 'user_id' },
      followers: { hasMany: 'follows', by: 'followee_id' },
      followings: { hasMany: 'follows', by: 'follower_id' },
      videos: { hasMany: 'videos', by: 'user_id' },
    },
  },
  video_exports: {
    key: 'id',
    columns: {
      id: 'uuid default',
      video_id: 'int8',
      format: { enum: ['mp4', 'webm'] },
      state: { enum: ['pending', 'running', 'succeeded', 'failed', 'cancelled'], default: true },
      error: 'jsonb null',
      created_at: 'timestamptz default',
    },
    relationships: {
      video: { belongsTo: 'videos', by: 'video_id' },
    },
  },
  videos: {
    key: 'id',
    columns: {
      id: 'int8 default',
      user_id: 'int8',
      title: 'text',
      description: 'text null',
      state: { enum: ['draft', 'published'], default: true },
      tags: 'text[] default',
      views_count: 'int8 default',
      rating: 'numeric null',
      published_at: 'timestamptz null',
    },
    relationships: {
      comments: { hasMany: 'comments', by: 'video_id' },
      exports: { hasMany: 'video_exports', by: 'video_id' },
      user: { belongsTo: 'users', by: 'user_id' },
    },
  },
  views: {
    key: ['video_id', 'measured_at'],
    columns: {
      video_id: 'int8',
      measured_at: 'timestamptz',
      count: 'int8',
    },
    relationships: {
      video: { belongsTo: 'videos', by: 'video_id' },
    },
  },
} as const

// Named, so that hovers say `Schema` and declarations stay small.
export interface Schema extends Of<typeof schema> {}
export interface DB extends Database<Schema> {}
export const db: Tables<Schema> = tables<Schema>(schema)
