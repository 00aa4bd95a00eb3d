// The comments that are inserted: as requests, as a statement with its values, and as an answer.
import type { ClientBase } from 'pg'
import type { BenchRequest, TaskStatement } from './contender.ts'
import { insertComment } from './contenders/videos-sql.ts'
import { makeToken } from './tokens.ts'

/** The same in each: pgbench varies whole numbers only. */
const text = 'So beautiful, and the sea is so calm! Where is this?'

interface NewComment {
  readonly userId: number
  readonly videoId: number
}

export async function commentRequests(client: ClientBase, count: number): Promise<BenchRequest[]> {
  const tokens = new Map<number, string>()
  const requests: BenchRequest[] = []
  for (const { userId, videoId } of await findComments(client, count)) {
    const token = tokens.get(userId) ?? (await makeToken(userId))
    tokens.set(userId, token)
    requests.push({
      method: 'POST',
      path: '/api/comments',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ video_id: videoId, text }),
    })
  }
  return requests
}

/** What the same requests send to the database. */
export async function commentStatement(client: ClientBase, count: number): Promise<TaskStatement> {
  const comments = await findComments(client, count)
  return {
    text: insertComment,
    values: comments.map(({ userId, videoId }) => [text, String(userId), String(videoId)]),
  }
}

/** As the statement would be answered; nothing is kept. */
export async function commentAnswer(client: ClientBase, { text, values }: TaskStatement): Promise<string> {
  await client.query('begin')
  const { rows } = await client.query(text, [...(values[0] ?? [])])
  await client.query('rollback')
  return JSON.stringify({ data: rows[0] })
}

/** By a hundred users, so that rows of users are locked by one at a time mostly, under videos that all may see. */
async function findComments(client: ClientBase, count: number): Promise<NewComment[]> {
  const find = async (from: string, limit: number) =>
    (await client.query<{ id: number }>(`select id from ${from} order by hashint4(id), id limit ${limit}`)).rows
  const users = await find('users where suspended_at is null', 100)
  const videos = await find(`videos where state = 'published'`, count)
  return videos.map(({ id }, i) => ({ userId: users[i % users.length]?.id ?? 0, videoId: id }))
}
