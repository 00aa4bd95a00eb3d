// Reads and writes videos with pg and named statements, one statement a request.
import pg from 'pg'
import type { Setup } from '../contender.ts'
import { insertComment, newestVideos, newestVideosWithComments, videoById } from './videos-sql.ts'
import type { VideosStore } from './videos-store.ts'

export function openPgStore({ config, poolSize }: Setup): VideosStore {
  const pool = new pg.Pool({ ...config, max: poolSize })
  const query = async (name: string, text: string, values: readonly unknown[]): Promise<object[]> =>
    (await pool.query<object>({ name, text, values: [...values] })).rows
  return {
    findVideo: async id => (await query('videoById', videoById, [id]))[0] ?? null,
    findNewest: ({ state, minViewsCount }) => query('newestVideos', newestVideos, [state, minViewsCount]),
    findNewestWithComments: ({ state, minViewsCount }) =>
      query('newestVideosWithComments', newestVideosWithComments, [state, minViewsCount]),
    addComment: async ({ text, userId, videoId }) =>
      (await query('insertComment', insertComment, [text, userId, videoId]))[0] ?? null,
    close: () => pool.end(),
  }
}
