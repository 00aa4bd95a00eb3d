// The columns of given tables, each with the id of its type, which `types.sql.ts` explains.

/** `$1`: the ids of the tables. */
export const columnsSql = `
select a.attrelid::int8::text as table_id, a.attname::text as name,
  a.atttypid::int8::text as type_id, a.atttypmod as modifier,
  -- From PostgreSQL 18 on, a not-null constraint that was never validated sets attnotnull too, though nulls may stand there.
  a.attnotnull and not exists (
    select from pg_catalog.pg_constraint u
    where u.conrelid = a.attrelid and u.contype = 'n' and not u.convalidated and a.attnum = any (u.conkey)
  ) as not_null,
  a.atthasdef and a.attgenerated = '' as has_default,
  a.attgenerated::text as generated, a.attidentity::text as identity,
  coalesce(l.collisdeterministic, true) as deterministic,
  d.description as comment
from pg_catalog.pg_attribute a
left join pg_catalog.pg_collation l on l.oid = a.attcollation
left join pg_catalog.pg_description d
  on d.objoid = a.attrelid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = a.attnum
where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum`

export interface ColumnRow {
  readonly table_id: string
  readonly name: string
  readonly type_id: string
  /** `atttypmod`: the 10 of `varchar(10)`, packed; -1 for none. */
  readonly modifier: number
  readonly not_null: boolean
  readonly has_default: boolean
  /** `s` stored, `v` virtual, else empty. */
  readonly generated: string
  /** `a` always, `d` by default, else empty. */
  readonly identity: string
  readonly deterministic: boolean
  readonly comment: string | null
}
