// The workloads: what is asked for, as lists of requests that differ in their values, and who takes part.
import type { ClientBase } from 'pg'
import { commentAnswer, commentRequests, commentStatement } from './comments.ts'
import type { BenchRequest, TaskStatement } from './contender.ts'
import { makeRandom } from './make-random.ts'
import type { Need } from './product.ts'

export interface Workload {
  readonly contenders: readonly string[]
  /** What the product has to be able to do. */
  readonly needs?: Need
  /** Of right answers; 200 unless said. */
  readonly statuses?: readonly number[]
  readonly writes?: boolean
  /** Asked of a server whose response cache is on. */
  readonly cached?: boolean
  /** The workload that asks for the same values in plain JSON: its rate is told as a part of that one's. */
  readonly plainTwin?: string
  /** Whether each request brings the ETag of its answer along, so that it is answered 304. */
  readonly conditional?: boolean
  /** Makes the requests: the same ones every time over the same data. */
  readonly makeRequests: (client: ClientBase) => Promise<readonly BenchRequest[]>
  /** The statement and an answer of a workload that the product is not asked for. */
  readonly describe?: (client: ClientBase) => Promise<{ readonly statement: TaskStatement; readonly body: string }>
}

/** So many that neither a cache of pages nor one of plans by value could hold them by chance. */
const requestCount = 1000

const servers = ['node-pg', 'fastify-pg', 'fastify-drizzle', 'fastify-prisma', 'colonnade-stock', 'colonnade']
const all = ['constant', 'pgbench', ...servers]

export const workloads: Readonly<Record<string, Workload>> = {
  // One record by its key, 6 fields.
  W1: {
    contenders: [...all, 'colonnade-watched'],
    makeRequests: async client => {
      const fields = 'title,description,views_count,likes_count,comments_count,published_at'
      const { rows } = await client.query<{ id: number }>(
        `select id from videos where state = 'published' order by hashint4(id), id limit ${requestCount}`,
      )
      return rows.map(({ id }) => get(`/api/videos/${id}?fields=${fields}`))
    },
  },

  // 30 of all videos: two filters, sorted, 8 fields. By a column without nulls: they sort as the greatest value, and walking
  // past those of every draft would be all that is measured.
  W2: { contenders: all, makeRequests: async () => newestVideos() },

  // W2 as JSON:API spells it.
  W2J: {
    contenders: ['constant', 'colonnade'],
    plainTwin: 'W2',
    makeRequests: async () =>
      viewCounts().map(count => getDocument(`${newestDocuments(count)}&fields[videos]=${newestFields}`)),
  },

  // 30 videos, each with its user and its last 5 comments.
  W3: {
    contenders: all,
    makeRequests: async () =>
      viewCounts().map(count =>
        get(
          `/api/videos?state=published&views_count[gte]=${count}&sort=-created_at&page[size]=30&fields=title,published_at` +
            `&include=user,comments&fields[users]=username,name&${lastComments}`,
        ),
      ),
  },

  // W3 as JSON:API spells it: a user that several videos have is there once.
  W3J: {
    contenders: ['constant', 'colonnade'],
    plainTwin: 'W3',
    makeRequests: async () =>
      viewCounts().map(count =>
        getDocument(
          `${newestDocuments(count)}&fields[videos]=title,published_at,user,comments` +
            `&include=user,comments&fields[users]=username,name&${lastComments}`,
        ),
      ),
  },

  // One comment, durably.
  W4: {
    contenders: all,
    needs: 'write',
    statuses: [201],
    writes: true,
    makeRequests: client => commentRequests(client, requestCount),
    async describe(client) {
      const statement = await commentStatement(client, requestCount)
      return { statement, body: await commentAnswer(client, statement) }
    },
  },

  // The same page of W2 again and again, and the same when the caller has it already.
  'cached-200': {
    contenders: ['constant', 'colonnade-watched', 'colonnade'],
    cached: true,
    makeRequests: async () => newestVideos().slice(0, 1),
  },
  'cached-304': {
    contenders: ['constant', 'colonnade-watched', 'colonnade'],
    cached: true,
    conditional: true,
    statuses: [304],
    makeRequests: async () => newestVideos().slice(0, 1),
  },

  // W2, every twentieth request in its place one of W4.
  mixed: {
    contenders: ['constant', ...servers],
    needs: 'write',
    statuses: [200, 201],
    writes: true,
    makeRequests: async client => {
      const comments = await commentRequests(client, requestCount / 20)
      return mix(newestVideos(), comments)
    },
  },
}

/** Puts the second list's items in place of the first one's, one in each stretch, at places that no power of two divides. */
export function mix<T>(items: readonly T[], others: readonly T[]): T[] {
  const stretch = Math.floor(items.length / others.length)
  const mixed = [...items]
  for (const [i, other] of others.entries()) mixed[i * stretch + (i % stretch)] = other
  return mixed
}

const newestFields = 'title,description,thumbnail,views_count,likes_count,comments_count,published_at,created_at'
const lastComments = 'include[comments][limit]=5&include[comments][sort]=-created_at&fields[comments]=text'

function newestVideos(): BenchRequest[] {
  return viewCounts().map(count =>
    get(`/api/videos?state=published&views_count[gte]=${count}&sort=-created_at&page[size]=30&fields=${newestFields}`),
  )
}

function newestDocuments(count: number): string {
  return `/api/videos?filter[state]=published&filter[views_count][gte]=${count}&sort=-created_at&page[size]=30`
}

function get(path: string): BenchRequest {
  return { method: 'GET', path }
}

function getDocument(path: string): BenchRequest {
  return { method: 'GET', path, headers: { accept: 'application/vnd.api+json' } }
}

/** Numbers that a good part of the videos reach, so that every page is full and found near the newest. */
function viewCounts(): readonly number[] {
  const random = makeRandom(30)
  return Array.from({ length: requestCount }, () => 1000 + Math.floor(random() * 19_000))
}
