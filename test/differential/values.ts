// Orders, compares and shows single values for the naive model.
import { type OperatorName, operators } from '../../src/operators/index.ts'
import type { ColumnFact } from './facts.ts'

/** As the model keeps them: timestamps as `2015-08-05T13:56:05.123000`, dates, uuids and enums as text, jsonb parsed. */
export type Value = string | number | boolean | object | null

/** As an answer shows it. */
export function show({ type }: ColumnFact, value: Value): unknown {
  if (type !== 'timestamptz' || value === null) return value
  return `${String(value).replace(/\.?0+$/, '')}Z`
}

/** Nulls are the greatest. */
export function compareShown(fact: ColumnFact, a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  const [left, right] = [ordinal(fact, a), ordinal(fact, b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Something that `<` orders as the database does: text by code point, enums in the order of their labels, false before true. */
function ordinal({ type, labels }: ColumnFact, value: Value): string | number {
  if (type === 'enum') return labels.indexOf(value as string)
  if (type === 'text') return byCodePoint(value as string)
  return typeof value === 'boolean' ? Number(value) : (value as string | number)
}

/** Bytes of UTF-8 order as code points do. */
function byCodePoint(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is ASCII needs no conversion
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

const caseless: ReadonlySet<OperatorName> = new Set(['contains', 'starts_with', 'ends_with'])
const ordering: ReadonlySet<OperatorName> = new Set(['lt', 'lte', 'gt', 'gte'])

/** Two-valued: what the operator says of a shown value. */
export function holds(
  operator: OperatorName,
  fact: ColumnFact,
  value: Value,
  operand: unknown,
  ignoreCase: boolean,
): boolean {
  const definition = operators.get(operator)
  if (!definition) throw new Error(`there is no operator ${operator}`)
  if (ordering.has(operator))
    return value !== null && definition.evaluate(ordinal(fact, value), ordinal(fact, operand as Value))
  if (ignoreCase && caseless.has(operator))
    return typeof value === 'string' && definition.evaluate(value.toLowerCase(), String(operand).toLowerCase())
  return definition.evaluate(value, operand)
}

/** The average of whole numbers with as many digits as PostgreSQL's numeric division gives (about 16 that count), trimmed. */
export function averageOf(sum: bigint, count: bigint): string {
  if (sum === 0n) return '0'
  const negative = sum < 0n
  const total = negative ? -sum : sum
  const [a, b] = [groupsOf(total), groupsOf(count)]
  let weight = a.length - b.length
  if ((a[0] as number) <= (b[0] as number)) weight--
  const scale = Math.max(0, 16 - weight * 4)
  const scaled = total * 10n ** BigInt(scale)
  let quotient = scaled / count
  if ((scaled % count) * 2n >= count) quotient++
  const digits = quotient.toString().padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '')
  return negative ? `-${text}` : text
}

/** Digits of base 10,000, the greatest first. */
function groupsOf(value: bigint): readonly number[] {
  const groups: number[] = []
  for (let rest = value; rest > 0n; rest /= 10_000n) groups.unshift(Number(rest % 10_000n))
  return groups
}
