// Says a condition in words for people: `state = "published" or user = principal('id')`.
import type { SlotValue } from '../access/permitted.ts'
import type { Condition, LeafCondition, Operand } from '../expressions/condition.ts'

const signs: Readonly<Record<string, string>> = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' }

/** @param values those of the request, by slot */
export function sayCondition(condition: Condition, values: readonly SlotValue[] = []): string {
  const say = (one: Condition): string => sayCondition(one, values)
  switch (condition.kind) {
    case 'always':
      return condition.holds ? 'always' : 'never'
    case 'and':
    case 'or':
      return condition.of
        .map(one => (one.kind === 'and' || one.kind === 'or' ? `(${say(one)})` : say(one)))
        .join(` ${condition.kind} `)
    case 'not':
      return condition.of.kind === 'leaf' && condition.of.operator === 'null'
        ? `${condition.of.field.name} is not null`
        : `not (${say(condition.of)})`
    case 'published':
      return say(condition.of)
    case 'related': {
      const of = condition.of.kind === 'always' && condition.of.holds ? '' : `(${say(condition.of)})`
      return condition.quantifier === 'one'
        ? `${condition.relationship.name}${of}`
        : `${condition.quantifier} ${condition.relationship.name}${of}`
    }
    case 'leaf':
      return sayLeaf(condition, values)
  }
}

function sayLeaf({ field, operator, operand, ignoreCase }: LeafCondition, values: readonly SlotValue[]): string {
  if (operand === null) return `${field.name} is null`
  return `${field.name} ${signs[operator] ?? operator}${ignoreCase ? ' (any case)' : ''} ${sayOperand(operand, values)}`
}

function sayOperand(operand: Operand, values: readonly SlotValue[]): string {
  switch (operand.kind) {
    case 'slot':
      return JSON.stringify(values[operand.slot])
    case 'constant':
      return JSON.stringify(operand.value)
    case 'claim':
      return `principal('${operand.claim}')`
    case 'field':
      return operand.field.name
    case 'now':
      return 'now'
  }
}
