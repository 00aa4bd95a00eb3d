// What a good engineer writes by hand for the three workloads: node:http, pg, named statements, one query a request.
import { createServer, type ServerResponse } from 'node:http'
import pg from 'pg'
import type { ServerContender } from '../contender.ts'
import { listenOn } from './listen-on.ts'

// Who may see what is written into the queries, as far as the answers need it.
const videoById = `
  select id, title, description, views_count, likes_count, comments_count, published_at
  from videos
  where id = $1 and state = 'published'`

const newestVideos = `
  select id, title, description, thumbnail, views_count, likes_count, comments_count, published_at, created_at
  from videos
  where state = $1 and views_count >= $2
  order by created_at desc, id desc
  limit 30`

const newestVideosWithComments = `
  select v.id, v.title, v.published_at, c.comments,
    -- Joined, it becomes a scan of all users where they are few.
    (
      select json_build_object('id', id, 'username', username, 'name', name)
      from users
      where id = v.user_id and not private and suspended_at is null
    ) as user
  from (
    select id, title, published_at, created_at, user_id
    from videos
    where state = $1 and views_count >= $2
    order by created_at desc, id desc
    limit 30
  ) v
  left join lateral (
    select coalesce(json_agg(json_build_object('id', id, 'text', text) order by created_at desc, id desc), '[]') as comments
    from (
      select id, text, created_at from comments where video_id = v.id order by created_at desc, id desc limit 5
    ) newest
  ) c on true
  order by v.created_at desc, v.id desc`

export const nodePg: ServerContender = {
  kind: 'server',
  checked: true,
  async serve({ config, poolSize }) {
    const pool = new pg.Pool({ ...config, max: poolSize })
    const server = createServer((request, response) => {
      answer(pool, request.url ?? '/', response).catch((error: unknown) => {
        console.error(error)
        send(response, 500, { error: 'internal' })
      })
    })
    const serving = await listenOn(server)
    return {
      ...serving,
      close: async () => {
        await serving.close()
        await pool.end()
      },
    }
  },
}

async function answer(pool: pg.Pool, target: string, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(target, 'http://localhost')
  const id = /^\/api\/videos\/(\d+)$/.exec(pathname)?.[1]
  if (id !== undefined) {
    const { rows } = await pool.query({ name: 'videoById', text: videoById, values: [id] })
    return rows.length === 0 ? send(response, 404, { error: 'not found' }) : send(response, 200, { data: rows[0] })
  }
  if (pathname !== '/api/videos') return send(response, 404, { error: 'not found' })
  const viewsCount = Number(searchParams.get('views_count[gte]') ?? 0)
  if (!Number.isSafeInteger(viewsCount)) return send(response, 400, { error: 'views_count[gte] is a whole number' })
  const query = searchParams.has('include')
    ? { name: 'newestVideosWithComments', text: newestVideosWithComments }
    : { name: 'newestVideos', text: newestVideos }
  const { rows } = await pool.query({ ...query, values: [searchParams.get('state') ?? 'published', viewsCount] })
  send(response, 200, { data: rows })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.end(bytes)
}
