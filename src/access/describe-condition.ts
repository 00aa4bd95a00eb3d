// Names a condition: two conditions of the same resource with one name mean the same. Part of the shape of a query.
import type { Condition, Operand } from '../expressions/condition.ts'

/** A text that holds everything of the condition but the values of the request. */
export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'always':
      return condition.holds ? 'T' : 'F'
    case 'and':
    case 'or':
      return `${condition.kind === 'and' ? '&' : '|'}(${condition.of.map(describeCondition).join(';')})`
    case 'not':
      return `!(${describeCondition(condition.of)})`
    case 'published':
      return `p(${describeCondition(condition.of)})`
    case 'related':
      return `${condition.quantifier}:${quote(condition.relationship.name)}(${describeCondition(condition.of)})`
    case 'leaf':
      return `${quote(condition.field.name)} ${condition.operator}${condition.ignoreCase ? '~' : ''} ${condition.operand ? describeOperand(condition.operand) : ''}`
  }
}

function describeOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'slot':
      return `$${operand.slot}${operand.list ? '[]' : ''}`
    case 'constant':
      return JSON.stringify(operand.value)
    case 'claim':
      return `@${quote(operand.claim)}${operand.list ? '[]' : ''}`
    case 'field':
      return `.${quote(operand.field.name)}`
    case 'now':
      return 'now'
  }
}

// Names may hold any character, so they are told apart from our own punctuation.
function quote(name: string): string {
  return /^\w+$/.test(name) ? name : JSON.stringify(name)
}
