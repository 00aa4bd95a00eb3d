// Finds what an API shows by a word of its definition, and what else its author should know: `colonnade check` lists it.
import { keyOfTable, tableNameOf } from './bind-table.ts'
import type { DatabaseSchema } from './database-schema.ts'
import { findNegatedClaims } from './find-negated-claims.ts'
import type { Api, Resource } from './model.ts'
import { isHidden } from './request-columns.ts'
import type { ApiDefinition, ResourceDefinition, RoleDefinition } from './resource-definition.ts'
import { reservedParameters, toPath } from './spell-path.ts'

export type FindingKind =
  /** Shown beyond what the reader's own access says, by a word that asks for it. */
  | 'published'
  /** Served or asked for under another name than the database's. */
  | 'renamed'
  /** A negation that is true when the caller's token lacks the claim or the list is empty. */
  | 'negatedClaim'
  /** Roles that will read a new column as soon as it is pulled. */
  | 'gain'
  | 'unreachable'

export interface Finding {
  readonly kind: FindingKind
  /** A sentence that begins with where it is. */
  readonly message: string
}

/** @param api the same definition, compiled against the same database */
export function findExceptions(definition: ApiDefinition, api: Api, database: DatabaseSchema): readonly Finding[] {
  const resources = [...api.resources.values()].flatMap(resource => {
    const name = resource.definedAs
    const own = definition.resources[name]
    return own ? [{ name, definition: own, resource }] : []
  })
  return [
    ...resources.flatMap(findPublished),
    ...resources.flatMap(findRenamed),
    ...resources.flatMap(one =>
      findNegatedClaims(one.name, one.definition).map(message => ({ kind: 'negatedClaim' as const, message })),
    ),
    ...resources.flatMap(one => findGains(one, database)),
    ...findUnreachable(resources, api, database),
  ]
}

interface Known {
  readonly name: string
  readonly definition: ResourceDefinition
  readonly resource: Resource
}

function findPublished({ name, definition: { options }, resource }: Known): readonly Finding[] {
  const messages: string[] = []
  for (const [one, { key, access }] of Object.entries(options.relationships ?? {})) {
    if (key === 'shown')
      messages.push(`${name}.${one}: key: 'shown' shows the foreign key also where the record behind it is hidden.`)
    if (access === 'ends')
      messages.push(`${name}.${one}: access: 'ends' shows which records are linked without asking the join table.`)
  }
  for (const [one, computed] of Object.entries(options.computed ?? {})) {
    if ('sees' in computed && computed.sees === 'all')
      messages.push(`${name}.${one}: sees: 'all' looks at records that the caller may not see.`)
  }
  for (const [one, scope] of Object.entries(options.scopes ?? {})) {
    if (scope.publishes)
      messages.push(`${name}.scopes.${one}: publishes: true lets callers filter by fields that they may not read.`)
  }
  for (const role of resource.roles.values()) {
    for (const field of resource.fields.values()) {
      if (field.reads.length === 0 || !role.named.has(field.name) || !role.reads.has(field.name)) continue
      const hidden = field.reads.filter(one => !role.reads.has(one))
      const what =
        hidden.length > 0
          ? `the role does not read ${hidden.join(', ')}`
          : 'the role reads all that it is made of, today'
      messages.push(`${name}.roles.${role.name}: naming ${field.name} in \`only\` publishes it; ${what}.`)
    }
  }
  return messages.map(message => ({ kind: 'published', message }))
}

function findRenamed({ name, definition: { options }, resource }: Known): readonly Finding[] {
  const messages: string[] = []
  if (resource.path === `${toPath(name)}-table`)
    messages.push(`${name}: is served at ${resource.path}, as ${toPath(name)} is reserved.`)
  for (const field of resource.fields.values()) {
    if (
      field.kind === 'column' &&
      field.reads.length === 0 &&
      field.definedAs !== field.column.name &&
      !options.rename?.[field.column.name]
    ) {
      messages.push(`${name}.${field.column.name}: is served as ${field.name}; \`rename\` chooses another name.`)
    }
    if (reservedParameters.has(field.name))
      messages.push(`${name}.${field.name}: is filtered by as filter[${field.name}]=… only.`)
  }
  return messages.map(message => ({ kind: 'renamed', message }))
}

function findGains(
  { name, definition: { table, schema, options } }: Known,
  database: DatabaseSchema,
): readonly Finding[] {
  const defined = schema[table]
  const wanted = keyOfTable(tableNameOf(table, defined))
  const info = database.tables.find(one => keyOfTable(one) === wanted)
  const fresh = (info?.columns ?? [])
    .filter(column => info && !isHidden(info, column.name) && !Object.hasOwn(defined?.columns ?? {}, column.name))
    .map(column => column.name)
  const roles = options.roles ?? {}
  const gaining = Object.keys(roles).filter(role => gainsColumns(role, roles))
  if (fresh.length === 0 || gaining.length === 0) return []
  return [{ kind: 'gain', message: `${name}: ${fresh.join(', ')} would be read by ${gaining.join(', ')} once pulled.` }]
}

/** `all` and `without` take in what is new, down the whole chain; `only` and `none` do not. */
function gainsColumns(name: string, roles: Readonly<Record<string, RoleDefinition>>): boolean {
  const seen = new Set<string>()
  for (let next: string | undefined = name; next !== undefined && !seen.has(next); ) {
    seen.add(next)
    const role: RoleDefinition | undefined = roles[next]
    const read = role?.read ?? (role?.extends === undefined ? 'none' : 'all')
    if (read === 'none' || (typeof read === 'object' && 'only' in read)) return false
    next = role?.extends
  }
  return true
}

function findUnreachable(resources: readonly Known[], api: Api, database: DatabaseSchema): readonly Finding[] {
  const served = new Set(resources.map(({ resource }) => keyOfTable(resource.table)))
  const schemas = new Set(resources.map(({ resource }) => resource.table.schema))
  const tables = database.tables.filter(table => schemas.has(table.schema) && !served.has(keyOfTable(table)))
  const messages = tables.map(
    ({ schema, name }) => `${schema === 'public' ? name : `${schema}.${name}`}: no resource serves the table.`,
  )
  for (const { name, resource } of resources) {
    if (!isReachable(resource, api)) messages.push(`${name}: no role that anybody can hold reads the resource.`)
    for (const field of resource.fields.values()) {
      if (field.kind !== 'manyToMany' || field.endsOnly) continue
      const join = field.through.resource === null ? undefined : api.resources.get(field.through.resource)
      if (join && isReachable(join, api)) continue
      const why = `no role reads the join table ${field.through.table.name}`
      messages.push(`${name}.${field.name}: nobody can follow it, as ${why}; give it one, or say access: 'ends'.`)
    }
  }
  return messages.map(message => ({ kind: 'unreachable', message }))
}

function isReachable(resource: Resource, api: Api): boolean {
  return [...resource.roles.values()].some(
    role => role.reads.size > 0 && (api.holders.has(role.name) || role.dependsOnRecord),
  )
}
