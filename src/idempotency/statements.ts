// The SQL of kept answers, one function a statement.
import type { Statement } from '../databases/database.ts'
import type { Attempt } from './identify-attempt.ts'
import type { KeptAnswer } from './kept-answer.ts'

export function findTable(): Statement {
  return statement('', "select 1 where to_regclass('colonnade.kept_answers') is not null", [])
}

export function createTable(): Statement {
  // Lock first: two processes that create the same schema at once would both fail. The lock is that of the settings, which create it too.
  const text = `do $$ begin
    perform pg_advisory_xact_lock(hashtext('colonnade.settings'));
    create schema if not exists colonnade;
    create table if not exists colonnade.kept_answers (
      key text primary key, request text not null, rights text not null,
      status int not null, headers text not null, body bytea not null, kept_at timestamptz not null default now());
    create index if not exists kept_answers_kept_at on colonnade.kept_answers (kept_at);
  end $$`
  return statement('', text, [])
}

/** True where the key is ours until the transaction ends; who finds it taken does not wait. */
export function lockKey(key: string): Statement {
  const number = Buffer.from(key, 'hex').readBigInt64BE(0)
  return statement('colonnade_lock_key', 'select pg_try_advisory_xact_lock($1::bigint)', [String(number)])
}

/** A statement of its own: it has to see what was committed before the lock was ours. */
export function findAnswer(key: string, seconds: string): Statement {
  const text = `select request, rights, status, headers, encode(body, 'base64') from colonnade.kept_answers
    where key = $1 and kept_at > now() - $2::float8 * interval '1 second'`
  return statement('colonnade_find_answer', text, [key, seconds])
}

/** An answer whose time is over makes room. */
export function keepAnswer({ key, body, rights }: Attempt, answer: KeptAnswer): Statement {
  const text = `insert into colonnade.kept_answers (key, request, rights, status, headers, body)
    values ($1, $2, $3, $4::int, $5, decode($6, 'base64'))
    on conflict (key) do update set request = excluded.request, rights = excluded.rights, status = excluded.status,
      headers = excluded.headers, body = excluded.body, kept_at = excluded.kept_at`
  const bytes = Buffer.from(answer.body, 'latin1').toString('base64')
  const values = [key, body, rights, String(answer.status), JSON.stringify(answer.headers), bytes]
  return statement('colonnade_keep_answer', text, values)
}

/** Rows that another request sweeps are left to it. */
export function sweepAnswers(seconds: string, max: number): Statement {
  const text = `delete from colonnade.kept_answers where key = any (array(
      select key from colonnade.kept_answers where kept_at <= now() - $1::float8 * interval '1 second'
      order by kept_at limit $2::int for update skip locked)) returning 1`
  return statement('colonnade_sweep_answers', text, [seconds, String(max)])
}

function statement(name: string, text: string, values: readonly string[]): Statement {
  return { name, text, values }
}
