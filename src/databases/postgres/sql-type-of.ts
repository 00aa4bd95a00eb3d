// How PostgreSQL names the type of a column, for casts of parameters.
import type { SqlTypeOf } from '../../schema/bind-table.ts'

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`

/** `int4` and `int4[]`; `"public"."video_state"` for a type of the user. Domains are cast to their base type. */
export const sqlTypeOf: SqlTypeOf = column => {
  const name =
    column.typeSchema === 'pg_catalog' ? quote(column.type) : `${quote(column.typeSchema)}.${quote(column.type)}`
  return column.isArray ? { sqlType: `${name}[]`, sqlListType: null } : { sqlType: name, sqlListType: `${name}[]` }
}
