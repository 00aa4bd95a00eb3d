// Fills an empty PostgreSQL database with the videos example, in one of three sizes, the same rows every time.
import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'

export type VideosSize = keyof typeof sizes

export interface SeedOptions {
  /** `tiny` is for tests (under a second), `small` for a demo (seconds), `large` for load (under a minute). */
  readonly size: VideosSize
  /** Told before each step, and once more with `done` equal to `of` when everything is in place. */
  readonly onProgress?: (step: string, done: number, of: number) => void
}

/** How many rows of each kind a size has; comments come in threads of four. */
export const sizes = {
  tiny: {
    users: 60,
    videos: 400,
    posts: 100,
    groups: 6,
    comments: 1500,
    likes: 1200,
    follows: 150,
    tags: 40,
    music_tracks: 30,
    accounts: 2000,
  },
  small: {
    users: 1000,
    videos: 20_000,
    posts: 2000,
    groups: 30,
    comments: 100_000,
    likes: 60_000,
    follows: 20_000,
    tags: 120,
    music_tracks: 500,
    accounts: 2000,
  },
  large: {
    users: 10_000,
    videos: 200_000,
    posts: 20_000,
    groups: 100,
    comments: 1_000_000,
    likes: 600_000,
    follows: 200_000,
    tags: 300,
    music_tracks: 3000,
    accounts: 2000,
  },
} as const satisfies Record<string, Readonly<Record<string, number>>>

/** The days that the example spans, 2012-01-01 to 2016-12-30, in seconds. */
const span = 1825 * 86_400

const tables = [
  'users',
  'music_tracks',
  'groups',
  'posts',
  'videos',
  'tags',
  'video_tags',
  'comments',
  'likes',
  'follows',
  'accounts',
]
  .map(name => `public.${name}`)
  .join(', ')

// Videos come after the comments and likes that they count, and users after everything.
const steps: readonly (readonly [step: string, file: string])[] = [
  ['schema', 'schema.sql'],
  ['functions', 'seed/functions.sql'],
  ['outlines', 'seed/outlines.sql'],
  ['music tracks', 'seed/music-tracks.sql'],
  ['follows', 'seed/follows.sql'],
  ['likes', 'seed/likes.sql'],
  ['comments', 'seed/comments.sql'],
  ['groups and posts', 'seed/groups.sql'],
  ['videos', 'seed/videos.sql'],
  ['tags', 'seed/tags.sql'],
  ['users', 'seed/users.sql'],
  ['accounts', 'seed/accounts.sql'],
  ['keys and indexes', 'keys.sql'],
]

/**
 * Creates the tables in the schema `public` and fills them, in one transaction: all of it is there afterwards, or nothing.
 * Does nothing when the database holds this size already. The client must not be in a transaction.
 *
 * @throws when the database holds another size, or tables of the same names; nothing is ever dropped.
 * @example
 * await seedVideos(client, { size: 'small', onProgress: (step, done, of) => console.log(`${done}/${of} ${step}`) })
 */
export async function seedVideos(client: ClientBase, { size, onProgress }: SeedOptions): Promise<void> {
  const of = steps.length + 2
  await client.query('begin')
  try {
    // Lock first, so that of two demos that start at once the second finds the first one's rows.
    await client.query("select pg_advisory_xact_lock(hashtext('colonnade.demo'))")
    const held = await seededSize(client)
    if (held === size) {
      await client.query('rollback')
      onProgress?.('ready', of, of)
      return
    }
    if (held !== undefined) {
      throw new Error(`This database holds the videos example in the size ${held}; use another database for ${size}.`)
    }
    await client.query(settings)
    for (const [index, [step, file]] of steps.entries()) {
      onProgress?.(step, index, of)
      await client.query(fillIn(await readFile(new URL(file, import.meta.url), 'utf8'), { ...sizes[size], span }))
    }
    onProgress?.('statistics', of - 2, of)
    await client.query(`analyze ${tables}`)
    await client.query(`${marker}; insert into colonnade.demo (name, size) values ('videos', '${size}')`)
    await client.query(dropFunctions)
    await client.query('commit')
  } catch (error) {
    // A lost connection cannot roll back either, and the first error tells more.
    await client.query('rollback').catch(() => undefined)
    throw error
  }
  // Fresh rows are marked as seen by all now, lest the first reads or a background vacuum pay for it.
  onProgress?.('vacuum', of - 1, of)
  await client.query(`vacuum ${tables}`)
  onProgress?.('ready', of, of)
}

/** Whether the database holds the videos example in this size. */
export async function isSeeded(client: ClientBase, size: VideosSize): Promise<boolean> {
  return (await seededSize(client)) === size
}

async function seededSize(client: ClientBase): Promise<string | undefined> {
  const { rows: found } = await client.query("select to_regclass('colonnade.demo') is not null as there")
  if (!found[0]?.there) return undefined
  const { rows } = await client.query<{ size: string }>("select size from colonnade.demo where name = 'videos'")
  return rows[0]?.size
}

// Whatever the role and the database are set to, the rows come out the same, and without the cost of compiling.
const settings = `
  set local search_path = public;
  set local timezone = 'UTC';
  set local jit = off;
  set local statement_timeout = 0;
  set local work_mem = '64MB';
  set local maintenance_work_mem = '256MB'`

const marker = `
  create schema if not exists colonnade;
  create table if not exists colonnade.demo (name text primary key, size text not null);
  comment on table colonnade.demo is 'Which example data this database holds, and how much of it.'`

// Temporary functions outlive their transaction, and a pooled connection outlives the seeding.
const dropFunctions = `
  drop function pg_temp.somebody, pg_temp.joined, pg_temp.later, pg_temp.skewed, pg_temp.at, pg_temp.roll`

/** Puts numbers where the SQL says `:users`, but not where it casts with `::int`. */
function fillIn(sql: string, numbers: Readonly<Record<string, number>>): string {
  return sql.replace(/(?<!:):([a-z_]+)\b/g, (whole, name: string) => String(numbers[name] ?? whole))
}
