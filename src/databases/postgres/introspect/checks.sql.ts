// The check constraints of given tables, and of the domains that their columns have.

/**
 * `$1`: the ids of the tables. One that is not validated binds new rows all the same; one that is not enforced (PostgreSQL 18) binds none, which
 * `to_jsonb` reads on older servers too. Of an array of a domain the elements are bound, which is left to the database.
 */
export const checksSql = `
with recursive domains (table_id, number, domain_id) as (
  select a.attrelid, a.attnum, t.oid
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_type t on t.oid = a.atttypid
  where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped and t.typtype = 'd'
  union all
  select d.table_id, d.number, b.oid
  from domains d
  join pg_catalog.pg_type t on t.oid = d.domain_id
  join pg_catalog.pg_type b on b.oid = t.typbasetype and b.typtype = 'd'
), bound (table_id, name, expression, numbers, rank) as (
  select c.conrelid, c.conname, pg_get_expr(c.conbin, c.conrelid), c.conkey, 0
  from pg_catalog.pg_constraint c
  where c.conrelid = any ($1::oid[]) and c.contype = 'c' and coalesce((to_jsonb(c) ->> 'conenforced')::bool, true)
  union all
  select d.table_id, c.conname, pg_get_expr(c.conbin, 0), array[d.number], d.number
  from domains d
  join pg_catalog.pg_constraint c on c.contypid = d.domain_id and c.contype = 'c'
  where coalesce((to_jsonb(c) ->> 'conenforced')::bool, true)
)
select b.table_id::int8::text as table_id, b.name::text as name, b.expression,
  array(
    select a.attname::text from unnest(b.numbers) with ordinality k (number, position)
    join pg_catalog.pg_attribute a on a.attrelid = b.table_id and a.attnum = k.number order by k.position
  ) as columns
from bound b
order by b.table_id, b.rank, b.name`

export interface CheckRow {
  readonly table_id: string
  readonly name: string
  readonly expression: string
  readonly columns: readonly string[]
}
