// The types that the columns of given tables use, and those that they are made of: bases of domains, elements of arrays.

/** `$1`: the ids of the tables. */
export const typesSql = `
with recursive used (id) as (
  select a.atttypid from pg_catalog.pg_attribute a
  where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped
  union
  select case t.typtype when 'd' then t.typbasetype else t.typelem end
  from used join pg_catalog.pg_type t on t.oid = used.id
  where t.typtype = 'd' or t.typelem <> 0
)
select t.oid::int8::text as id, n.nspname::text as schema, t.typname::text as name, t.typtype::text as kind,
  case when t.typtype = 'd' then t.typbasetype::int8::text end as base_id, t.typtypmod as modifier,
  -- point and int2vector have elements too, but are no arrays: their element does not call them its array.
  -- Nor is what separates its elements by another sign than a comma, as box does.
  case when e.typarray = t.oid and e.typdelim = ',' then t.typelem::int8::text end as element_id,
  t.typnotnull as not_null, t.typdefault is not null as has_default,
  case when t.typtype = 'e' then array(
    select l.enumlabel::text from pg_catalog.pg_enum l where l.enumtypid = t.oid order by l.enumsortorder
  ) end as labels
from used
join pg_catalog.pg_type t on t.oid = used.id
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_type e on e.oid = t.typelem`

export interface TypeRow {
  readonly id: string
  readonly schema: string
  readonly name: string
  /** `b` base, `c` composite, `d` domain, `e` enum, `p` pseudo, `r` range, `m` multirange. */
  readonly kind: string
  /** What a domain is made of. */
  readonly base_id: string | null
  /** A domain's own modifier, of `create domain code as varchar(3)`. */
  readonly modifier: number
  /** What an array holds. */
  readonly element_id: string | null
  readonly not_null: boolean
  readonly has_default: boolean
  readonly labels: readonly string[] | null
}
