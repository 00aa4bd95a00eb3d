// A filter as the naive model evaluates it: names of fields, values of the model.
import type { OperatorName } from '../../src/operators/index.ts'
import type { FilterDefinition } from '../../src/schema/resource-definition.ts'
import { fieldOf, isRelationship, isToMany, resourceOf, typeOf } from './facts.ts'
import type { Value } from './values.ts'

export type Quantifier = 'some' | 'every' | 'none' | 'one'
export type Operand = { readonly value: Value | readonly Value[] } | { readonly claim: string }

export type Condition =
  | { readonly is: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly is: 'not'; readonly of: Condition }
  | {
      readonly is: 'compare'
      readonly field: string
      readonly operator: OperatorName
      readonly operand: Operand
      readonly ignoreCase: boolean
    }
  | { readonly is: 'related'; readonly relationship: string; readonly quantifier: Quantifier; readonly of: Condition }
  /** The key of a related record, or its natural key: `tags=foo`. */
  | { readonly is: 'key'; readonly relationship: string; readonly values: readonly Value[]; readonly list: boolean }
  | { readonly is: 'declared'; readonly name: string; readonly value: Value }

/** What stand-ins of a definition mean. */
export interface Arguments {
  readonly given?: Value
  readonly params?: ReadonlyMap<string, Value>
}

const policies = new WeakMap<FilterDefinition, Condition>()

/** A filter of the definition without arguments, read once. */
export function policyOf(resource: string, filter: FilterDefinition): Condition {
  let condition = policies.get(filter)
  if (!condition) {
    condition = fromDefinition(resource, filter)
    policies.set(filter, condition)
  }
  return condition
}

/** Reads a filter of the definition: `{ private: false }`, `{ video: { user: principal('id') } }`. */
export function fromDefinition(resource: string, filter: FilterDefinition, args: Arguments = {}): Condition {
  const of = Object.entries(filter).map(([name, value]): Condition => {
    if (name === 'and' || name === 'or')
      return { is: name, of: (value as readonly FilterDefinition[]).map(one => fromDefinition(resource, one, args)) }
    if (name === 'not') return { is: 'not', of: fromDefinition(resource, value as FilterDefinition, args) }
    return fromEntry(resource, name, value, args)
  })
  return of.length === 1 ? (of[0] as Condition) : { is: 'and', of }
}

function fromEntry(resource: string, name: string, value: unknown, args: Arguments): Condition {
  const field = fieldOf(resource, name)
  const compare = (operator: OperatorName, operand: Operand): Condition => ({
    is: 'compare',
    field: name,
    operator,
    operand,
    ignoreCase: false,
  })
  if (value === null) return compare('null', { value: true })
  if (typeof value !== 'object') return compare('eq', { value: value as Value })
  const operand = standIn(value, args)
  if (operand) return compare('eq', operand)
  if (isRelationship(field))
    return {
      is: 'related',
      relationship: name,
      quantifier: isToMany(field) ? 'some' : 'one',
      of: fromDefinition(field.target, value as FilterDefinition, args),
    }
  const type = typeOf(resource, field)?.type
  const of = Object.entries(value).map(([operator, inner]) => {
    const stood = typeof inner === 'object' && inner !== null ? standIn(inner, args) : undefined
    const read = stood ?? { value: inner as Value }
    // A date given for a time is its first moment.
    const plain =
      'value' in read && type === 'timestamptz' && typeof read.value === 'string' && read.value.length === 10
        ? { value: `${read.value}T00:00:00.000000` }
        : read
    return compare(operator as OperatorName, plain)
  })
  return of.length === 1 ? (of[0] as Condition) : { is: 'and', of }
}

function standIn(value: object, args: Arguments): Operand | undefined {
  if ('principal' in value) return { claim: value.principal as string }
  if ('given' in value) return { value: args.given ?? null }
  if ('param' in value) return { value: args.params?.get(value.param as string) ?? null }
  return undefined
}

/** All fields of the record itself or related ones that a definition's filter looks at, as pairs of resource and field. */
export function namesIn(resource: string, filter: FilterDefinition): readonly (readonly [string, string])[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    if (name === 'and' || name === 'or')
      return (value as readonly FilterDefinition[]).flatMap(one => namesIn(resource, one))
    if (name === 'not') return namesIn(resource, value as FilterDefinition)
    return resourceOf(resource).fields.has(name) ? [[resource, name] as const] : []
  })
}
