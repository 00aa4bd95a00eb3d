// Follows a column's type through domains and arrays down to what its values are.
import type { ColumnInfo, TableName } from '../../../schema/database-schema.ts'
import type { TypeRow } from './types.sql.ts'

type TypeFacts = Pick<
  ColumnInfo,
  'type' | 'typeSchema' | 'typeKind' | 'isArray' | 'enum' | 'domain' | 'maxLength' | 'precision' | 'scale'
>

export interface ResolvedType extends TypeFacts {
  /** Whether a domain on the way refuses nulls. */
  readonly notNull: boolean
  /** Whether a domain on the way has a default. */
  readonly hasDefault: boolean
}

const kinds: Readonly<Record<string, ColumnInfo['typeKind']>> = {
  c: 'composite',
  e: 'enum',
  r: 'range',
  m: 'multirange',
}

/**
 * @param types by id
 * @param modifier the column's own, -1 for none; that of a domain counts where the column has none
 */
export const resolveType = (types: ReadonlyMap<string, TypeRow>, id: string, modifier: number): ResolvedType => {
  const outer = descend(types, id, modifier)
  const elementId = outer.type?.element_id ?? null
  const inner = elementId === null ? outer : descend(types, elementId, outer.modifier)
  // An array of a domain over an array: no word of ours describes its values, so it keeps the name of the whole.
  const nested = inner !== outer && inner.type?.element_id != null
  const type = nested ? outer.type : inner.type
  return {
    type: type?.name ?? 'unknown',
    typeSchema: type?.schema ?? 'pg_catalog',
    typeKind: kinds[type?.kind ?? ''] ?? 'base',
    isArray: elementId !== null && !nested,
    enum: type?.labels ?? null,
    domain: outer.domain ?? inner.domain,
    notNull: outer.notNull,
    hasDefault: outer.hasDefault,
    ...readModifier(type, inner.modifier),
  }
}

interface Descent {
  /** Undefined only where the type was dropped between two of our statements. */
  readonly type: TypeRow | undefined
  readonly modifier: number
  /** The outermost domain. */
  readonly domain: TableName | null
  readonly notNull: boolean
  readonly hasDefault: boolean
}

const descend = (types: ReadonlyMap<string, TypeRow>, id: string, modifier: number): Descent => {
  const type = types.get(id)
  if (!type || type.base_id === null) return { type, modifier, domain: null, notNull: false, hasDefault: false }
  const base = descend(types, type.base_id, modifier === -1 ? type.modifier : modifier)
  return {
    ...base,
    domain: { schema: type.schema, name: type.name },
    notNull: type.not_null || base.notNull,
    hasDefault: type.has_default || base.hasDefault,
  }
}

/** Unpacks `varchar(10)` and `numeric(10, 2)` as PostgreSQL packs them: 4 more than the length, or 16 bits of each, the scale signed in 11. */
const readModifier = (
  type: TypeRow | undefined,
  modifier: number,
): Pick<ColumnInfo, 'maxLength' | 'precision' | 'scale'> => {
  const none = { maxLength: null, precision: null, scale: null }
  if (!type || modifier < 4 || type.schema !== 'pg_catalog') return none
  const packed = modifier - 4
  if (type.name === 'varchar' || type.name === 'bpchar') return { ...none, maxLength: packed }
  if (type.name !== 'numeric') return none
  return { ...none, precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 0x400) - 0x400 }
}
