// The SQL of registered clients and of revoked tokens, one function a statement.
import type { Statement } from '../databases/database.ts'

export type IdentityTable = 'clients' | 'client_keys' | 'revoked_tokens'

/** A row for each of the tables that is there: whether this login may read it. Asks the catalogue, which everybody may. */
export function findTables(names: readonly IdentityTable[]): Statement {
  const text = `select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'colonnade' and c.relname = any ($1::text[])`
  return { name: '', text, values: [names] }
}

// Lock first: two processes that create the same schema at once would both fail. The lock is that of the settings, which create it too.
// The triggers tell every process of a change, whoever makes it, psql too; that a key was used is no change.
const begin = `do $do$ begin
  perform pg_advisory_xact_lock(hashtext('colonnade.settings'));
  create schema if not exists colonnade;
  if to_regprocedure('colonnade.tell()') is null then
    create function colonnade.tell() returns trigger language plpgsql as
      $tell$ begin perform pg_notify('colonnade', tg_argv[0]); return null; end $tell$;
  end if;`

const tell = (table: IdentityTable, word: string, columns: string) =>
  `create or replace trigger tell after insert or delete or truncate or update of ${columns} on colonnade.${table}
    for each statement execute function colonnade.tell('${word}');`

export function createClientTables(): Statement {
  const text = `${begin}
  create table if not exists colonnade.clients (
    name text primary key, claims jsonb not null, created_at timestamptz not null default now(), revoked_at timestamptz);
  alter table colonnade.clients add column if not exists signed_only boolean not null default false;
  create table if not exists colonnade.client_keys (
    id text primary key, client text not null references colonnade.clients on update cascade on delete cascade, hash bytea not null,
    created_at timestamptz not null default now(), expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz);
  create index if not exists client_keys_client on colonnade.client_keys (client);
  ${tell('clients', 'clients', 'name, claims, revoked_at, signed_only')}
  ${tell('client_keys', 'clients', 'id, client, hash, expires_at, revoked_at')}
  end $do$`
  return { name: '', text, values: [] }
}

export function createRevokedTable(): Statement {
  const text = `${begin}
  create table if not exists colonnade.revoked_tokens (
    id bigint generated always as identity primary key, issuer text, jti text, subject text, issued_until timestamptz,
    revoked_at timestamptz not null default now(), forget_at timestamptz not null,
    check ((jti is null) <> (subject is null)), check ((subject is null) = (issued_until is null)));
  create index if not exists revoked_tokens_jti on colonnade.revoked_tokens (jti) where jti is not null;
  create index if not exists revoked_tokens_subject on colonnade.revoked_tokens (subject) where subject is not null;
  ${tell('revoked_tokens', 'revoked', 'issuer, jti, subject, issued_until, forget_at')}
  end $do$`
  return { name: '', text, values: [] }
}

/** One row or none: client, claims, digest in hex, end in seconds since 1970, whether it is revoked. */
export function findKey(id: string): Statement {
  const text = `select c.name, c.claims::text, encode(k.hash, 'hex'), extract(epoch from k.expires_at)::text,
      k.revoked_at is not null or c.revoked_at is not null
    from colonnade.client_keys k join colonnade.clients c on c.name = k.client where k.id = $1`
  return { name: 'colonnade_find_client_key', text, values: [id] }
}

/** Another process may have written it within the minute. */
export function noteUses(ids: readonly string[]): Statement {
  const text = `update colonnade.client_keys set last_used_at = now()
    where id = any ($1::text[]) and (last_used_at is null or last_used_at <= now() - interval '1 minute')`
  return { name: 'colonnade_note_client_keys', text, values: [ids] }
}

/** Issuer, jti, subject, and the last second of issue that is revoked. */
export function listRevoked(): Statement {
  const text = `select issuer, jti, subject, floor(extract(epoch from issued_until))::text
    from colonnade.revoked_tokens where forget_at > now()`
  return { name: '', text, values: [] }
}

/** A row where the table is of this release: one that was made before lacks a column. */
export function findSignedOnly(): Statement {
  const text = `select 1 from pg_attribute
    where attrelid = to_regclass('colonnade.clients') and attname = 'signed_only' and not attisdropped`
  return { name: '', text, values: [] }
}

