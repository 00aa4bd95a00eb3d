// Reads what a resource says of filters, sorts, scopes and roles, once all fields are there.
import { readFilter } from '../expressions/read-filter.ts'
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import { columnType } from '../types/index.ts'
import type { Report } from './bind-table.ts'
import { compileActions } from './compile-actions.ts'
import { compileRoles } from './compile-roles.ts'
import { compileSingulars } from './compile-singulars.ts'
import type { Field } from './field.ts'
import type { DeclaredFilter, Resource, Scope, SortTerm } from './model.ts'
import { findField, policyReader, roleReader } from './policy-reader.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

/** What a resource says of queries and roles; it speaks of other resources' fields, so those come first. */
export function finishResource(
  resource: Resource,
  { options }: ResourceDefinition,
  resources: ReadonlyMap<string, Resource>,
  report: Report,
): Partial<Resource> {
  const where = resource.name
  const filters = splitDeclared(options.filters)
  const sorts = splitDeclared(options.sorts)
  const known = (name: string, place: string) => {
    const field = findField(resource, name)
    if (!field) report(`${where}.${place}: there is no field "${name}".${hint(name, resource.fields.keys())}`)
    return field?.name ?? name
  }
  const declaredFilters = new Map<string, DeclaredFilter>()
  for (const [name, filter] of filters.declared)
    declaredFilters.set(name, { name, tree: treeOfDefinition(filter, `${where}.filters.${name}`) })
  const declaredSorts = new Map([...sorts.declared].map(([name, path]) => [name, path.split('.')] as const))
  for (const [name, path] of declaredSorts) checkSortPath(path, resource, resources, `${where}.sorts.${name}`, report)
  const scopes = new Map<string, Scope>()
  for (const [name, scope] of Object.entries(options.scopes ?? {})) {
    const params = new Map(
      Object.entries(scope.params ?? {}).map(([param, type]) => [param, columnType(type)] as const),
    )
    scopes.set(name, {
      name,
      params,
      tree: treeOfDefinition(scope.where, `${where}.scopes.${name}`),
      publishes: scope.publishes === true,
    })
  }
  checkTrees(resource, [...declaredFilters.values(), ...scopes.values()], resources, report)
  const wanted =
    options.defaultSort === undefined
      ? []
      : typeof options.defaultSort === 'string'
        ? [options.defaultSort]
        : options.defaultSort
  const defaultSort: SortTerm[] = wanted.map(term => ({
    path: declaredSorts.get(term.replace(/^-/, '')) ?? term.replace(/^-/, '').split('.'),
    descending: term.startsWith('-'),
  }))
  for (const { path } of defaultSort) checkSortPath(path, resource, resources, `${where}.defaultSort`, report)
  const reader = roleReader(resources)
  const roles = compileRoles(resource, options.roles ?? {}, reader, report)
  return {
    roles,
    actions: compileActions(resource, options.actions ?? {}, roles, reader, report),
    singulars: compileSingulars(resource, options.singulars ?? {}, resources, reader, report),
    filterable: filters.names && new Set(filters.names.map(name => known(name, 'filters'))),
    sortable: sorts.names && new Set(sorts.names.map(name => known(name, 'sorts'))),
    declaredFilters,
    declaredSorts,
    defaultSort,
    scopes,
  }
}

/** A list says all that there is; an object adds to what is there. */
function splitDeclared<T>(
  given: readonly (string | Readonly<Record<string, T>>)[] | Readonly<Record<string, T>> | undefined,
) {
  if (given === undefined) return { names: null, declared: [] as [string, T][] }
  if (!Array.isArray(given)) return { names: null, declared: Object.entries(given as Readonly<Record<string, T>>) }
  const names = given.filter(one => typeof one === 'string')
  return {
    names,
    declared: given.flatMap(one => (typeof one === 'string' ? [] : Object.entries(one as Readonly<Record<string, T>>))),
  }
}

function checkSortPath(
  path: readonly string[],
  resource: Resource,
  resources: ReadonlyMap<string, Resource>,
  where: string,
  report: Report,
): void {
  let at: Resource | undefined = resource
  path.forEach((name, i) => {
    const field: Field | undefined = at && findField(at, name)
    const last = i === path.length - 1
    if (!field)
      report(
        `${where}: ${at?.name ?? resource.name} has no field "${name}".${hint(name, (at ?? resource).fields.keys())}`,
      )
    else if (!last && !(field.kind === 'toOne' || (field.kind === 'toMany' && field.single)))
      report(`${where}: "${name}" leads to many records`)
    at = field && 'target' in field && field.target !== null ? resources.get(field.target) : undefined
  })
}

/** Reads declared filters and scopes once with any value, so that a misspelt name is found at the start. */
function checkTrees(
  resource: Resource,
  trees: readonly (DeclaredFilter | Scope)[],
  resources: ReadonlyMap<string, Resource>,
  report: Report,
): void {
  const policy = policyReader(resources)
  const reader = { ...policy, operand: () => ({ kind: 'now' }) as const }
  for (const { name, tree } of trees) {
    try {
      readFilter(tree, resource, reader)
    } catch (error) {
      report(`${resource.name}: "${name}": ${(error as Error).message}`)
    }
  }
}
