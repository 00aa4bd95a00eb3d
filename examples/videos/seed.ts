// Fills an empty PostgreSQL database with the videos example, in one of three sizes, the same rows every time.
import type { ClientBase } from 'pg'
import { type ExampleData, fillDatabase, findSize, type OnProgress } from '../fill-database.ts'

export type VideosSize = keyof typeof sizes

export interface SeedOptions {
  /** `tiny` is for tests (under a second), `small` for a demo (seconds), `large` for load (under a minute). */
  readonly size: VideosSize
  /** Told before each step, and once more with `done` equal to `of` when everything is in place. */
  readonly onProgress?: OnProgress
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

const example: ExampleData = {
  name: 'videos',
  folder: new URL('.', import.meta.url),
  // Videos come after the comments and likes that they count, and users after everything.
  steps: [
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
  ],
  tables: [
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
  ],
  sizes: Object.fromEntries(Object.entries(sizes).map(([size, counts]) => [size, { ...counts, span }])),
  temporaryFunctions: ['somebody', 'joined', 'later', 'skewed', 'at', 'roll'],
}

/**
 * Creates the tables in the schema `public` and fills them, in one transaction: all of it is there afterwards, or nothing.
 * Does nothing when the database holds this size already. The client must not be in a transaction.
 *
 * @throws when the database holds another size, or tables of the same names; nothing is ever dropped.
 * @example
 * await seedVideos(client, { size: 'small', onProgress: (step, done, of) => console.log(`${done}/${of} ${step}`) })
 */
export async function seedVideos(client: ClientBase, options: SeedOptions): Promise<void> {
  await fillDatabase(client, example, options)
}

/** Whether the database holds the videos example in this size. */
export async function isSeeded(client: ClientBase, size: VideosSize): Promise<boolean> {
  return (await findSize(client, example.name)) === size
}
