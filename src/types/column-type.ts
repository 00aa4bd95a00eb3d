// What is known of a column type: how a value is read, shown and described, and which operators it takes.

/** Which operators a type takes: `equal` eq ne in nin; `ordered` those and lt lte gt gte; `text` those and contains …; `array` and `json` has any all; `none` only null. */
export type OperatorFamily = 'equal' | 'ordered' | 'text' | 'array' | 'json' | 'none'

/** How a value that stands in a JSON body is read, to be written. */
export interface JsonInput {
  /**
   * The text that PostgreSQL reads as this JSON value; undefined where it is no value of the type, and for null, which is the column's to allow.
   * Never a text that PostgreSQL would refuse, but for `unknown` and `tsvector`, whose texts only the database can judge.
   */
  readonly fromJson: (value: unknown) => string | undefined
  /** What is accepted, in words that follow "It must be": `a whole number from 0 to 5`. */
  readonly accepts: string
  /** JSON Schema (2020-12) of what is accepted; null is added by the column. */
  readonly jsonSchema: Readonly<Record<string, unknown>>
}

export interface ColumnType {
  /** The word for it in definitions, `int4`, which is also its name in `pg_type`. */
  readonly name: string
  readonly family: OperatorFamily
  /** Whether sum and avg are defined; `exact` types answer them as strings. */
  readonly number: 'exact' | 'float' | null
  /** Whether min and max are defined and rows can be sorted by it. */
  readonly sortable: boolean
  /**
   * The text that PostgreSQL reads as this value, canonical where two spellings mean one value; undefined where it is no value of the type.
   * Never a text that PostgreSQL would refuse: a value that passes here cannot make a statement fail.
   * @param value from a URL (text), a JSON body or a claim (text, number or boolean)
   */
  readonly parse: (value: string | number | boolean) => string | undefined
  /** What is accepted, in words for an error: `a whole number from -2147483648 to 2147483647`. */
  readonly accepts: string
  /** From the text that the database sends (UTC, ISO dates, hex bytea) to JSON text: `"2015-08-05T13:56:05.123Z"`. */
  readonly toJson: (text: string) => string
  /**
   * How `toJson` can be done on the bytes, without making strings: `bare` copies them, `quoted` puts them between quotes, `escaped` makes a JSON string
   * of them; `boolean`, `float` and `instant` know those types. Absent where only `toJson` knows.
   */
  readonly bytes?: 'bare' | 'quoted' | 'escaped' | 'boolean' | 'float' | 'instant' | undefined
  /** JSON Schema (2020-12) of the value in a body; null is added by the column. */
  readonly jsonSchema: Readonly<Record<string, unknown>>
  /** Absent where a value in a body is a JSON string that `parse` takes: see `inputOf`. */
  readonly input?: JsonInput
}
