// Compiles a definition against the database: every name resolved, or every problem reported at once.
import {
  type BoundTable,
  bindTable,
  keyOfTable,
  listOf,
  type Report,
  type SqlTypeOf,
  tableNameOf,
} from './bind-table.ts'
import { checkHolders } from './check-holders.ts'
import { compileBasePath } from './compile-base-path.ts'
import { compileCacheVersion, compileCaching } from './compile-caching.ts'
import { compileComputed } from './compile-computed.ts'
import { compileFields } from './compile-fields.ts'
import type { Surroundings } from './compile-relationship.ts'
import { compileRequest } from './compile-request.ts'
import { compileSoftDelete } from './compile-soft-delete.ts'
import { compileStatus } from './compile-status.ts'
import { compileVersioning } from './compile-versioning.ts'
import type { DatabaseSchema } from './database-schema.ts'
import { DefinitionError } from './definition-error.ts'
import { documentName } from './document-names.ts'
import type { Column } from './field.ts'
import { finishResource } from './finish-resource.ts'
import { layPaths } from './lay-paths.ts'
import { defaultLimits } from './limits.ts'
import type { Api, Resource } from './model.ts'
import { type Spell, spellDeclared, spellingOf } from './naming.ts'
import { findDefined } from './policy-reader.ts'
import { isRequestTable, reportColumns, requestColumns } from './request-columns.ts'
import type { ApiDefinition, ApiOptions, ResourceDefinition } from './resource-definition.ts'
import { isReservedPath, toPath } from './spell-path.ts'

/**
 * @param sqlTypeOf how the database spells the type of a column
 * @throws DefinitionError with every problem found
 */
export function compileApi(definition: ApiDefinition, database: DatabaseSchema, sqlTypeOf: SqlTypeOf): Api {
  const problems: string[] = []
  const report: Report = problem => void problems.push(problem)
  const tables = bindTables(definition, database, sqlTypeOf, report)
  const served = withUnserved(definition, tables)
  const spell = spellingOf(definition.options.naming)
  const servedBy = resourceByTable(served)
  const resourceOf = (entry: string) => spellIfAny(servedBy(entry), spell)
  const chosenKeyOf = (entry: string) => listOf(served[servedBy(entry) ?? '']?.options.key)
  const surroundings: Surroundings = { tables, resourceOf, chosenKeyOf, spell, report }
  const resources = new Map<string, Resource>()
  for (const [name, [definedAs, resource]] of spellDeclared(Object.entries(served), spell, report)) {
    const bound = tables.get(resource.table)
    if (bound)
      resources.set(name, shapeResource(definedAs, resource, bound, definition.options, surroundings, sqlTypeOf))
  }
  // Roles speak of other resources' fields, so they come once all fields are there.
  for (const resource of resources.values()) {
    const own = served[resource.definedAs] as ResourceDefinition
    Object.assign(resource, finishResource(resource, own, resources, spell, report))
  }
  checkHolders(resources, definition, report)
  checkRequests(definition, tables, report)
  const paths = layPaths(
    [...resources.values()].filter(resource => Object.hasOwn(definition.resources, resource.definedAs)),
    report,
  )
  const basePath = compileBasePath(definition.options.basePath, report)
  const { responseCache, idempotency } = definition.options
  checkWhole('responseCache', { maxBytes: responseCache?.maxBytes, maxAgeMs: responseCache?.maxAgeMs }, report)
  checkWhole('idempotency', { maxAgeMs: idempotency?.maxAgeMs }, report)
  if (problems.length > 0) throw new DefinitionError([...new Set(problems)])
  return {
    basePath,
    resources,
    paths,
    holders: new Map(Object.entries(definition.options.roles ?? {})),
    ...compileVersioning(definition.options),
    limits: { ...defaultLimits, ...definition.options.limits },
    statementTimeoutMs: definition.options.statementTimeoutMs ?? 10_000,
    secret: definition.options.secret ?? null,
    timingRoles: definition.options.timingRoles ?? [],
    tables: namesOf(database.tables.filter(one => one.onlyRows)),
    lockable: namesOf(database.tables.filter(one => one.lockable)),
    responseCache: responseCache ? cacheLimits(responseCache) : null,
    cacheVersion: compileCacheVersion(definition.options.cacheVersion),
    idempotency: { maxAgeMs: idempotency?.maxAgeMs ?? 24 * 60 * 60 * 1000 },
  }
}

/** A table is one queue, and who adds to it says who he is. */
function checkRequests({ resources }: ApiDefinition, tables: ReadonlyMap<string, BoundTable>, report: Report): void {
  const served = new Map<string, string>()
  for (const [name, { table, request, options }] of Object.entries(resources)) {
    const bound = tables.get(table)
    if (!bound || !isRequestTable(bound.info)) continue
    const creates = Object.values(options.roles ?? {}).some(
      ({ write }) => write === 'all' || (typeof write === 'object' && 'create' in write),
    )
    if (!request && creates)
      report(`${name}: what is created in ${table} is a command, so it takes requests() in place of resource()`)
    const other = request && served.get(keyOfTable(bound.info))
    if (other !== undefined) report(`${name}: the requests of ${table} are performed by "${other}" already`)
    if (request) served.set(keyOfTable(bound.info), name)
  }
}