// Of a table that was made before there was the column, nobody is.
const signedOnly = `coalesce((to_jsonb(c) ->> 'signed_only')::boolean, false)`

/** The names of those who are accepted with a signature only. */
export function listSigning(): Statement {
  return { name: '', text: `select c.name from colonnade.clients c where ${signedOnly}`, values: [] }
}

export function setSignedOnly(name: string, isOnly: boolean): Statement {
  const text = 'update colonnade.clients set signed_only = $2::text::boolean where name = $1 returning 1'
  return { name: '', text, values: [name, String(isOnly)] }
}

export function addClient(name: string, claims: string, isSignedOnly: boolean): Statement {
  const text = `insert into colonnade.clients (name, claims, signed_only) values ($1, $2::jsonb, $3::text::boolean)
    on conflict do nothing returning 1`
  return { name: '', text, values: [name, claims, String(isSignedOnly)] }
}

/** @param hours until it ends; null for never */
export function addKey(client: string, id: string, hash: string, hours: string | null): Statement {
  const text = `insert into colonnade.client_keys (client, id, hash, expires_at)
    values ($1, $2, decode($3, 'hex'), now() + $4::float8 * interval '1 hour') returning ${iso('expires_at')}`
  return { name: '', text, values: [client, id, hash, hours] }
}

/** The client with its name, while no other rotation of it is under way: whether it is revoked. */
export function lockClient(name: string): Statement {
  return {
    name: '',
    text: 'select revoked_at is not null from colonnade.clients where name = $1 for update',
    values: [name],
  }
}

/** Of the keys that hold, the newest goes on for some hours; those before it end now. */
export function retireKeys(client: string, hours: string): Statement {
  const text = `update colonnade.client_keys k set
      revoked_at = case when k.id <> n.id or $2::float8 <= 0 then now() end,
      expires_at = case when k.id = n.id and $2::float8 > 0 then least(k.expires_at, now() + $2::float8 * interval '1 hour') else k.expires_at end
    from (select id from colonnade.client_keys where client = $1 and revoked_at is null and (expires_at is null or expires_at > now())
      order by created_at desc, id limit 1) n
    where k.client = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
    returning k.id, k.revoked_at is not null, ${iso('k.expires_at')}`
  return { name: '', text, values: [client, hours] }
}

export function revokeClient(name: string): Statement {
  const text = 'update colonnade.clients set revoked_at = coalesce(revoked_at, now()) where name = $1 returning 1'
  return { name: '', text, values: [name] }
}

export function revokeKey(client: string, id: string): Statement {
  const text = `update colonnade.client_keys set revoked_at = coalesce(revoked_at, now())
    where client = $1 and id = $2 returning 1`
  return { name: '', text, values: [client, id] }
}

/** A row for each key, and one for a client that has none. */
export function listClients(): Statement {
  const text = `select c.name, c.claims::text, ${iso('c.created_at')}, ${iso('c.revoked_at')},
      k.id, ${iso('k.created_at')}, ${iso('k.expires_at')}, ${iso('k.revoked_at')}, ${iso('k.last_used_at')}, ${signedOnly}
    from colonnade.clients c left join colonnade.client_keys k on k.client = c.name order by c.name, k.created_at, k.id`
  return { name: '', text, values: [] }
}

/** What is to be forgotten goes. */
export function sweepRevoked(): Statement {
  return { name: '', text: 'delete from colonnade.revoked_tokens where forget_at <= now()', values: [] }
}

/** @param days for which it is remembered: no token lives longer */
export function addRevoked(
  { issuer, jti, subject }: { readonly issuer?: string; readonly jti?: string; readonly subject?: string },
  days: string,
): Statement {
  const text = `insert into colonnade.revoked_tokens (issuer, jti, subject, issued_until, forget_at)
    values ($1, $2, $3, case when $3::text is not null then now() end, now() + $4::float8 * interval '1 day')`
  return { name: '', text, values: [issuer ?? null, jti ?? null, subject ?? null, days] }
}

const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
