// The SQL of used nonces, one function a statement.
import type { Statement } from '../../databases/database.ts'

export function findTable(): Statement {
  return { name: '', text: "select 1 where to_regclass('colonnade.used_nonces') is not null", values: [] }
}

export function createTable(): Statement {
  // Lock first: two processes that create the same schema at once would both fail. The lock is that of the settings, which create it too.
  const text = `do $$ begin
    perform pg_advisory_xact_lock(hashtext('colonnade.settings'));
    create schema if not exists colonnade;
    create table if not exists colonnade.used_nonces (digest text primary key, forget_at timestamptz not null);
    create index if not exists used_nonces_forget_at on colonnade.used_nonces (forget_at);
  end $$`
  return { name: '', text, values: [] }
}

/** A row for the first use alone: who comes at the same time waits for its commit, and gets none. */
export function useNonce(digest: string, seconds: number): Statement {
  const text = `insert into colonnade.used_nonces (digest, forget_at)
    values ($1, now() + $2::float8 * interval '1 second') on conflict do nothing returning 1`
  return { name: 'colonnade_use_nonce', text, values: [digest, String(seconds)] }
}

/** Rows that another request sweeps are left to it. */
export function sweepNonces(max: number): Statement {
  const text = `delete from colonnade.used_nonces where digest = any (array(
      select digest from colonnade.used_nonces where forget_at <= now() order by forget_at limit $1::int
      for update skip locked)) returning 1`
  return { name: 'colonnade_sweep_nonces', text, values: [String(max)] }
}
