// The tables of the videos example for Drizzle, as far as the workloads need them.
import { relations } from 'drizzle-orm'
import { boolean, integer, pgEnum, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

const videoState = pgEnum('video_state', ['draft', 'published', 'private'])

const time = (name: string) => timestamp(name, { withTimezone: true })

const users = pgTable('users', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  username: text('username').notNull(),
  name: text('name').notNull(),
  private: boolean('private').notNull().default(false),
  suspended_at: time('suspended_at'),
})

const videos = pgTable('videos', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  title: text('title').notNull(),
  description: text('description'),
  state: videoState('state').notNull().default('draft'),
  thumbnail: text('thumbnail'),
  views_count: integer('views_count').notNull().default(0),
  likes_count: integer('likes_count').notNull().default(0),
  comments_count: integer('comments_count').notNull().default(0),
  user_id: integer('user_id').notNull(),
  published_at: time('published_at'),
  created_at: time('created_at').notNull().defaultNow(),
})

const comments = pgTable('comments', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  text: text('text').notNull(),
  user_id: integer('user_id').notNull(),
  video_id: integer('video_id'),
  post_id: integer('post_id'),
  comment_id: integer('comment_id'),
  group_id: integer('group_id'),
  created_at: time('created_at').notNull().defaultNow(),
  updated_at: time('updated_at').notNull().defaultNow(),
})

const videosRelations = relations(videos, ({ one, many }) => ({
  user: one(users, { fields: [videos.user_id], references: [users.id] }),
  comments: many(comments),
}))

const commentsRelations = relations(comments, ({ one }) => ({
  video: one(videos, { fields: [comments.video_id], references: [videos.id] }),
}))

export const schema = { users, videos, comments, videosRelations, commentsRelations }
