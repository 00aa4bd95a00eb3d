// Reads what a check constraint says of one column, where it says it simply; the rest is the database's to refuse.
import type { ColumnInfo } from '../schema/database-schema.ts'
import { columnType, enumType } from '../types/index.ts'
import { type Limits, mergeLimits } from './limits.ts'
import { type Expression, readExpression } from './read-expression.ts'
import { readRegex } from './read-regex.ts'

/**
 * The limits that the constraint sets to the column; null where it sets none that can be read. Every one of them is a reason for which PostgreSQL
 * would refuse too; the constraint may say more.
 * @param expression as `pg_get_expr` prints it; VALUE stands for a column of the domain
 * @example
 * readCheck('((length(title) >= 1) AND (length(title) <= 100))', title) // { minLength: 1, maxLength: 100 }
 */
export function readCheck(expression: string, column: ColumnInfo): Limits | null {
  const read = readExpression(expression)
  if (!read || column.isArray) return null
  const limits = readPart(read, column)
  return limits && Object.keys(limits).length > 0 ? limits : null
}

/** A part that cannot be read says nothing here; what holds of the others holds all the same. */
function readPart(part: Expression, column: ColumnInfo): Limits | null {
  switch (part.kind) {
    case 'and':
      return part.parts.map(one => readPart(one, column)).reduce((all, one) => mergeLimits(all ?? {}, one ?? {}), {})
    case 'or': {
      // `x is null or …`: a null passes anyway, unless the rest is about nulls.
      const rest = part.parts.filter(one => !(one.kind === 'isNull' && isColumn(one.of, column)))
      const limits =
        rest.length === 1 && rest.length < part.parts.length ? readPart(rest[0] as Expression, column) : null
      return limits?.notNull ? null : limits
    }
    case 'isNotNull':
      return isColumn(part.of, column) ? { notNull: true } : null
    case 'any':
      return readAny(part.left, part.right, column)
    case 'compare':
      return readComparison(part.operator, part.left, part.right, column)
    default:
      return null
  }
}

const textTypes = new Set(['text', 'varchar'])
const integerTypes = new Set(['int2', 'int4', 'int8'])
const flipped: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=', '<>': '<>' }

function readComparison(operator: string, left: Expression, right: Expression, column: ColumnInfo): Limits | null {
  if (constantOf(left, column) !== undefined) {
    const turned = flipped[operator]
    return turned === undefined || constantOf(right, column) !== undefined
      ? null
      : readComparison(turned, right, left, column)
  }
  const constant = constantOf(right, column)
  if (constant === undefined) return null
  if (left.kind === 'call') return readLength(operator, left, constant, column)
  if (!isColumn(left, column)) return null
  if (operator === '~') return readPattern(constant, column)
  if (operator === '=') return readValues([constant], column)
  if (operator === '<>') return isText(column) && constant === '' ? { minLength: 1 } : null
  const number = isNumber(column) && isComparable(left, right, column) ? decimalOf(constant) : undefined
  const name = bounds[operator]
  return number === undefined || name === undefined ? null : { [name]: number }
}

const bounds: Readonly<Record<string, keyof Limits>> = {
  '>=': 'minimum',
  '>': 'exclusiveMinimum',
  '<=': 'maximum',
  '<': 'exclusiveMaximum',
}

const lengths = new Set(['length', 'char_length', 'character_length'])

function readLength(
  operator: string,
  call: Expression & { kind: 'call' },
  constant: string,
  column: ColumnInfo,
): Limits | null {
  const [of, ...others] = call.args
  if (!lengths.has(call.name) || !of || others.length > 0 || !isColumn(of, column)) return null
  // Not of char(n), whose spaces at the end do not count.
  if (!isText(column) || !/^[0-9]{1,9}$/.test(constant)) return null
  const length = Number(constant)
  switch (operator) {
    case '>=':
      return { minLength: length }
    case '>':
      return { minLength: length + 1 }
    case '<=':
      return { maxLength: length }
    case '<':
      return length === 0 ? null : { maxLength: length - 1 }
    case '=':
      return { minLength: length, maxLength: length }
    default:
      return null
  }
}

function readPattern(source: string, column: ColumnInfo): Limits | null {
  const pattern = isText(column) ? readRegex(source) : undefined
  return pattern === undefined ? null : { patterns: [pattern] }
}

function readAny(left: Expression, right: Expression, column: ColumnInfo): Limits | null {
  const list = right.kind === 'cast' ? right.of : right
  if (!isColumn(left, column) || list.kind !== 'array') return null
  const constants = list.items.map(item => constantOf(item, column))
  // Where an item is null, no value is ever refused.
  return constants.every(one => one !== undefined) ? readValues(constants, column) : null
}

function readValues(constants: readonly string[], column: ColumnInfo): Limits | null {
  const comparesExactly = isText(column) ? column.deterministicCollation : column.enum !== null || isExact(column)
  if (!comparesExactly) return null
  const type = column.enum ? enumType(column.enum) : columnType(column.type)
  // What is no value of the type (2.5 of an int4) is equal to none of them.
  return { values: constants.flatMap(constant => type.parse(constant) ?? []) }
}

function isText(column: ColumnInfo): boolean {
  return column.typeSchema === 'pg_catalog' && textTypes.has(column.type)
}

function isExact(column: ColumnInfo): boolean {
  return column.typeSchema === 'pg_catalog' && (integerTypes.has(column.type) || column.type === 'numeric')
}

function isNumber(column: ColumnInfo): boolean {
  return isExact(column) || (column.typeSchema === 'pg_catalog' && column.type === 'float8')
}

/** Whether the comparison is made with all digits: a column cast to floating point has lost some. */
function isComparable(left: Expression, right: Expression, column: ColumnInfo): boolean {
  const types = [left, right].flatMap(one => (one.kind === 'cast' ? [one.type] : []))
  const isFloat = types.some(type => type === 'double precision' || type === 'real')
  return column.type === 'float8' ? !types.includes('real') : !isFloat
}

function isColumn(part: Expression, column: ColumnInfo): boolean {
  if (part.kind === 'cast') return isPlainCast(part.type, column) && isColumn(part.of, column)
  return part.kind === 'column' && (part.name === column.name || (part.name === null && column.domain !== null))
}

const numberCasts = new Set(['smallint', 'integer', 'bigint', 'numeric'])

/** Whether the cast changes no value. */
function isPlainCast(type: string, column: ColumnInfo): boolean {
  return isText(column) ? type === 'text' : integerTypes.has(column.type) ? numberCasts.has(type) : false
}

const wideTypes = new Set(['numeric', 'double precision', 'text', 'character varying'])

/** The text of a constant, through casts that leave it as it is: `(1.4)::integer` is 1. */
function constantOf(part: Expression, column: ColumnInfo): string | undefined {
  if (part.kind === 'constant') return part.text
  const text = part.kind === 'cast' ? constantOf(part.of, column) : undefined
  if (text === undefined || part.kind !== 'cast') return undefined
  if (numberCasts.has(part.type) && part.type !== 'numeric') return /^-?[0-9]+$/.test(text) ? text : undefined
  return wideTypes.has(part.type) || part.type === column.type ? text : undefined
}

function decimalOf(constant: string): string | undefined {
  return /^[-+]?[0-9]{1,400}(?:[.][0-9]{1,400})?$/.test(constant) ? constant : undefined
}
