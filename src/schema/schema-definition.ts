// The value that `colonnade pull` writes: the tables, columns and relationships that an API may speak of.

/** `'int8'`, `'text null'`, `'timestamptz default'`, `'text[] null default'`, `'numeric generated'`; an enum spells its labels. */
export type ColumnDefinition = string | EnumDefinition
export interface EnumDefinition {
  readonly enum: readonly string[]
  readonly array?: true
  readonly null?: true
  readonly default?: true
  /** Computed by the database: never written. */
  readonly generated?: true
}

/** `by` names the foreign key's columns (one, or a list where the key is composite), on the table that holds them. */
export type RelationshipDefinition =
  | { readonly belongsTo: string; readonly by: string | readonly string[] }
  | { readonly hasOne: string; readonly by: string | readonly string[] }
  | { readonly hasMany: string; readonly by: string | readonly string[] }
  /** `by`: the column(s) of `through` that point to this table, then those that point to the target. */
  | {
      readonly manyToMany: string
      readonly through: string
      readonly by: readonly [string | readonly string[], string | readonly string[]]
    }

export interface TableDefinition {
  /** Where the table is called otherwise than its entry, or stands in another schema than `public`. */
  readonly table?: { readonly schema?: string; readonly name?: string }
  /** The key's column or columns; left out for a table or view without one. */
  readonly key?: string | readonly string[]
  readonly columns: Readonly<Record<string, ColumnDefinition>>
  readonly relationships?: Readonly<Record<string, RelationshipDefinition>>
}

/** By the name that the API uses: `videos`, or `sales.orders` for a table outside `public`. */
export type SchemaDefinition = Readonly<Record<string, TableDefinition>>
