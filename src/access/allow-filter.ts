// Reads the caller's filters and scopes: only permitted names exist, every value goes into a slot.
import { ApiError, type Source } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import { allOf, type Condition, type Operand } from '../expressions/condition.ts'
import { type FilterReader, type Found, type Pattern, readFilter } from '../expressions/read-filter.ts'
import type { Leaf, Operandish, Scalar, StandIn, Tree } from '../expressions/tree.ts'
import type { FilterRoot, ScopeEntry } from '../request/query.ts'
import type { Field } from '../schema/field.ts'
import type { FieldValue } from '../schema/field-value.ts'
import type { Resource, Scope } from '../schema/model.ts'
import { definitionOperand, findField, policyReader, toPattern } from '../schema/policy-reader.ts'
import { reservedParameters } from '../schema/spell-path.ts'
import { hint } from '../schema/suggest.ts'
import type { Access, AccessSet } from './access.ts'
import { isFilterable, permittedField, permittedNames, unknownField } from './names.ts'
import type { SlotValue } from './permitted.ts'

/** Collects the values of a request and numbers them. */
export interface Slots {
  readonly values: SlotValue[]
  add(value: SlotValue): number
}

export function newSlots(): Slots {
  const values: SlotValue[] = []
  return { values, add: value => values.push(value) - 1 }
}

export function allowFilters(roots: readonly FilterRoot[], access: Access, set: AccessSet, slots: Slots): Condition {
  if (roots.length === 0) return allOf([])
  const reader = callerReader(set, slots)
  return allOf(roots.map(root => readFilter(root.tree, access.resource, reader, root.flat)))
}

/** Values that stand-ins of a declared filter or a scope have in this request. */
interface Arguments {
  readonly given?: Leaf
  readonly params?: ReadonlyMap<string, string>
}

function callerReader(set: AccessSet, slots: Slots, args: Arguments = {}): FilterReader {
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
        fieldOf: name => permittedField(set, accessOf(resource), name),
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
  const field = permittedField(set, set.of(resource) as Access, name)
  return field && isFilterable({ ...resource, filterable: null }, field) ? { kind: 'field', field } : undefined
}

const unusable = () => new ApiError('unknown_field', 'looks at a field that may not be read', {})

/** Whether the caller may use a tree of the definition: reads its names only, those that it compares with too. */
function isUsable(tree: Tree, resource: Resource, set: AccessSet): boolean {
  const reader: FilterReader = {
    find: (at, name) => findInDefinition(set, at, name),
    target: (_, field) => set.target(field)?.resource,
    unknown: () => {
      throw unusable()
    },
    operand: (value, _as, _list, _leaf, _shape, at) => {
      const isField = typeof value === 'object' && value !== null && 'field' in value
      if (isField && !permittedField(set, set.of(at) as Access, value.field)) throw unusable()
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

function callerOperand(
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

export function allowScopes(entries: readonly ScopeEntry[], access: Access, set: AccessSet, slots: Slots): Condition {
  return allOf(entries.filter(entry => isWanted(entry, access)).map(entry => allowScope(entry, access, set, slots)))
}

/** `scope[published]=false` is not asked for. */
function isWanted(entry: ScopeEntry, access: Access): boolean {
  const takesArguments = (access.resource.scopes.get(entry.name)?.params.size ?? 0) > 0
  return entry.args !== false || (takesArguments && entry.asList !== undefined)
}

function allowScope(entry: ScopeEntry, access: Access, set: AccessSet, slots: Slots): Condition {
  const scope = access.resource.scopes.get(entry.name)
  if (!scope || !isScopeUsable(scope, access, set)) {
    throw unknownField(set, access, entry.name, 'scope', entry.source, scopeNames(access, set))
  }
  const params = readArguments(entry, scope)
  if (!scope.publishes) return readFilter(scope.tree, access.resource, callerReader(set, slots, { params }))
  const policy = policyReader(set.api.resources)
  const operand: FilterReader['operand'] = (value, as, list, leaf, shape, resource) =>
    callerOperand(value, as, list, leaf, shape, {
      slots,
      set,
      args: { params },
      fieldOf: name => findField(resource, name),
    })
  return { kind: 'published', of: readFilter(scope.tree, access.resource, { ...policy, operand }) }
}

function isScopeUsable(scope: Scope, access: Access, set: AccessSet): boolean {
  return scope.publishes || isUsable(scope.tree, access.resource, set)
}

export function scopeNames(access: Access, set: AccessSet): readonly string[] {
  return [...access.resource.scopes.values()]
    .filter(scope => isScopeUsable(scope, access, set))
    .map(scope => scope.name)
}

function readArguments(entry: ScopeEntry, scope: Scope): ReadonlyMap<string, string> {
  const names = [...scope.params.keys()]
  // `scope[since]=1` reads as a flag, but for a scope with a parameter it is its argument.
  const args = names.length > 0 && entry.asList ? entry.asList : entry.args
  const given =
    typeof args === 'boolean'
      ? []
      : Array.isArray(args)
        ? args.map((value, i) => [names[i] ?? String(i), value] as const)
        : Object.entries(args)
  const expected =
    names.length === 0 ? 'no arguments' : `${names.length} argument${names.length > 1 ? 's' : ''}: ${names.join(', ')}`
  const params = new Map<string, string>()
  for (const [name, value] of given) {
    const type = scope.params.get(name)
    if (!type)
      throw new ApiError('invalid_value', `The scope "${scope.name}" takes ${expected}.`, { source: entry.source })
    const text = value === null ? undefined : type.parse(fullDate(value, type.name))
    if (text === undefined)
      throw new ApiError('invalid_value', `${quote(value)} is not accepted for ${quote(name)}: ${type.accepts}.`, {
        source: entry.source,
      })
    params.set(name, text)
  }
  if (params.size !== names.length)
    throw new ApiError('invalid_value', `The scope "${scope.name}" takes ${expected}.`, { source: entry.source })
  return params
}

/** ISO 8601's reduced precision: `1988` and `1988-03` name their first day. */
function fullDate(value: Exclude<Scalar, null>, type: string): Exclude<Scalar, null> {
  if (type !== 'date' || !/^\d{4}(-\d\d)?$/.test(String(value))) return value
  return String(value).length === 4 ? `${value}-01-01` : `${value}-01`
}
