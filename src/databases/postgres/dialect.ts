// How PostgreSQL spells what a plan asks for. No comparison here can raise on a stored value.
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import type { AggregateName } from '../../aggregates/index.ts'
import type { OperatorName } from '../../operators/index.ts'
import type { Dialect, OperandSql } from '../../plan/dialect.ts'
import { type Parameter, parameter, type Sql, sql } from '../../plan/sql.ts'
import type { FieldValue } from '../../schema/field-value.ts'
import { type ColumnType, isArrayType } from '../../types/index.ts'

/** Binds the same parameter once, however often a statement speaks of it. */
class Compiler extends PostgresQueryCompiler {
  #places = new Map<string, string>()

  override compileQuery(...given: Parameters<PostgresQueryCompiler['compileQuery']>): CompiledQuery {
    this.#places.clear()
    return super.compileQuery(...given)
  }

  protected override appendValue(value: unknown): void {
    const key = JSON.stringify(keyOf(value as Parameter))
    const place = this.#places.get(key)
    if (place === undefined) {
      super.appendValue(value)
      this.#places.set(key, this.getCurrentParameterPlaceholder())
    } else this.append(place)
  }
}

function keyOf(parameter: Parameter): readonly unknown[] {
  if (parameter.kind === 'slot') return [parameter.slot]
  return parameter.kind === 'claim'
    ? [parameter.claim, parameter.type.name, parameter.list]
    : ['caller', parameter.roles]
}

const compiler = new Kysely<Record<string, never>>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: db => new PostgresIntrospector(db),
    createQueryCompiler: () => new Compiler(),
  },
})

export const postgres: Dialect = {
  compare,
  json,
  aggregate,
  spelling,
  groupKey,
  concat,
  id,
  firstOf: (text, limit) => sql`array_to_string((array_agg(${text}))[1:${sql.lit(limit)}], ',')`,
  text: literal => sql.lit(literal) as unknown as Sql,
  cast: parameter,
  nullOf: sqlType => sql`null::${sql.raw(sqlType)}`,
  seconds: time => sql`case when isfinite(${time}) then extract(epoch from date_trunc('second', ${time}))::int8 end`,
  validator: time => sql`concat(max(${time}), '-', count(*))`,
  compile: statement => {
    const { sql: text, parameters } = statement.compile(compiler)
    return { text, parameters: parameters as readonly Parameter[] }
  },
}

// PostgreSQL bounds the arguments of a function at 100.
const maxArguments = 90

function concat(parts: readonly Sql[]): Sql {
  const merged = mergeText(parts)
  if (merged.length <= maxArguments) return sql`concat(${sql.join(merged)})`
  const chunks = Array.from({ length: Math.ceil(merged.length / maxArguments) }, (_, i) =>
    merged.slice(i * maxArguments, (i + 1) * maxArguments),
  )
  return concat(chunks.map(concat))
}

/** Neighbouring pieces of our own text are one literal. */
function mergeText(parts: readonly Sql[]): readonly Sql[] {
  const merged: Sql[] = []
  let text = ''
  for (const part of parts) {
    const node = part.toOperationNode()
    const value = 'value' in node && 'immediate' in node ? node.value : literalOf(node)
    if (typeof value === 'string') text += value
    else {
      if (text !== '') merged.push(sql.lit(text) as unknown as Sql)
      text = ''
      merged.push(part)
    }
  }
  if (text !== '' || merged.length === 0) merged.push(sql.lit(text) as unknown as Sql)
  return merged
}

/** The text of a fragment that is one literal and nothing else. */
function literalOf(node: object): unknown {
  if (!('parameters' in node) || !Array.isArray(node.parameters) || node.parameters.length !== 1) return undefined
  if (!('sqlFragments' in node) || !Array.isArray(node.sqlFragments) || node.sqlFragments.some(one => one !== ''))
    return undefined
  const [only] = node.parameters as readonly unknown[]
  return typeof only === 'object' && only !== null && 'immediate' in only && 'value' in only ? only.value : undefined
}

