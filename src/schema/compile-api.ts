// Compiles a definition against the database: every name resolved, or every problem reported at once.
import { readFilter } from '../expressions/read-filter.ts'
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import { columnType } from '../types/index.ts'
import {
  type BoundTable,
  bindTable,
  compileComputed,
  compileFields,
  keyOfTable,
  type Report,
  type SqlTypeOf,
  tableNameOf,
} from './compile-fields.ts'
import { compileRoles } from './compile-roles.ts'
import type { DatabaseSchema } from './database-schema.ts'
import { DefinitionError } from './definition-error.ts'
import type { Field } from './field.ts'
import type { Api, DeclaredFilter, Limits, Resource, Role, Scope, SortTerm } from './model.ts'
import { findField, policyReader } from './policy-reader.ts'
import type { ApiDefinition, ApiOptions, ResourceDefinition } from './resource-definition.ts'
import { foldPath, reservedPaths, singular, toPath } from './spell-path.ts'
import { hint } from './suggest.ts'

export const defaultLimits: Limits = {
  keyDepth: 10,
  filterNodes: 100,
  listItems: 1000,
  includeDepth: 4,
  sortKeys: 8,
  offset: 100_000,
  urlBytes: 16_384,
  headerBytes: 16_384,
  bodyBytes: 1_048_576,
  includedRows: 250_000,
  groups: 1000,
  searchBytes: 1024,
}

/**
 * @param sqlTypeOf how the database spells the type of a column
 * @throws DefinitionError with every problem found
 */
export function compileApi(definition: ApiDefinition, database: DatabaseSchema, sqlTypeOf: SqlTypeOf): Api {
  const problems: string[] = []
  const report: Report = problem => void problems.push(problem)
  const tables = bindTables(definition, database, sqlTypeOf, report)
  const served = withUnserved(definition, tables)
  const resourceOf = resourceByTable(served)
  const resources = new Map<string, Resource>()
  for (const [name, resource] of Object.entries(served)) {
    const bound = tables.get(resource.table)
    if (bound) resources.set(name, shapeResource(name, resource, bound, tables, resourceOf, definition.options, report))
  }
  // Roles speak of other resources' fields, so they come once all fields are there.
  for (const [name, resource] of resources)
    Object.assign(resource, finishResource(resource, served[name] as ResourceDefinition, resources, report))
  checkHolders(resources, definition, report)
  const paths = spellPaths(
    [...resources.values()].filter(resource => Object.hasOwn(definition.resources, resource.name)),
    report,
  )
  if (problems.length > 0) throw new DefinitionError([...new Set(problems)])
  return {
    basePath: definition.options.basePath ?? '/api',
    resources,
    paths,
    holders: new Map(Object.entries(definition.options.roles ?? {})),
    versions: new Set(['1']),
    limits: { ...defaultLimits, ...definition.options.limits },
    statementTimeoutMs: definition.options.statementTimeoutMs ?? 10_000,
    secret: definition.options.secret ?? null,
    timingRoles: definition.options.timingRoles ?? [],
  }
}

function bindTables(
  definition: ApiDefinition,
  database: DatabaseSchema,
  sqlTypeOf: SqlTypeOf,
  report: Report,
): ReadonlyMap<string, BoundTable> {
  const infos = new Map(database.tables.map(table => [keyOfTable(table), table]))
  const tables = new Map<string, BoundTable>()
  for (const schema of new Set(Object.values(definition.resources).map(resource => resource.schema))) {
    for (const [entry, table] of Object.entries(schema)) {
      if (tables.has(entry)) continue
      // A table that no resource serves may have gone; one that is served may not.
      const needed = Object.values(definition.resources).some(resource => resource.table === entry)
      if (!needed && !infos.has(keyOfTable(tableNameOf(entry, table)))) continue
      const bound = bindTable(entry, table, infos, sqlTypeOf, needed ? report : () => undefined)
      if (bound) tables.set(entry, bound)
    }
  }
  return tables
}

