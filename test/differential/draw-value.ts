// Draws conditions on single values: an operator that the type takes, with values from the rows, next to them, or foreign to them.
import { type OperatorName, operatorsFor } from '../../src/operators/index.ts'
import { columnType, enumType } from '../../src/types/index.ts'
import type { Choices } from './choices.ts'
import type { Condition } from './condition.ts'
import { type ColumnFact, type FieldFact, fieldOf, typeOf } from './facts.ts'
import type { Value } from './values.ts'
import type { World } from './world.ts'

const nonsense: Readonly<Record<string, readonly Value[]>> = {
  int4: [0, -1, 2_147_483_647, 7],
  text: ['', 'null', '%', '_', '\\', "o'neill", '"', 'ÅÄÖ', '🎾', 'a,b', '[x]', ' x ', 'zzz'],
  bool: [true, false],
  timestamptz: ['2014-06-01T00:00:00.000000', '1999-12-31T23:59:59.999999', '2016-01-24T12:00:00.500000'],
  date: ['1980-02-29', '2015-01-01'],
  uuid: ['0190163d-8694-439b-8ea5-966c26f8ad91'],
  jsonb: ['sv', true, 3],
}

export function drawComparison(choices: Choices, world: World, resource: string, field: FieldFact): Condition {
  const fact = typeOf(resource, field)
  if (!fact) return compare(field, 'null', choices.chance(50))
  const type = fact.type === 'enum' ? enumType(fact.labels) : columnType(fact.type)
  const operator = choices.pick(operatorsFor(type).filter(name => name !== 'search'))
  if (operator === 'null') return compare(field, operator, choices.chance(50))
  const draw = () => drawOperand(choices, world, resource, field, fact, operator)
  // The empty text stands in no list of a URL.
  if (operator === 'in' || operator === 'nin')
    return compare(
      field,
      operator,
      Array.from({ length: 1 + choices.below(3) }, draw).map(one => (one === '' ? 'x' : one)),
    )
  if (operator === 'any' || operator === 'all')
    return compare(field, operator, Array.from({ length: 1 + choices.below(2) }, draw))
  const ignoreCase =
    (operator === 'contains' || operator === 'starts_with' || operator === 'ends_with') && choices.chance(25)
  return { is: 'compare', field: field.name, operator, operand: { value: draw() }, ignoreCase }
}

function compare(field: FieldFact, operator: OperatorName, value: Value | readonly Value[]): Condition {
  return { is: 'compare', field: field.name, operator, operand: { value }, ignoreCase: false }
}

function drawOperand(
  choices: Choices,
  world: World,
  resource: string,
  field: FieldFact,
  fact: ColumnFact,
  operator: OperatorName,
): Value {
  if (operator === 'has' || operator === 'any' || operator === 'all')
    return choices.pick(['language', 'autoplay', 'notifications', 'email', 'x'])
  const value = drawValue(choices, world, resource, field, fact)
  if (typeof value !== 'string' || fact.type !== 'text') return value
  const letters = Array.from(value)
  const [at, length] = [choices.below(letters.length), 1 + choices.below(6)]
  if (operator === 'contains') return letters.slice(at, at + length).join('')
  if (operator === 'starts_with') return letters.slice(0, length).join('')
  if (operator === 'ends_with') return letters.slice(-length).join('')
  if (operator === 'ilike')
    return choices.chance(50)
      ? letters
          .slice(at, at + length)
          .join('')
          .toUpperCase()
      : letters
          .slice(at, at + length)
          .join('')
          .toLowerCase()
  return choices.chance(20) ? letters.slice(0, length).join('') : value
}

/** Mostly a value that some row has, visible or not. */
export function drawValue(choices: Choices, world: World, resource: string, field: FieldFact, fact: ColumnFact): Value {
  const column = field.kind === 'copy' ? fieldOf(resource, field.of) : field
  const name = column.kind === 'column' || column.kind === 'toOne' ? column.column.name : undefined
  if (fact.type === 'enum') return choices.pick(fact.labels)
  if (name === undefined || fact.type === 'jsonb' || choices.chance(10)) return choices.pick(nonsense[fact.type] ?? [])
  const rows = world.rows(resource)
  const value = rows[choices.below(rows.length)]?.[name] ?? null
  if (value === null) return choices.pick(nonsense[fact.type] ?? [])
  if (typeof value === 'number') return value + choices.pick([0, 0, 0, 1, -1])
  if (fact.type === 'timestamptz' && choices.chance(20)) return `${String(value).slice(0, 10)}T00:00:00.000000`
  return value
}
