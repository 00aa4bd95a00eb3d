// The words for columns in a schema, `'text null'`: what each is in JSON, in a handler and in a filter.
import type { OperatorFamily } from '../types/column-type.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** `search`: nothing but full text. */
export type Family = OperatorFamily | 'search'
interface Type<Json, Value = Json, Operand = Json, F extends Family = 'ordered'> {
  readonly json: Json
  readonly value: Value
  readonly operand: Operand
  readonly family: F
}
/** Text as PostgreSQL writes it, never compared. */
type Shown = Type<string, string, string, 'none'>
type Digits = string | number

/** One row a type, as in `src/types`. `int8` and `numeric` are strings, so that no digit is lost. */
export interface ColumnTypes {
  bool: Type<boolean, boolean, boolean, 'equal'>
  int2: Type<number>
  int4: Type<number>
  int8: Type<string, string, Digits>
  numeric: Type<string, string, Digits>
  float4: Type<number>
  float8: Type<number>
  text: Type<string, string, string, 'text'>
  varchar: Type<string, string, string, 'text'>
  bpchar: Type<string, string, string, 'text'>
  citext: Type<string, string, string, 'text'>
  name: Type<string, string, string, 'text'>
  uuid: Type<string>
  date: Type<string, string, string | Date>
  time: Type<string>
  timetz: Type<string>
  timestamp: Type<string, Date, string | Date>
  timestamptz: Type<string, Date, string | Date>
  interval: Type<string>
  bytea: Type<string, Uint8Array, string, 'equal'>
  inet: Type<string>
  cidr: Type<string>
  macaddr: Type<string, string, string, 'equal'>
  point: Type<{ x: number; y: number }, { x: number; y: number }, string, 'none'>
  json: Type<Json, unknown, never, 'none'>
  jsonb: Type<Json, unknown, string | number | boolean, 'json'>
  tsvector: Type<string, string, string, 'search'>
  int4range: Shown
  int8range: Shown
  numrange: Shown
  tsrange: Shown
  tstzrange: Shown
  daterange: Shown
  int4multirange: Shown
  int8multirange: Shown
  nummultirange: Shown
  tsmultirange: Shown
  tstzmultirange: Shown
  datemultirange: Shown
  unknown: Shown
}
export type TypeWord = keyof ColumnTypes

interface Word<Json, Value, Operand, F, Null, Default> {
  readonly json: Json
  readonly value: Value
  readonly operand: Operand
  readonly family: F
  readonly null: Null
  readonly default: Default
}
type One<B extends TypeWord, Null, Default> = Word<
  ColumnTypes[B]['json'] | Null,
  ColumnTypes[B]['value'] | Null,
  ColumnTypes[B]['operand'],
  ColumnTypes[B]['family'],
  Null,
  Default
>
type List<B extends TypeWord, Null, Default> = Word<
  ColumnTypes[B]['json'][] | Null,
  ColumnTypes[B]['value'][] | Null,
  ColumnTypes[B]['operand'],
  ColumnTypes[B]['family'] extends 'none' | 'search' ? 'none' : 'array',
  Null,
  Default
>
type PlainWords = { [B in TypeWord]: One<B, never, false> }
type NullWords = { [B in TypeWord as `${B} null`]: One<B, null, true> }
type DefaultWords = { [B in TypeWord as `${B} default`]: One<B, never, true> }
type NullDefaultWords = { [B in TypeWord as `${B} null default`]: One<B, null, true> }
type GeneratedWords = { [B in TypeWord as `${B} generated`]: One<B, null, 'generated'> }
type ListWords = { [B in TypeWord as `${B}[]`]: List<B, never, false> }
type NullListWords = { [B in TypeWord as `${B}[] null`]: List<B, null, true> }
type DefaultListWords = { [B in TypeWord as `${B}[] default`]: List<B, never, true> }
type NullDefaultListWords = { [B in TypeWord as `${B}[] null default`]: List<B, null, true> }
type GeneratedListWords = { [B in TypeWord as `${B}[] generated`]: List<B, null, 'generated'> }

/** A finite dictionary, so that no text is parsed in types: `int8`, `text null`, `timestamptz default`, `text[] null default`, `numeric generated`. */
export interface ColumnWords
  extends PlainWords,
    NullWords,
    DefaultWords,
    NullDefaultWords,
    GeneratedWords,
    ListWords,
    NullListWords,
    DefaultListWords,
    NullDefaultListWords,
    GeneratedListWords {}

/** Everything that is known of a column. A type that is not in the dictionary, of an extension say, is text that cannot be compared. */
export type Facts<C> = C extends keyof ColumnWords
  ? ColumnWords[C]
  : C extends { readonly enum: readonly (infer Label)[] }
    ? C extends { readonly array: true }
      ? Word<Label[] | NullOf<C>, Label[] | NullOf<C>, Label, 'array', NullOf<C>, DefaultOf<C>>
      : Word<Label | NullOf<C>, Label | NullOf<C>, Label, 'ordered', NullOf<C>, DefaultOf<C>>
    : C extends string
      ? C extends `${string} ${'null' | 'generated'}${string}`
        ? Word<string | null, string | null, string, 'none', null, C extends `${string} generated` ? 'generated' : true>
        : Word<string, string, string, 'none', never, C extends `${string} default` ? true : false>
      : never
type NullOf<C> = C extends { readonly null: true } | { readonly generated: true } ? null : never
type DefaultOf<C> = C extends { readonly generated: true }
  ? 'generated'
  : C extends { readonly null: true } | { readonly default: true }
    ? true
    : false

/** What a column is in an answer. */
export type JsonOf<C> = Facts<C> extends { readonly json: infer J } ? J : never
/** What a column is for a handler, as the database driver gives it. */
export type ValueOf<C> = Facts<C> extends { readonly value: infer V } ? V : never
