// The foreign keys of given tables, with the names of both sides' columns in the same order.

/**
 * `$1`: the ids of the tables. Keys with a parent are PostgreSQL's own copies, one for each partition that is referred to.
 * A temporal key (PERIOD, PostgreSQL 18) is left out, for it matches by overlap, and a join by equality would be wrong.
 */
export const foreignKeysSql = `
select f.conrelid::int8::text as table_id, f.conname::text as name, f.confdeltype::text as on_delete,
  n.nspname::text as target_schema, c.relname::text as target_name,
  array(
    select a.attname::text from unnest(f.conkey) with ordinality k (number, position)
    join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number order by k.position
  ) as columns,
  array(
    select a.attname::text from unnest(f.confkey) with ordinality k (number, position)
    join pg_catalog.pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number order by k.position
  ) as references
from pg_catalog.pg_constraint f
join pg_catalog.pg_class c on c.oid = f.confrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where f.conrelid = any ($1::oid[]) and f.contype = 'f' and f.conparentid = 0
  and not coalesce((to_jsonb(f) ->> 'conperiod')::bool, false)
order by f.conrelid, f.conname`

export interface ForeignKeyRow {
  readonly table_id: string
  readonly name: string
  /** `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default. */
  readonly on_delete: string
  readonly target_schema: string
  readonly target_name: string
  readonly columns: readonly string[]
  readonly references: readonly string[]
}