function compare(
  operator: OperatorName,
  left: Sql,
  value: FieldValue,
  operand: OperandSql | null,
  ignoreCase: boolean,
): Sql {
  if (operator === 'null') return sql`${left} is null`
  if (!operand) throw new Error(`${operator} needs an operand`)
  const one = (sqlType: string) => bind(operand, sqlType)
  const element = value.isArray ? value.sqlType.replace(/\[\]$/, '') : value.sqlType
  switch (operator) {
    case 'eq':
      return sql`${left} = ${one(value.sqlType)}`
    case 'lt':
      return sql`${left} < ${one(value.sqlType)}`
    case 'lte':
      return sql`${left} <= ${one(value.sqlType)}`
    case 'gt':
      return sql`${left} > ${one(value.sqlType)}`
    case 'gte':
      return sql`${left} >= ${one(value.sqlType)}`
    case 'in':
      return sql`${left} = any(${one(value.sqlListType ?? `${value.sqlType}[]`)})`
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return ignoreCase
        ? sql`${left} ilike ${pattern(operator, operand)}`
        : sql`${left} like ${pattern(operator, operand)}`
    case 'ilike':
      return sql`${left} ilike ${pattern('contains', operand)}`
    case 'search':
      // Words of the first 50,000 characters: to_tsvector raises over 1 MB.
      return value.type.name === 'tsvector'
        ? sql`${left} @@ websearch_to_tsquery('simple', ${one('text')})`
        : sql`to_tsvector('simple', left(${left}, 50000)) @@ websearch_to_tsquery('simple', ${one('text')})`
    case 'has':
      return value.isArray ? sql`${left} @> array[${one(element)}]` : sql`${left} ? ${one('text')}`
    case 'any':
      return value.isArray ? sql`${left} && ${one(value.sqlType)}` : sql`${left} ?| ${one('text[]')}`
    case 'all':
      return value.isArray ? sql`${left} @> ${one(value.sqlType)}` : sql`${left} ?& ${one('text[]')}`
    case 'ne':
    case 'nin':
      throw new Error(`${operator} is the complement of another operator`)
  }
}

/** A text of the request was made a pattern when it was read; a claim or another column is only known here, and holds any character. */
function pattern(shape: 'contains' | 'starts_with' | 'ends_with', operand: OperandSql): Sql {
  const text = bind(operand, 'text')
  if (operand.kind === 'constant' || (operand.kind === 'parameter' && operand.parameter.kind === 'slot')) return text
  const literal = sql`replace(replace(replace(${text}::text, '\\', '\\\\'), '%', '\\%'), '_', '\\_')`
  return shape === 'contains'
    ? sql`('%' || ${literal} || '%')`
    : shape === 'starts_with'
      ? sql`(${literal} || '%')`
      : sql`('%' || ${literal})`
}

function bind(operand: OperandSql, sqlType: string): Sql {
  if (operand.kind === 'sql') return operand.sql
  if (operand.kind === 'parameter') return parameter(operand.parameter, sqlType)
  const { value } = operand
  if (typeof value === 'string') return sql`${sql.lit(value)}::${sql.raw(sqlType)}`
  return sql`array[${value.length === 0 ? sql`` : sql.join(value.map(one => sql.lit(one)))}]::${sql.raw(sqlType)}`
}

/** Texts of JSON strings need no escaping for these. */
const plainText = new Set(['uuid', 'date', 'time', 'timetz', 'macaddr', 'int8', 'numeric'])
const numbers = new Set(['int2', 'int4'])

function json(value: Sql, type: ColumnType, nullable: boolean): Sql {
  const { name } = type
  const orNull = (text: Sql) => (nullable ? sql`coalesce(${text}, 'null')` : text)
  if (numbers.has(name) || name === 'bool' || name === 'jsonb' || name === 'json') {
    const text = name === 'json' ? sql`regexp_replace(${value}::text, '[\n\r]+', ' ', 'g')` : sql`${value}::text`
    return nullable || name !== 'int4' ? orNull(text) : value
  }
  if (plainText.has(name)) return orNull(sql`'"' || ${value}::text || '"'`)
  if (name === 'float4' || name === 'float8') return orNull(sql`to_json(${value})::text`)
  if (name === 'timestamptz') return orNull(sql`replace(to_json(${value})::text, '+00:00', 'Z')`)
  if (name === 'timestamp') return orNull(sql`replace(to_json(${value} at time zone 'UTC')::text, '+00:00', 'Z')`)
  if (name === 'point')
    return sql`case when ${value} is null then 'null' else concat('{"x":', to_json((${value})[0]), ',"y":', to_json((${value})[1]), '}') end`
  if (isArrayType(type)) return orNull(arrayJson(value, type.element.name))
  // As a text the networks would show a mask that their own output leaves out, and bpchar would lose the spaces at its end.
  if (name === 'inet' || name === 'cidr' || name === 'bpchar') return orNull(sql`to_json(${value})::text`)
  // Some types have a cast to text that is not their output, as xml has; and a composite of nulls `is null` without being null.
  if (name === 'unknown') return orNull(sql`case when num_nulls(${value}) = 0 then to_json(concat(${value}))::text end`)
  return orNull(sql`to_json(${value}::text)::text`)
}

