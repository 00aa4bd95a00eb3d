// Reads the definition of the videos example as plain data: what the naive model knows of tables, relationships and roles.
import definition from '../../examples/videos/api.ts'
import type { ApiDefinition, FilterDefinition, RoleHolder } from '../../src/schema/resource-definition.ts'
import { type ColumnFact, type FieldFact, listOf, type RoleFact, type TypeName } from './field-facts.ts'
import { readRole } from './read-role.ts'

export {
  type ColumnFact,
  type FieldFact,
  isRelationship,
  isToMany,
  type RelationshipFact,
  type RoleFact,
} from './field-facts.ts'

export interface ResourceFact {
  readonly name: string
  readonly key: readonly string[]
  readonly columns: readonly ColumnFact[]
  readonly fields: ReadonlyMap<string, FieldFact>
  readonly roles: readonly RoleFact[]
  readonly naturalKey: string | null
  /** Null: all that may be read. */
  readonly sortable: ReadonlySet<string> | null
  readonly declaredSorts: ReadonlyMap<string, readonly string[]>
  readonly defaultSort: readonly string[]
  readonly declaredFilters: ReadonlyMap<string, FilterDefinition>
  readonly scopes: ReadonlyMap<string, { readonly params: readonly string[]; readonly where: FilterDefinition }>
}

const api: ApiDefinition = definition

export const holders: Readonly<Record<string, RoleHolder>> = api.options.roles ?? {}
export const resources: ReadonlyMap<string, ResourceFact> = new Map(
  Object.keys(api.resources).map(name => [name, readResource(name)]),
)

export function resourceOf(name: string): ResourceFact {
  const found = resources.get(name)
  if (!found) throw new Error(`there is no resource ${name}`)
  return found
}

export function fieldOf(resource: string, name: string): FieldFact {
  const found = resourceOf(resource).fields.get(name)
  if (!found) throw new Error(`${resource} has no field ${name}`)
  return found
}

/** How a field compares and is shown; undefined for what is no single value. */
export function typeOf(resource: string, field: FieldFact): ColumnFact | undefined {
  if (field.kind === 'column' || field.kind === 'toOne') return field.column
  if (field.kind === 'exists' || field.kind === 'where') return { name: field.name, type: 'bool', labels: [] }
  return field.kind === 'copy' ? typeOf(resource, fieldOf(resource, field.of)) : undefined
}

/** Fields that must be readable for a computed one to be. */
export function partsOf(resource: ResourceFact, field: FieldFact): readonly string[] {
  if (field.kind === 'copy') return [field.of]
  if (field.kind === 'exists') return [field.relationship]
  return field.kind === 'where' ? Object.keys(field.filter).filter(name => resource.fields.has(name)) : []
}

function readResource(name: string): ResourceFact {
  const definition = api.resources[name]
  const table = definition?.schema[definition.table]
  if (!definition || !table) throw new Error(`there is no table for ${name}`)
  const { options } = definition
  const key = listOf(table.key)
  const columns = Object.entries(table.columns).map(([column, word]) => readColumn(column, word))
  const fields = new Map<string, FieldFact>()
  const relationships = Object.entries(table.relationships ?? {})
  const foreign = new Set(relationships.flatMap(([, one]) => ('belongsTo' in one ? listOf(one.by) : [])))
  for (const column of columns)
    if (!foreign.has(column.name))
      fields.set(column.name, { kind: 'column', name: column.name, column, inKey: key.includes(column.name) })
  for (const [called, one] of relationships) {
    if ('belongsTo' in one) {
      const column = columns.find(({ name: own }) => own === listOf(one.by)[0]) as ColumnFact
      fields.set(called, {
        kind: 'toOne',
        name: called,
        column,
        inKey: key.includes(column.name),
        target: one.belongsTo,
      })
    } else if ('hasMany' in one) {
      const by = listOf(one.by)[0] as string
      fields.set(called, {
        kind: 'toMany',
        name: called,
        target: one.hasMany,
        by,
        holder: holderOf(definition.schema[one.hasMany], by),
      })
    } else if ('manyToMany' in one) {
      const [near, far] = one.by.map(by => listOf(by)[0]) as [string, string]
      fields.set(called, { kind: 'manyToMany', name: called, target: one.manyToMany, through: one.through, near, far })
    }
  }
  fields.set('links', { kind: 'links', name: 'links' })
  for (const [called, one] of Object.entries(options.computed ?? {})) {
    if ('exists' in one) {
      const [relationship, filter] = Object.entries(one.exists)[0] as [string, true | FilterDefinition]
      fields.set(called, { kind: 'exists', name: called, relationship, filter: filter === true ? {} : filter })
    } else if ('where' in one) fields.set(called, { kind: 'where', name: called, filter: one.where })
    else if ('field' in one) fields.set(called, { kind: 'copy', name: called, of: one.field })
    else throw new Error(`the naive model does not know the computed field ${called}`)
  }
  const roles = Object.keys(options.roles ?? {}).map(role => readRole(role, options.roles ?? {}, fields, key))
  const sorts = options.sorts
  const listed: readonly unknown[] | null = Array.isArray(sorts) ? sorts : null
  return {
    name,
    key,
    columns,
    fields,
    roles,
    naturalKey: options.naturalKey ?? null,
    sortable: listed && new Set(listed.filter(one => typeof one === 'string')),
    declaredSorts: new Map(
      listed
        ? []
        : Object.entries((sorts ?? {}) as Readonly<Record<string, string>>).map(([one, path]) => [
            one,
            path.split('.'),
          ]),
    ),
    defaultSort: listOf(options.defaultSort),
    declaredFilters: new Map(Object.entries((options.filters ?? {}) as Readonly<Record<string, FilterDefinition>>)),
    scopes: new Map(
      Object.entries(options.scopes ?? {}).map(([one, scope]) => [
        one,
        { params: Object.keys(scope.params ?? {}), where: scope.where },
      ]),
    ),
  }
}

function readColumn(name: string, word: unknown): ColumnFact {
  if (typeof word === 'object' && word !== null && 'enum' in word)
    return { name, type: 'enum', labels: word.enum as readonly string[] }
  return { name, type: String(word).split(' ')[0] as TypeName, labels: [] }
}

/** The relationship that holds the foreign key on the other side. */
function holderOf(
  table: { readonly relationships?: Readonly<Record<string, object>> } | undefined,
  by: string,
): string {
  const found = Object.entries(table?.relationships ?? {}).find(
    ([, one]) => 'belongsTo' in one && 'by' in one && listOf(one.by as string)[0] === by,
  )
  if (!found) throw new Error(`nothing holds ${by}`)
  return found[0]
}
