// Reads the scopes that the caller names, with their arguments.
import { ApiError } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import { allOf, type Condition } from '../expressions/condition.ts'
import { type FilterReader, readFilter } from '../expressions/read-filter.ts'
import type { Scalar } from '../expressions/tree.ts'
import type { ScopeEntry } from '../request/query.ts'
import type { Scope } from '../schema/model.ts'
import { findDefined, policyReader } from '../schema/policy-reader.ts'
import type { Access, AccessSet } from './access.ts'
import { callerReader, isUsable } from './allow-filter.ts'
import { callerOperand } from './caller-operand.ts'
import { unknownField } from './names.ts'
import type { Slots } from './slots.ts'

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
      fieldOf: name => findDefined(resource, name),
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
    const param = scope.params.get(name)
    if (!param)
      throw new ApiError('invalid_value', `The scope "${scope.name}" takes ${expected}.`, { source: entry.source })
    const { type, definedAs } = param
    const text = value === null ? undefined : type.parse(fullDate(value, type.name))
    if (text === undefined)
      throw new ApiError('invalid_value', `${quote(value)} is not accepted for ${quote(name)}: ${type.accepts}.`, {
        source: entry.source,
      })
    params.set(definedAs, text)
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
