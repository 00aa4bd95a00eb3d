// Written by `colonnade pull`; change the database, not this file. A relationship that you rename here keeps its name.
import { type Database, type Of, type Tables, tables } from 'colonnade'

const schema = {
  accounts: {
    key: 'id',
    columns: {
      id: 'int4 default',
      client_id: 'int4',
      name: 'text',
      email: 'text',
      active: 'bool default',
      activated_at: 'timestamptz null',
      closed_at: 'timestamptz null',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
  },
  comments: {
    key: 'id',
    columns: {
      id: 'int4 default',
      text: 'text',
      user_id: 'int4',
      video_id: 'int4 null',
      post_id: 'int4 null',
      comment_id: 'int4 null',
      group_id: 'int4 null',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      user: { belongsTo: 'users', by: 'user_id' },
      video: { belongsTo: 'videos', by: 'video_id' },
      post: { belongsTo: 'posts', by: 'post_id' },
      comment: { belongsTo: 'comments', by: 'comment_id' },
      group: { belongsTo: 'groups', by: 'group_id' },
      comments: { hasMany: 'comments', by: 'comment_id' },
    },
  },
  follows: {
    key: ['follower_id', 'followee_id'],
    columns: {
      follower_id: 'int4',
      followee_id: 'int4',
      created_at: 'timestamptz default',
    },
    relationships: {
      follower: { belongsTo: 'users', by: 'follower_id' },
      followee: { belongsTo: 'users', by: 'followee_id' },
    },
  },
  groups: {
    key: 'id',
    columns: {
      id: 'int4 default',
      name: 'text',
      description: 'text null',
      user_id: 'int4 null',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      user: { belongsTo: 'users', by: 'user_id' },
      comments: { hasMany: 'comments', by: 'group_id' },
      posts: { hasMany: 'posts', by: 'group_id' },
    },
  },
  likes: {
    key: ['user_id', 'video_id'],
    columns: {
      user_id: 'int4',
      video_id: 'int4',
      created_at: 'timestamptz default',
    },
    relationships: {
      user: { belongsTo: 'users', by: 'user_id' },
      video: { belongsTo: 'videos', by: 'video_id' },
    },
  },
  music_tracks: {
    key: 'id',
    columns: {
      id: 'int4 default',
      title: 'text',
      artist: 'text',
      duration: 'int4',
      released_on: 'date null',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      videos: { hasMany: 'videos', by: 'music_track_id' },
    },
  },
  posts: {
    key: 'id',
    columns: {
      id: 'int4 default',
      title: 'text',
      text: 'text',
      user_id: 'int4',
      group_id: 'int4 null',
      comments_count: 'int4 default',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      user: { belongsTo: 'users', by: 'user_id' },
      group: { belongsTo: 'groups', by: 'group_id' },
      comments: { hasMany: 'comments', by: 'post_id' },
    },
  },
  tags: {
    key: 'id',
    columns: {
      id: 'int4 default',
      name: 'text',
      created_at: 'timestamptz default',
    },
    relationships: {
      video_tags: { hasMany: 'video_tags', by: 'tag_id' },
      videos: { manyToMany: 'videos', through: 'video_tags', by: ['tag_id', 'video_id'] },
    },
  },
  users: {
    key: 'id',
    columns: {
      id: 'int4 default',
      username: 'text',
      name: 'text',
      email: 'text',
      mobile: 'text null',
      description: 'text null',
      avatar: 'text null',
      background: 'text null',
      url: 'text null',
      role: { enum: ['admin', 'regular'], default: true },
      gender: 'text null',
      date_of_birth: 'date null',
      country_code: 'text null',
      private: 'bool default',
      suspended_at: 'timestamptz null',
      terms_accepted: 'bool default',
      followers_count: 'int4 default',
      followings_count: 'int4 default',
      videos_count: 'int4 default',
      notification_count: 'int4 default',
      preferences: 'jsonb default',
      reference_id: 'uuid default',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      comments: { hasMany: 'comments', by: 'user_id' },
      follows_as_followee: { hasMany: 'follows', by: 'followee_id' },
      follows_as_follower: { hasMany: 'follows', by: 'follower_id' },
      groups: { hasMany: 'groups', by: 'user_id' },
      likes: { hasMany: 'likes', by: 'user_id' },
      posts: { hasMany: 'posts', by: 'user_id' },
      videos: { hasMany: 'videos', by: 'user_id' },
      followees: { manyToMany: 'users', through: 'follows', by: ['follower_id', 'followee_id'] },
      followers: { manyToMany: 'users', through: 'follows', by: ['followee_id', 'follower_id'] },
      videos_through_likes: { manyToMany: 'videos', through: 'likes', by: ['user_id', 'video_id'] },
    },
  },
  video_tags: {
    key: ['video_id', 'tag_id'],
    columns: {
      video_id: 'int4',
      tag_id: 'int4',
    },
    relationships: {
      video: { belongsTo: 'videos', by: 'video_id' },
      tag: { belongsTo: 'tags', by: 'tag_id' },
    },
  },
  videos: {
    key: 'id',
    columns: {
      id: 'int4 default',
      title: 'text',
      description: 'text null',
      state: { enum: ['draft', 'published', 'private'], default: true },
      file: 'text',
      thumbnail: 'text null',
      views_count: 'int4 default',
      likes_count: 'int4 default',
      comments_count: 'int4 default',
      user_id: 'int4',
      music_track_id: 'int4 null',
      published_at: 'timestamptz null',
      created_at: 'timestamptz default',
      updated_at: 'timestamptz default',
    },
    relationships: {
      user: { belongsTo: 'users', by: 'user_id' },
      music_track: { belongsTo: 'music_tracks', by: 'music_track_id' },
      comments: { hasMany: 'comments', by: 'video_id' },
      likes: { hasMany: 'likes', by: 'video_id' },
      video_tags: { hasMany: 'video_tags', by: 'video_id' },
      tags: { manyToMany: 'tags', through: 'video_tags', by: ['video_id', 'tag_id'] },
      users: { manyToMany: 'users', through: 'likes', by: ['video_id', 'user_id'] },
    },
  },
} as const

// Named, so that hovers say `Schema` and declarations stay small.
export interface Schema extends Of<typeof schema> {}
export interface DB extends Database<Schema> {}
export const db: Tables<Schema> = tables<Schema>(schema)
