// Primary keys, unique constraints and unique indexes of given tables, whichever way they were made.

/**
 * `$1`: the ids of the tables. An index that is partial, over an expression or still being built promises nothing about all rows.
 * `to_jsonb` reads a column that only newer servers have (NULLS NOT DISTINCT is of PostgreSQL 15).
 */
export const uniquesSql = `
select i.indrelid::int8::text as table_id, c.relname::text as name, i.indisprimary as primary,
  coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false) as nulls_not_distinct,
  array(
    select a.attname::text
    from unnest(i.indkey::int2[]) with ordinality k (number, position)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
    -- Behind the key stand the columns of INCLUDE.
    where k.position <= i.indnkeyatts
    order by k.position
  ) as columns
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indrelid = any ($1::oid[]) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
order by i.indrelid, c.relname`

export interface UniqueRow {
  readonly table_id: string
  readonly name: string
  readonly primary: boolean
  readonly nulls_not_distinct: boolean
  readonly columns: readonly string[]
}
