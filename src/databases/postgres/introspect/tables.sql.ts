// The tables and views that the login may select, without partitions and without what belongs to an extension.

/** `$1`: the schemas, or null for all that are a user's own. */
export const tablesSql = `
select c.oid::int8::text as id, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
  d.description as comment,
  exists (
    select from pg_catalog.pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker' and o.option_value::bool
  ) as security_invoker,
  c.relkind in ('r', 'p') and not row_security_active(c.oid)
    and not exists (
      select from pg_catalog.pg_partition_tree(c.oid) t join pg_catalog.pg_class p on p.oid = t.relid where p.relkind = 'f'
    ) as only_rows,
  has_any_column_privilege(c.oid, 'update') as may_lock,
  c.relkind not in ('r', 'p') or exists (
    select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 4 <> 0
  ) as more_on_insert,
  c.relkind not in ('r', 'p') or exists (
    select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 16 <> 0
  ) as more_on_update
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and not c.relispartition
  and c.relpersistence <> 't'
  and case when $1::text[] is null
        then n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'colonnade')
        else n.nspname = any ($1::text[])
      end
  and has_schema_privilege(n.oid, 'usage')
  and has_table_privilege(c.oid, 'select')
  -- PostGIS, pg_stat_statements and the like bring tables that are nobody's data.
  and not exists (
    select from pg_catalog.pg_depend e
    where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
  )
order by n.nspname, c.relname`

export interface TableRow {
  readonly id: string
  readonly schema: string
  readonly name: string
  /** `r` table, `p` partitioned, `v` view, `m` materialised view, `f` foreign table. */
  readonly kind: string
  readonly comment: string | null
  readonly security_invoker: boolean
  readonly only_rows: boolean
  readonly may_lock: boolean
  readonly more_on_insert: boolean
  readonly more_on_update: boolean
}
