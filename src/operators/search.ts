// The operator search: full text.
import type { Operator } from './operator.ts'

/** Every word of the operand is a word of the text, in any case; the database knows stems, quotes, `or` and `-` besides. */
export const search: Operator = {
  name: 'search',
  operand: 'one',
  families: ['text'],
  alsoTypes: ['tsvector'],
  textOperandFor: ['text', 'none'],
  evaluate: (stored, operand) => {
    if (typeof stored !== 'string' || typeof operand !== 'string') return false
    const [has, wanted] = [new Set(wordsOf(stored)), wordsOf(operand)]
    return wanted.length > 0 && wanted.every(word => has.has(word))
  },
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
