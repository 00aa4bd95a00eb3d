// Turns a value that the caller gave into an operand: checked against the type that it is compared as, and put into a slot.
import { ApiError, type Source } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import type { Operand } from '../expressions/condition.ts'
import type { Pattern } from '../expressions/read-filter.ts'
import type { Leaf, Operandish, Scalar, StandIn } from '../expressions/tree.ts'
import type { Field } from '../schema/field.ts'
import type { FieldValue } from '../schema/field-value.ts'
import { definitionOperand, toPattern } from '../schema/policy-reader.ts'
import type { AccessSet } from './access.ts'
import type { Slots } from './slots.ts'

/** Values that stand-ins of a declared filter or a scope have in this request. */
export interface Arguments {
  readonly given?: Leaf
  readonly params?: ReadonlyMap<string, string>
}

/** @throws ApiError `invalid_value`, `bad_list` or `limit_exceeded` */
export function callerOperand(
  value: Operandish | readonly Operandish[],
  as: FieldValue,
  list: boolean,
  leaf: Leaf,
  shape: 'plain' | Pattern,
  from: {
    readonly slots: Slots
    readonly set: AccessSet
    readonly args: Arguments
    readonly fieldOf: (name: string) => Field | undefined
  },
): Operand | 'never' | 'null' {
  const { slots, set, args, fieldOf } = from
  if (leaf.from === 'definition') {
    const standIn = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as StandIn) : null
    if (standIn && 'given' in standIn && args.given)
      return callerOperand(args.given.value, as, list, args.given, shape, from)
    if (standIn && 'param' in standIn && args.params) {
      const given = args.params.get(standIn.param)
      const text = given === undefined ? undefined : as.type.parse(given)
      if (text === undefined)
        throw new ApiError('invalid_value', `${quote(given)} is not accepted here: ${as.type.accepts}.`, {
          source: leaf.source,
        })
      return { kind: 'slot', slot: slots.add(list ? [text] : shape === 'plain' ? text : toPattern(text, shape)), list }
    }
    return definitionOperand(value, as, list, shape, fieldOf)
  }
  if (value === null) return 'null'
  if (Array.isArray(value) || list) {
    const items = listItems(value as Scalar | readonly Scalar[], leaf, set)
    if (items.length === 0 && !as.isArray) return 'never'
    return { kind: 'slot', slot: slots.add(items.map(one => parseValue(one, as, leaf.source))), list: true }
  }
  const text = parseValue(leaf.bare ? '' : (value as Scalar), as, leaf.source)
  // Two values only, so they are part of the shape: the planner can then use a partial index.
  if (as.type.name === 'bool') return { kind: 'constant', value: text }
  if (shape === 'plain') return { kind: 'slot', slot: slots.add(text), list: false }
  const maxBytes = set.api.limits.searchBytes
  if (Buffer.byteLength(text) > maxBytes)
    throw new ApiError('limit_exceeded', `A text to search for has at most ${maxBytes} bytes.`, {
      source: leaf.source,
      meta: { limit: 'searchBytes', max: maxBytes },
    })
  return { kind: 'slot', slot: slots.add(toPattern(text, shape)), list: false }
}

/** `in=1,3`, `in=[1,3]`, `in[]=a,b&in[]=c`: only the plain text is split. */
function listItems(value: Scalar | readonly Scalar[], leaf: Leaf, set: AccessSet): readonly Scalar[] {
  if (Array.isArray(value)) return value
  if (leaf.from === 'body' || typeof value !== 'string') return [value as Scalar]
  const inner = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value
  const items = inner.split(',').map(one => one.trim())
  if (items.includes('')) throw new ApiError('bad_list', 'An item of the list is empty.', { source: leaf.source })
  const max = set.api.limits.listItems
  if (items.length > max)
    throw new ApiError('limit_exceeded', `A list has at most ${max} items.`, {
      source: leaf.source,
      meta: { limit: 'listItems', max },
    })
  return items
}

function parseValue(value: Scalar, as: FieldValue, source: Source): string {
  const text = value === null ? undefined : as.type.parse(value)
  if (text !== undefined) return text
  const several = typeof value === 'string' && value.includes(',') ? ' For several values use the operator [in].' : ''
  const none = value === 'null' ? ' For no value use [null]=true.' : ''
  throw new ApiError('invalid_value', `${quote(value)} is not accepted here: ${as.type.accepts}.${several}${none}`, {
    source,
  })
}