/** `public.videos` */
function namesOf(tables: DatabaseSchema['tables']): ReadonlySet<string> {
  return new Set(tables.map(one => `${one.schema}.${one.name}`))
}

type CacheOptions = NonNullable<ApiOptions['responseCache']>

function cacheLimits({ maxBytes, maxAgeMs, private: isPrivate }: CacheOptions): Api['responseCache'] {
  return { maxBytes: maxBytes ?? 64 * 1024 * 1024, maxAgeMs: maxAgeMs ?? 60_000, private: isPrivate ?? false }
}

function checkWhole(option: string, values: Readonly<Record<string, number | undefined>>, report: Report): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      report(`${option}.${name}: must be a whole number above 0, not ${value}`)
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
      const isQueue = Object.values(definition.resources).some(one => one.table === entry && one.request)
      const told = new Set(isQueue ? [...requestColumns, ...reportColumns].map(column => column.name) : [])
      const bound = bindTable(entry, table, infos, sqlTypeOf, needed ? report : () => undefined, told)
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

function spellIfAny(name: string | null, spell: Spell): string | null {
  return name === null ? null : spell(name)
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
  options: ApiOptions,
  surroundings: Surroundings,
  sqlTypeOf: SqlTypeOf,
): Resource {
  const { report, spell } = surroundings
  const known = compileFields(definition, bound, surroundings)
  const { fields, aliases, defined, key } = known
  checkKey(name, definition, key, bound, report)
  const state = compileStatus(definition, name, known, spell, report)
  for (const [computed, one] of Object.entries(definition.options.computed ?? {})) {
    const field = compileComputed(computed, one, name, known, spell, report)
    if (!field) continue
    fields.set(field.name, field)
    defined.set(computed, field.name)
  }
  for (const field of fields.values()) {
    const spelled = documentName(field, { fields })
    const isKey = field.kind === 'column' && field.inKey && key.length === 1
    if (spelled !== field.name && !isKey) aliases.set(spelled, field.name)
  }
  const natural = definition.options.naturalKey
  const naturalKey = natural === undefined ? undefined : findDefined(known, natural)
  if (natural !== undefined && naturalKey?.kind !== 'column') report(`${name}.naturalKey: "${natural}" is no column`)
  if (
    naturalKey?.kind === 'column' &&
    !bound.info.uniques.some(one => one.columns.length === 1 && one.columns[0] === naturalKey.column.name)
  ) {
    report(`${name}.naturalKey: "${natural}" is not unique in the database`)
  }
  return {
    ...known,
    name: spell(name),
    definedAs: name,
    path: isReservedPath(toPath(name)) ? `${toPath(name)}-table` : toPath(name),
    table: bound.info,
    columns: bound.columns,
    roles: new Map(),
    naturalKey: naturalKey?.kind === 'column' ? naturalKey : null,
    softDelete: compileSoftDelete(definition.options.softDelete, name, known, report),
    filterable: null,
    declaredFilters: new Map(),
    sortable: null,
    declaredSorts: new Map(),
    defaultSort: [],
    scopes: new Map(),
    actions: new Map(),
    singulars: new Map(),
    page: {
      size: definition.options.page?.size ?? options.page?.size ?? 25,
      maxSize: definition.options.page?.maxSize ?? options.page?.maxSize ?? 100,
    },
    hooks: definition.options.hooks ?? null,
    request: compileRequest(definition, { name, known, key, bound, sqlTypeOf, state, report }),
    caching: compileCaching(definition.options.caching, options, name, known, report),
  }
}

/** A chosen key names records, so no two may share it and none may lack it. */
function checkKey(
  name: string,
  { options }: ResourceDefinition,
  key: readonly Column[],
  bound: BoundTable,
  report: Report,
): void {
  const chosen = listOf(options.key)
  if (chosen.length === 0) return
  const names = key.map(column => column.name)
  const unique = [bound.info.primaryKey ?? [], ...bound.info.uniques.map(one => one.columns)]
  const isUnique = unique.some(
    columns => columns.length === names.length && columns.every(column => names.includes(column)),
  )
  if (names.length < chosen.length)
    report(`${name}.key: there is no column "${chosen.find(one => !names.includes(one))}"`)
  else if (bound.info.kind === 'table' && !isUnique)
    report(`${name}.key: ${names.join(', ')} is not unique in the database`)
  else if (bound.info.kind === 'table' && key.some(column => column.nullable))
    report(`${name}.key: ${names.join(', ')} may be null`)
}