/** Element types that `to_json` shows as their output does, or as the numbers and booleans they are. */
const jsonElements = new Set('int2 int4 bool float4 float8 text varchar bpchar uuid date inet cidr jsonb'.split(' '))

/** Through `concat` a value is spelled as it is on the wire. */
function id(parts: readonly { readonly value: Sql; readonly type: ColumnType }[]): Sql {
  const [first] = parts
  if (parts.length === 1 && first) {
    const { value, type } = first
    if (numbers.has(type.name) || plainText.has(type.name)) return sql`'"' || ${value}::text || '"'`
    return sql`case when num_nulls(${value}) = 0 then to_json(concat(${value}))::text end`
  }
  const escaped = parts.map(({ value }) => sql`replace(replace(concat(${value}), '~', '~0'), ',', '~1')`)
  const text = sql`to_json(concat(${sql.join(escaped, sql`, ',', `)}))::text`
  return sql`case when num_nulls(${sql.join(parts.map(({ value }) => value))}) = 0 then ${text} end`
}

function arrayJson(value: Sql, element: string): Sql {
  if (jsonElements.has(element)) return sql`to_json(${value})::text`
  if (element === 'json') return sql`regexp_replace(to_json(${value})::text, '[\n\r]+', ' ', 'g')`
  if (element === 'timestamptz') return sql`replace(to_json(${value})::text, '+00:00', 'Z')`
  if (element === 'timestamp') return sql`replace(to_json(${value}::timestamptz[])::text, '+00:00', 'Z')`
  if (element === 'unknown') return sql`to_json(${value}::text::text[])::text`
  const texts = sql`to_json(${value}::text[])::text`
  if (element !== 'point') return texts
  const objects = sql`regexp_replace(${texts}, '"[(]([^,"]+),([^,"]+)[)]"', '{"x":\\1,"y":\\2}', 'g')`
  return sql`regexp_replace(${objects}, ':(NaN|-?Infinity)', ':"\\1"', 'g')`
}

function aggregate(name: AggregateName, value: Sql, field: FieldValue, order: Sql | null): Sql {
  const { type } = field
  if (name === 'count') return sql`count(${value})`
  if (name === 'min' || name === 'max') {
    // Of equal values the spelling that is met last would win, and that follows the heap.
    const sorted = hasOneSpelling(field) ? value : sql`${value} order by ${spelling(value)}`
    return json(sql`${sql.raw(name)}(${sorted})`, type.name === 'cidr' ? { ...type, name: 'inet' } : type, true)
  }
  if (type.number === 'float') {
    // The last digit of a float sum follows the order of its terms.
    const sorted = order ? sql`${value}::float8 order by ${order}` : sql`${value}::float8 order by ${value}`
    return sql`coalesce(to_json(${sql.raw(name)}(${sorted}))::text, 'null')`
  }
  const exact = name === 'avg' ? sql`trim_scale(avg(${value}))` : sql`sum(${value})`
  return sql`coalesce(to_json(${exact}::text)::text, 'null')`
}

/** Types of which equal values have one spelling only. */
const oneSpelling = new Set([
  'int2',
  'int4',
  'int8',
  'bool',
  'uuid',
  'date',
  'time',
  'timestamptz',
  'timestamp',
  'text',
  'varchar',
  'enum',
])

function hasOneSpelling({ type, deterministic }: FieldValue): boolean {
  return deterministic && oneSpelling.has(type.name)
}

function spelling(value: Sql): Sql {
  return sql`(${value})::text collate "C"`
}

function groupKey(value: Sql, field: FieldValue): Sql {
  const { type } = field
  if (hasOneSpelling(field)) return json(value, type, true)
  const least = sql`min(${spelling(value)})`
  if (type.name === 'float4' || type.name === 'float8') return json(sql`(${least})::${sql.raw(type.name)}`, type, true)
  if (type.name === 'jsonb') return sql`coalesce(${least}, 'null')`
  return sql`coalesce(to_json(${least})::text, 'null')`
}
