// Reads the filters of a definition: every name is known, values are constants, claims or stand-ins.
import type { Operand } from '../expressions/condition.ts'
import type { FilterReader, Pattern } from '../expressions/read-filter.ts'
import type { Operandish } from '../expressions/tree.ts'
import type { Field } from './field.ts'
import type { FieldValue } from './field-value.ts'
import type { Resource } from './model.ts'
import { hint } from './suggest.ts'

/** @throws Error for a name that is not there or a value that is none of its type; its message is for the author of the definition */
export function policyReader(resources: ReadonlyMap<string, Resource>): FilterReader {
  const reader: FilterReader = {
    find: (resource, name) => {
      const field = findDefined(resource, name)
      return field && { kind: 'field', field }
    },
    target: (_, field) => (field.target === null ? undefined : resources.get(field.target)),
    unknown: (resource, name) => {
      throw new Error(`${resource.definedAs} has no field "${name}".${hint(name, definedNames(resource))}`)
    },
    operand: (value, as, list, _leaf, shape, resource) =>
      definitionOperand(value, as, list, shape, name => findDefined(resource, name)),
    given: () => {
      throw new Error('a declared filter cannot be used in a policy')
    },
  }
  return reader
}

/** The same for `when` and `where` of roles, which are asked of every row: what could fail on one of them is refused. */
export function roleReader(resources: ReadonlyMap<string, Resource>): FilterReader {
  const reader = policyReader(resources)
  return {
    ...reader,
    find: (resource, name) => {
      const found = reader.find(resource, name)
      const by = found?.kind === 'field' && found.field.kind === 'computed' ? found.field.compute.by : null
      if (by === 'sql' || by === 'code')
        throw new Error(`"${name}" is computed and may fail; a policy looks at columns`)
      return found
    },
  }
}

/** A field as requests call it: by its name or another spelling of it (`user_id` for `user`). */
export function findField(resource: Resource, name: string): Field | undefined {
  return resource.fields.get(name) ?? resource.fields.get(resource.aliases.get(name) ?? '')
}

/** A field as definitions call it. No two can be meant, for the names that are served differ among themselves and from those. */
export function findDefined(
  { fields, defined }: Pick<Resource, 'fields' | 'defined'>,
  name: string,
): Field | undefined {
  return fields.get(defined.get(name) ?? name)
}

export function definedNames({ fields }: Pick<Resource, 'fields'>): readonly string[] {
  return [...fields.values()].map(field => field.definedAs)
}

/** The operand that a definition's value comes to; `fieldOf` resolves `field('other')`. */
export function definitionOperand(
  value: Operandish | readonly Operandish[],
  as: FieldValue,
  list: boolean,
  shape: 'plain' | Pattern,
  fieldOf: (name: string) => Field | undefined,
): Operand | 'never' | 'null' {
  if (value === null) return 'null'
  if (Array.isArray(value)) {
    if (value.length === 0 && !as.isArray) return 'never'
    return { kind: 'constant', value: value.map((one: Operandish) => constant(one, as)) }
  }
  if (typeof value === 'object') {
    if ('principal' in value) return { kind: 'claim', claim: value.principal, list }
    if ('now' in value) return { kind: 'now' }
    if ('field' in value) {
      const field = fieldOf(value.field)
      if (!field) throw new Error(`there is no field "${value.field}" to compare with`)
      return { kind: 'field', field }
    }
    throw new Error(`${JSON.stringify(value)} has no value here`)
  }
  if (list) return { kind: 'constant', value: [constant(value as Operandish, as)] }
  const text = constant(value as Operandish, as)
  return { kind: 'constant', value: shape === 'plain' ? text : toPattern(text, shape) }
}

function constant(value: Operandish, as: FieldValue): string {
  if (value === null || typeof value === 'object') throw new Error(`${JSON.stringify(value)} cannot stand in a list`)
  const text = as.type.parse(value)
  if (text === undefined) throw new Error(`${JSON.stringify(value)} is no ${as.type.name}: it takes ${as.type.accepts}`)
  return text
}

/** A `like` pattern that matches `text` literally: `%`, `_` and `\` lose their meaning. */
export function toPattern(text: string, shape: Pattern): string {
  const literal = text.replace(/[\\%_]/g, '\\$&')
  return shape === 'contains' ? `%${literal}%` : shape === 'starts_with' ? `${literal}%` : `%${literal}`
}
