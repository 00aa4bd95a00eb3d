// What a good engineer writes with Fastify and Drizzle: prepared queries, and a relational query for videos with their comments.
import { and, desc, eq, gte, or, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { ServerContender, Setup } from '../contender.ts'
import { schema } from './drizzle-schema.ts'
import { serveFastify } from './serve-fastify.ts'
import type { VideosStore } from './videos-store.ts'

export const fastifyDrizzle: ServerContender = {
  kind: 'server',
  checked: true,
  serve: setup => serveFastify(openDrizzleStore(setup)),
}

function openDrizzleStore({ config, poolSize }: Setup): VideosStore {
  const pool = new pg.Pool({ ...config, max: poolSize })
  const queries = prepareQueries(pool)
  return {
    findVideo: async id => (await queries.videoById.execute({ id }))[0] ?? null,
    findNewest: filter => queries.newestVideos.execute({ ...filter }),
    async findNewestWithComments(filter) {
      const rows = await queries.newestVideosWithComments.execute({ ...filter })
      return rows.map(({ user, ...row }) => ({ ...row, user: user.private || user.suspended_at ? null : user }))
    },
    // An insert of what a select finds would have to name every column, defaults included.
    async addComment({ text, userId, videoId }) {
      const [video] = await queries.visibleVideo.execute({ userId, videoId })
      return video ? ((await queries.insertComment.execute({ text, userId, videoId }))[0] ?? null) : null
    },
    close: () => pool.end(),
  }
}

function prepareQueries(pool: pg.Pool) {
  const db = drizzle(pool, { schema })
  const { videos, comments } = schema
  const { id, title, description, thumbnail, published_at, created_at } = videos
  const { views_count, likes_count, comments_count } = videos
  const published = eq(videos.state, 'published')
  const filter = and(
    eq(videos.state, sql.placeholder('state')),
    published,
    gte(views_count, sql.placeholder('minViewsCount')),
  )
  const newest = [desc(created_at), desc(id)]
  return {
    videoById: db
      .select({ id, title, description, views_count, likes_count, comments_count, published_at })
      .from(videos)
      .where(and(eq(id, sql.placeholder('id')), published))
      .prepare('videoById'),

    newestVideos: db
      .select({
        ...{ id, title, description, thumbnail, views_count, likes_count, comments_count },
        ...{ published_at, created_at },
      })
      .from(videos)
      .where(filter)
      .orderBy(...newest)
      .limit(30)
      .prepare('newestVideos'),

    newestVideosWithComments: db.query.videos
      .findMany({
        columns: { id: true, title: true, published_at: true },
        where: filter,
        orderBy: newest,
        limit: 30,
        with: {
          // A condition on a relation to one is not on offer.
          user: { columns: { id: true, username: true, name: true, private: true, suspended_at: true } },
          comments: {
            columns: { id: true, text: true },
            orderBy: [desc(comments.created_at), desc(comments.id)],
            limit: 5,
          },
        },
      })
      .prepare('newestVideosWithComments'),

    visibleVideo: db
      .select({ id })
      .from(videos)
      .where(and(eq(id, sql.placeholder('videoId')), or(published, eq(videos.user_id, sql.placeholder('userId')))))
      .prepare('visibleVideo'),

    insertComment: db
      .insert(comments)
      .values({
        text: sql.placeholder('text'),
        user_id: sql.placeholder('userId'),
        video_id: sql.placeholder('videoId'),
      })
      .returning()
      .prepare('insertComment'),
  }
}
