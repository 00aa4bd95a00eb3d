// Keeps the secret that signs cursors in the database, so that all processes share it and it outlives them.
import { randomBytes } from 'node:crypto'
import { codeOf } from './to-api-error.ts'

type Query = (text: string, values?: string[]) => Promise<{ readonly rows: readonly { readonly value: string }[] }>

/** The first process to come makes the secret; all others take that one. A login that may not write has one for as long as the process lives. */
export async function cursorSecret(query: Query): Promise<string> {
  const made = randomBytes(32).toString('base64url')
  try {
    return (await keepSecret(query, made)) ?? made
  } catch (error) {
    if (codeOf(error) === '42501' || codeOf(error) === '25006') return made
    throw error
  }
}

async function keepSecret(query: Query, made: string): Promise<string | undefined> {
  const find = "select value from colonnade.settings where name = 'cursor_secret'"
  const there = await query("select 'x' as value where to_regclass('colonnade.settings') is not null")
  if (there.rows.length === 0) {
    // Lock first: two processes that create the same schema at once would both fail.
    await query(
      "do $$ begin perform pg_advisory_xact_lock(hashtext('colonnade.settings')); create schema if not exists colonnade; create table if not exists colonnade.settings (name text primary key, value text not null); end $$",
    )
  }
  const known = (await query(find)).rows[0]?.value
  if (known !== undefined) return known
  await query("insert into colonnade.settings values ('cursor_secret', $1) on conflict do nothing", [made])
  return (await query(find)).rows[0]?.value
}