/** Tables that nobody serves have no roles and no path; policies walk them all the same. */
function withUnserved(
  definition: ApiDefinition,
  tables: ReadonlyMap<string, BoundTable>,
): Readonly<Record<string, ResourceDefinition>> {
  const served: Record<string, ResourceDefinition> = { ...definition.resources }
  const entries = new Set(Object.values(definition.resources).map(resource => resource.table))
  for (const schema of new Set(Object.values(definition.resources).map(resource => resource.schema))) {
    for (const table of tables.keys()) {
      if (entries.has(table) || !Object.hasOwn(schema, table)) continue
      entries.add(table)
      served[Object.hasOwn(served, table) ? `${table} (unserved)` : table] = {
        kind: 'resource',
        table,
        schema,
        options: {},
      }
    }
  }
  return served
}

/** The resource that serves a table: the one of the table's own name, else the first. */
function resourceByTable(resources: Readonly<Record<string, ResourceDefinition>>): (entry: string) => string | null {
  const byTable = new Map<string, string>()
  for (const [name, { table }] of Object.entries(resources))
    if (!byTable.has(table) || name === table) byTable.set(table, name)
  return entry => byTable.get(entry) ?? null
}

function shapeResource(
  name: string,
  definition: ResourceDefinition,
  bound: BoundTable,
  tables: ReadonlyMap<string, BoundTable>,
  resourceOf: (entry: string) => string | null,
  options: ApiOptions,
  report: Report,
): Resource {
  const { fields, aliases, key } = compileFields(definition, bound, tables, resourceOf, report)
  for (const [computed, one] of Object.entries(definition.options.computed ?? {})) {
    const field = compileComputed(computed, one, name, fields, aliases, report)
    if (field) (fields as Map<string, Field>).set(computed, field)
  }
  const natural = definition.options.naturalKey
  const naturalKey = natural === undefined ? undefined : (fields.get(natural) ?? fields.get(aliases.get(natural) ?? ''))
  if (natural !== undefined && naturalKey?.kind !== 'column') report(`${name}.naturalKey: "${natural}" is no column`)
  if (
    naturalKey?.kind === 'column' &&
    !bound.info.uniques.some(one => one.columns.length === 1 && one.columns[0] === naturalKey.column.name)
  ) {
    report(`${name}.naturalKey: "${natural}" is not unique in the database`)
  }
  return {
    name,
    path: reservedPaths.has(toPath(name)) || /^v\d+$/.test(name) ? `${toPath(name)}-table` : toPath(name),
    table: bound.info,
    columns: bound.columns,
    key,
    fields,
    aliases,
    roles: new Map(),
    naturalKey: naturalKey?.kind === 'column' ? naturalKey : null,
    filterable: null,
    declaredFilters: new Map(),
    sortable: null,
    declaredSorts: new Map(),
    defaultSort: [],
    scopes: new Map(),
    page: {
      size: definition.options.page?.size ?? options.page?.size ?? 25,
      maxSize: definition.options.page?.maxSize ?? options.page?.maxSize ?? 100,
    },
  }
}

function finishResource(
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
  return {
    roles: compileRoles(resource, options.roles ?? {}, policyReader(resources), report) as ReadonlyMap<string, Role>,
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

/** A role that nobody can come to, and from which none is taken, is a misspelling. */
function checkHolders(resources: ReadonlyMap<string, Resource>, definition: ApiDefinition, report: Report): void {
  const held = Object.keys(definition.options.roles ?? {})
  const used = new Set<string>()
  for (const resource of resources.values()) {
    const extended = Object.values(definition.resources[resource.name]?.options.roles ?? {}).map(role => role.extends)
    for (const role of resource.roles.values()) {
      used.add(role.name)
      if (!held.includes(role.name) && !role.dependsOnRecord && !extended.includes(role.name)) {
        report(
          `${resource.name}.roles.${role.name}: defineApi says of no principal that it holds "${role.name}".${hint(role.name, held)} Add it to \`roles\`, or give the role a \`when\`.`,
        )
      }
    }
  }
  for (const name of held)
    if (!used.has(name)) report(`defineApi: no resource has a role "${name}".${hint(name, used)}`)
}

function spellPaths(resources: readonly Resource[], report: Report): ReadonlyMap<string, Resource> {
  const paths = new Map<string, Resource>()
  for (const resource of resources) {
    if (paths.has(resource.path))
      report(`${resource.name}: its path ${resource.path} is taken; name the resource otherwise`)
    paths.set(resource.path, resource)
  }
  for (const resource of resources) {
    for (const path of [resource.name, foldPath(resource.name), singular(resource.path)])
      if (!paths.has(path)) paths.set(path, resource)
  }
  return paths
}
