// Reads the caller's filters: only permitted names exist, every value goes into a slot.
import { ApiError } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import { allOf, type Condition } from '../expressions/condition.ts'
import { type FilterReader, type Found, readFilter } from '../expressions/read-filter.ts'
import type { Tree } from '../expressions/tree.ts'
import type { FilterRoot } from '../request/query.ts'
import type { Field } from '../schema/field.ts'
import type { Resource } from '../schema/model.ts'
import { reservedParameters } from '../schema/spell-path.ts'
import { hint } from '../schema/suggest.ts'
import type { Access, AccessSet } from './access.ts'
import { type Arguments, callerOperand } from './caller-operand.ts'
import { isFilterable, permittedDefined, permittedField, permittedNames, unknownField } from './names.ts'
import type { Slots } from './slots.ts'

export function allowFilters(roots: readonly FilterRoot[], access: Access, set: AccessSet, slots: Slots): Condition {
  if (roots.length === 0) return allOf([])
  const reader = callerReader(set, slots)
  return allOf(roots.map(root => readFilter(root.tree, access.resource, reader, root.flat)))
}

/** A reader for which only permitted names exist; `args` where it reads a tree of the definition. */
export function callerReader(set: AccessSet, slots: Slots, args: Arguments = {}): FilterReader {
  const accessOf = (resource: Resource) => set.of(resource) as Access
  const usable = (resource: Resource, name: string) => {
    const field = permittedField(set, accessOf(resource), name)
    return field && isFilterable(resource, field) ? field : undefined
  }
  return {
    find(resource, name) {
      if (args.given || args.params) return findInDefinition(set, resource, name)
      const declared = resource.declaredFilters.get(name)
      if (declared && isUsable(declared.tree, resource, set)) return { kind: 'declared', filter: declared }
      const field = usable(resource, name)
      return field && { kind: 'field', field }
    },
    target: (_, field) => set.target(field)?.resource,
    unknown(resource, name, source, flat) {
      const access = accessOf(resource)
      const names = filterNames(set, access)
      if (flat)
        throw new ApiError(
          'unknown_parameter',
          `Unknown parameter ${quote(name)}.${hint(name, [...names, ...askable])}`,
          { source },
        )
      throw unknownField(set, access, name, 'filter', source, names)
    },
    operand: (value, as, list, leaf, shape, resource) =>
      callerOperand(value, as, list, leaf, shape, {
        slots,
        set,
        args,
        fieldOf: name => permittedDefined(set, accessOf(resource), name),
      }),
    given: (_filter, leaf) => callerReader(set, slots, { given: leaf }),
  }
}

// Too short a name is near to everything.
const askable = [...reservedParameters].filter(name => name.length > 3)

/** Fields to filter by, and declared filters whose own fields the caller may read. */
export function filterNames(set: AccessSet, access: Access): readonly string[] {
  const { resource } = access
  const declared = [...resource.declaredFilters.values()].filter(filter => isUsable(filter.tree, resource, set))
  const fields = permittedNames(set, access).filter(name => isFilterable(resource, resource.fields.get(name) as Field))
  return [...fields, ...declared.map(filter => filter.name)]
}

/** A declared filter or a scope may look at what is not listed to be filtered by, but at nothing that the caller may not read. */
function findInDefinition(set: AccessSet, resource: Resource, name: string): Found | undefined {
  const field = permittedDefined(set, set.of(resource) as Access, name)
  return field && isFilterable({ ...resource, filterable: null }, field) ? { kind: 'field', field } : undefined
}

const unusable = () => new ApiError('unknown_field', 'looks at a field that may not be read', {})

/** Whether the caller may use a tree of the definition: reads its names only, those that it compares with too. */
export function isUsable(tree: Tree, resource: Resource, set: AccessSet): boolean {
  const reader: FilterReader = {
    find: (at, name) => findInDefinition(set, at, name),
    target: (_, field) => set.target(field)?.resource,
    unknown: () => {
      throw unusable()
    },
    operand: (value, _as, _list, _leaf, _shape, at) => {
      const isField = typeof value === 'object' && value !== null && 'field' in value
      if (isField && !permittedDefined(set, set.of(at) as Access, value.field)) throw unusable()
      return { kind: 'now' }
    },
    given: () => {
      throw new Error('a declared filter names fields only')
    },
  }
  try {
    readFilter(tree, resource, reader)
    return true
  } catch (error) {
    if (error instanceof ApiError) return false
    throw error
  }
}
