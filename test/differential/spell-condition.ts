// Spells a filter as keys and values, in one of the ways that mean the same.
import type { OperatorName } from '../../src/operators/index.ts'
import type { Choices } from './choices.ts'
import type { Condition } from './condition.ts'
import {
  type ColumnFact,
  fieldOf,
  isRelationship,
  isToMany,
  type RelationshipFact,
  resourceOf,
  typeOf,
} from './facts.ts'
import type { Value } from './values.ts'

export type Scalar = string | number | boolean | null

/** One thing that is said: a key with its segments and a value. `split`: commas separate there. */
export interface Said {
  readonly key: readonly string[]
  readonly value: Scalar | readonly Scalar[]
  readonly split: boolean
}

export type Form = 'url' | 'body'

const spellings: Readonly<Partial<Record<OperatorName, readonly (readonly string[])[]>>> = {
  lt: [['lt'], ['le']],
  lte: [['lte'], ['leq']],
  gt: [['gt'], ['ge']],
  gte: [['gte'], ['geq']],
  contains: [['contains'], ['like'], ['like', 'contains']],
  starts_with: [['starts_with'], ['like', 'starts_with']],
  ends_with: [['ends_with'], ['like', 'ends_with']],
}

export function spellCondition(choices: Choices, form: Form, resource: string, condition: Condition): readonly Said[] {
  const spell = (of: string, one: Condition) => spellCondition(choices, form, of, one)
  switch (condition.is) {
    case 'or':
      return condition.of.flatMap((one, i) => under(['or', String(i)], spell(resource, one)))
    case 'and': {
      const parts = condition.of.map(one => spell(resource, one))
      // Under one head they would be one condition on one related record.
      const heads = parts.flatMap(part => [...new Set(part.map(said => headOf(resource, said)))])
      if (new Set(heads).size === heads.length && choices.chance(70)) return parts.flat()
      return parts.flatMap((part, i) => under(['and', String(i)], part))
    }
    case 'not':
      return under(['not'], spell(resource, condition.of))
    case 'declared':
      return [
        say(
          [condition.name],
          writeValue(
            choices,
            form,
            { name: '', type: condition.name === 'text' ? 'text' : 'timestamptz', labels: [] },
            condition.value,
          ),
        ),
      ]
    case 'compare':
      return spellComparison(choices, form, resource, condition)
    case 'key': {
      const field = fieldOf(resource, condition.relationship) as RelationshipFact
      const fact = typeOf(
        field.target,
        fieldOf(field.target, resourceOf(field.target).naturalKey ?? 'id'),
      ) as ColumnFact
      const values = condition.values.map(value => writeValue(choices, form, fact, value))
      return [say([field.name], condition.list ? values : (values[0] as Scalar))]
    }
    case 'related': {
      const field = fieldOf(resource, condition.relationship) as RelationshipFact
      const inner = spell(field.target, condition.of)
      const quantifier =
        condition.quantifier === 'one' || (condition.quantifier === 'some' && choices.chance(50))
          ? []
          : [condition.quantifier]
      const [first] = inner
      const dotted =
        quantifier.length === 0 &&
        inner.length === 1 &&
        first &&
        resourceOf(field.target).fields.has(first.key[0] as string) &&
        choices.chance(30)
      if (dotted) return [{ ...first, key: [`${field.name}.${first.key[0]}`, ...first.key.slice(1)] }]
      return under([field.name, ...quantifier], inner)
    }
  }
}

function spellComparison(
  choices: Choices,
  form: Form,
  resource: string,
  condition: Extract<Condition, { is: 'compare' }>,
): readonly Said[] {
  const { operator, operand, ignoreCase } = condition
  const field = fieldOf(resource, condition.field)
  const value = 'value' in operand ? operand.value : null
  const fact = typeOf(resource, field) ?? { name: field.name, type: 'bool', labels: [] }
  const name =
    isRelationship(field) && !isToMany(field) && choices.chance(50)
      ? field.kind === 'toOne'
        ? field.column.name
        : field.name
      : field.name
  if (operator === 'null')
    return value === true && form === 'body' && !isToMany(field) && choices.chance(50)
      ? [say([name], null)]
      : [say([name, 'null'], flag(choices, form, value === true))]
  const write = (one: Value) =>
    operator === 'has' || operator === 'any' || operator === 'all' ? String(one) : writeValue(choices, form, fact, one)
  const written = Array.isArray(value) ? value.map(write) : write(value as Value)
  // A relationship to records with a natural key takes that where no operator stands.
  const plain = !(field.kind === 'toOne' && name === field.name && resourceOf(field.target).naturalKey !== null)
  if (operator === 'eq' && plain && choices.chance(70)) return [say([name], written)]
  if (operator === 'in' && plain && choices.chance(40)) return [say([name], written)]
  const path = choices.pick(spellings[operator] ?? [[operator]])
  const said = { key: [name, ...path], value: written, split: ['in', 'nin', 'any', 'all'].includes(operator) }
  if (!ignoreCase) return [said]
  return [
    said,
    say(
      path.length > 1 && choices.chance(50) ? [name, 'like', 'with_ilike'] : [name, 'with_ilike'],
      flag(choices, form, true),
    ),
  ]
}

/** As text where a URL takes nothing else; a number in a body is one, or its digits. */
function writeValue(choices: Choices, form: Form, { type }: ColumnFact, value: Value): Scalar {
  if (value === null || typeof value === 'object') throw new Error('null is spelled with an operator')
  if (type === 'bool') return flag(choices, form, value === true)
  if (type === 'jsonb') return form === 'url' ? String(value) : (value as Scalar)
  if (type === 'timestamptz') return writeTime(choices, String(value))
  if (typeof value === 'number') return form === 'url' || choices.chance(30) ? String(value) : value
  return type === 'uuid' && choices.chance(30) ? String(value).toUpperCase() : String(value)
}

function flag(choices: Choices, form: Form, value: boolean): Scalar {
  if (form === 'body' && choices.chance(80)) return value
  return choices.pick(value ? ['true', '1', 't', 'TRUE'] : ['false', '0', 'f', 'False'])
}

function writeTime(choices: Choices, value: string): string {
  if (value.endsWith('T00:00:00.000000') && choices.chance(60)) return value.slice(0, 10)
  const short = value.replace(/\.?0+$/, '')
  const whole = /T\d\d:\d\d:\d\d/.test(short) ? short : value
  switch (choices.below(5)) {
    case 1:
      return whole
    case 2:
      return `${whole.replace('T', ' ')}+00:00`
    case 3: {
      const there = new Date(Date.parse(`${value.slice(0, 19)}Z`) + 7_200_000).toISOString().slice(0, 19)
      return `${there}${value.slice(19)}+02:00`
    }
    default:
      return `${whole}Z`
  }
}

function say(key: readonly string[], value: Scalar | readonly Scalar[]): Said {
  return { key, value, split: false }
}

export function under(prefix: readonly string[], said: readonly Said[]): readonly Said[] {
  return said.map(one => ({ ...one, key: [...prefix, ...one.key] }))
}

/** What the first name means, whatever its spelling: `user_id`, `user` and `user.name` are one. */
function headOf(resource: string, said: Said): string {
  const name = (said.key[0] ?? '').split('.')[0] as string
  const found = [...resourceOf(resource).fields.values()].find(
    field => field.kind === 'toOne' && field.column.name === name,
  )
  return found?.name ?? name
}
