// The workloads: what is asked for, as lists of paths that differ in their values.
import type { ClientBase } from 'pg'
import { makeRandom } from './make-random.ts'

/** Makes the paths of a workload, base path included: the same ones every time over the same data. */
export type Workload = (client: ClientBase) => Promise<readonly string[]>

/** So many that neither a cache of pages nor one of plans by value could hold them by chance. */
const pathCount = 1000

export const workloads: Readonly<Record<string, Workload>> = {
  // One record by its key, 6 fields.
  W1: async client => {
    const fields = 'title,description,views_count,likes_count,comments_count,published_at'
    const { rows } = await client.query<{ id: number }>(
      `select id from videos where state = 'published' order by hashint4(id), id limit ${pathCount}`,
    )
    return rows.map(({ id }) => `/api/videos/${id}?fields=${fields}`)
  },

  // 30 of all videos: two filters, sorted, 8 fields. By a column without nulls: they sort as the greatest value, and walking
  // past those of every draft would be all that is measured.
  W2: async () => {
    const fields = 'title,description,thumbnail,views_count,likes_count,comments_count,published_at,created_at'
    return viewCounts().map(
      count => `/api/videos?state=published&views_count[gte]=${count}&sort=-created_at&page[size]=30&fields=${fields}`,
    )
  },

  // 30 videos, each with its user and its last 5 comments.
  W3: async () => {
    const comments = 'include[comments][limit]=5&include[comments][sort]=-created_at&fields[comments]=text'
    return viewCounts().map(
      count =>
        `/api/videos?state=published&views_count[gte]=${count}&sort=-created_at&page[size]=30&fields=title,published_at` +
        `&include=user,comments&fields[users]=username,name&${comments}`,
    )
  },
}

/** Numbers that a good part of the videos reach, so that every page is full and found near the newest. */
function viewCounts(): readonly number[] {
  const random = makeRandom(30)
  return Array.from({ length: pathCount }, () => 1000 + Math.floor(random() * 19_000))
}
