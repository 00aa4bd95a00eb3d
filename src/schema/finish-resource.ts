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
import { type Spell, spellDeclared } from './naming.ts'
import { definedNames, findDefined, policyReader, roleReader } from './policy-reader.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

/** What a resource says of queries and roles; it speaks of other resources' fields, so those come first. */
export function finishResource(
  resource: Resource,
  { options }: ResourceDefinition,
  resources: ReadonlyMap<string, Resource>,
  spell: Spell,
  report: Report,
): Partial<Resource> {
  const where = resource.definedAs
  const filters = splitDeclared(options.filters)
  const sorts = splitDeclared(options.sorts)
  const known = (name: string, place: string) => {
    const field = findDefined(resource, name)
    if (!field) report(`${where}.${place}: there is no field "${name}".${hint(name, definedNames(resource))}`)
    return field?.name ?? name
  }
  const declaredFilters = new Map<string, DeclaredFilter>()
  const spelled = <T>(entries: Iterable<readonly [string, T]>, place: string) =>
    spellDeclared(entries, spell, problem => report(`${where}.${place}: ${problem}`))
  for (const [name, [definedAs, filter]] of spelled(filters.declared, 'filters'))
    declaredFilters.set(name, { name, tree: treeOfDefinition(filter, `${where}.filters.${definedAs}`) })
  const declaredSorts = new Map<string, readonly string[]>()
  const sortsAsDefined = new Map<string, readonly string[]>()
  for (const [name, [definedAs, path]] of spelled(sorts.declared, 'sorts')) {
    const served = readSortPath(path.split('.'), resource, resources, `${where}.sorts.${definedAs}`, report)
    declaredSorts.set(name, served)
    sortsAsDefined.set(definedAs, served)
  }
  const scopes = new Map<string, Scope>()
  for (const [name, [definedAs, scope]] of spelled(Object.entries(options.scopes ?? {}), 'scopes')) {
    const params = [...spelled(Object.entries(scope.params ?? {}), `scopes.${definedAs}.params`)]
    scopes.set(name, {
      name,
      params: new Map(params.map(([param, [own, type]]) => [param, { definedAs: own, type: columnType(type) }])),
      tree: treeOfDefinition(scope.where, `${where}.scopes.${definedAs}`),
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
  const defaultSort = wanted.map((term): SortTerm => {
    const name = term.replace(/^-/, '')
    const read = () => readSortPath(name.split('.'), resource, resources, `${where}.defaultSort`, report)
    return { path: sortsAsDefined.get(name) ?? read(), descending: term.startsWith('-') }
  })
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

/** @returns the names as they are served */
function readSortPath(
  path: readonly string[],
  resource: Resource,
  resources: ReadonlyMap<string, Resource>,
  where: string,
  report: Report,
): readonly string[] {
  let at: Resource | undefined = resource
  return path.map((name, i) => {
    const field: Field | undefined = at && findDefined(at, name)
    const last = i === path.length - 1
    if (!field)
      report(
        `${where}: ${(at ?? resource).definedAs} has no field "${name}".${hint(name, definedNames(at ?? resource))}`,
      )
    else if (!last && !(field.kind === 'toOne' || (field.kind === 'toMany' && field.single)))
      report(`${where}: "${name}" leads to many records`)
    at = field && 'target' in field && field.target !== null ? resources.get(field.target) : undefined
    return field?.name ?? name
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
      report(`${resource.definedAs}: "${name}": ${(error as Error).message}`)
    }
  }
}
