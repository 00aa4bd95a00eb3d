// Describes a feature by the videos example on every server, with SQL beside it to say what the data really holds.
import pg from 'pg'
import { afterAll, beforeAll, expect } from 'vitest'
import { type Reply, type RequestOptions, startVideos, type VideosUnderTest } from './api-under-test.ts'
import { describeEachServer } from './databases.ts'

/** `regular` is user 20, `owner` user 18, `admin` user 1. */
export type Role = keyof VideosUnderTest['tokens']

export const roles: readonly Role[] = ['guest', 'regular', 'owner', 'admin']

export interface AskOptions extends Omit<RequestOptions, 'token'> {
  /** A guest unless said otherwise. */
  readonly as?: Role
}

export interface Videos {
  ask(path: string, options?: AskOptions): Promise<Reply>
  /** The `data` of an answer that must be 200. */
  data(path: string, options?: AskOptions): Promise<Row & Row[]>
  /** The ids of a list that must be 200. */
  ids(path: string, options?: AskOptions): Promise<unknown[]>
  /** Rows straight from the database. */
  rows(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** The first column of the rows. */
  column(sql: string, values?: readonly unknown[]): Promise<unknown[]>
  /**
   * Asserts that a list holds exactly the rows that the role sees (`guest_videos`, … below) and that the SQL condition finds:
   * their number, and the first 100 in the order of their ids.
   */
  expectRows(path: string, where: string, as?: Role): Promise<void>
  readonly api: VideosUnderTest
}

// biome-ignore lint/suspicious/noExplicitAny: a row is read by tests of every shape
export type Row = Record<string, any>

/** One `describe` for each server; fails at the end if the server had an error that was its own. */
export function describeVideos(title: string, define: (videos: Videos) => void): void {
  describeEachServer(title, server => {
    let api: VideosUnderTest
    let client: pg.Client
    beforeAll(async () => {
      api = await startVideos(server)
      client = new pg.Client(api.database.url)
      await client.connect()
      for (const role of roles) await client.query(viewsOf(role))
    })
    afterAll(async () => {
      await client.end()
      await api.close()
      expect(api.errors).toEqual([])
    })
    const ask: Videos['ask'] = (path, { as = 'guest', ...options } = {}) =>
      api.get(path, { ...options, token: api.tokens[as] })
    const data: Videos['data'] = async (path, options) => {
      const { status, json, text } = await ask(path, options)
      expect(status, `${path}: ${text.slice(0, 500)}`).toBe(200)
      return json.data
    }
    const rows: Videos['rows'] = async (sql, values) => (await client.query(sql, values ? [...values] : [])).rows
    const column: Videos['column'] = async (sql, values) => (await rows(sql, values)).map(row => Object.values(row)[0])
    define({
      ask,
      data,
      ids: async (path, options) => (await data(path, options)).map(({ id }) => id),
      rows,
      column,
      async expectRows(path, where, as = 'guest') {
        const table = (/^\/([\w-]+)/.exec(path)?.[1] ?? '').replaceAll('-', '_')
        const paged = `${path}${path.includes('?') ? '&' : '?'}per_page=100&sort=id&page[total]=exact`
        const { status, json, text } = await ask(paged, { as })
        expect(status, `${paged}: ${text.slice(0, 500)}`).toBe(200)
        const expected = await column(`select id from ${as}_${table} t where ${where} order by id`)
        expect([json.meta.page.total, json.data.map(({ id }: Row) => id)], path).toEqual([
          expected.length,
          expected.slice(0, 100),
        ])
      },
      get api() {
        return api
      },
    })
  })
}

/**
 * What a role sees of the tables whose rows are not for everybody, written anew in SQL from the words of the policies:
 * a foreign key to a record that the role does not see is null.
 */
function viewsOf(role: Role): string {
  const caller = { guest: 'null', regular: '20', owner: '18', admin: '1' }[role]
  const all = role === 'admin' ? 'true' : 'false'
  const seen = (table: string, key: string) =>
    `(select seen.id from ${role}_${table} seen where seen.id = t.${key}) as ${key}`
  return `
    create temp view ${role}_users as select * from users t where ${all} or (not private and suspended_at is null) or id = ${caller};
    create temp view ${role}_videos as select id, title, description, state, file, thumbnail, views_count, likes_count, comments_count, music_track_id,
      published_at, created_at, updated_at, ${seen('users', 'user_id')} from videos t where ${all} or state = 'published' or user_id = ${caller};
    create temp view ${role}_comments as select id, text, post_id, group_id, created_at, updated_at, ${seen('users', 'user_id')}, ${seen('videos', 'video_id')},
      case when comment_id in (select c.id from comments c left join videos v on v.id = c.video_id where ${all} or c.video_id is null or v.state = 'published' or v.user_id = ${caller} or c.user_id = ${caller}) then comment_id end as comment_id
      from comments t where ${all} or video_id is null or user_id = ${caller} or video_id in (select v.id from videos v where v.state = 'published' or v.user_id = ${caller});
    create temp view ${role}_groups as select id, name, description, ${seen('users', 'user_id')}, created_at, updated_at from groups t;
    create temp view ${role}_posts as select id, title, text, group_id, comments_count, ${seen('users', 'user_id')}, created_at, updated_at from posts t;
    create temp view ${role}_tags as select * from tags`
}
