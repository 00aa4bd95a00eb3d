// Compiles, once for a resource, how each of its fields is read from the body of a write.
import type { ColumnInfo, TableInfo } from '../schema/database-schema.ts'
import type { Column, ColumnField, Field, ManyToManyField, ToOneField } from '../schema/field.ts'
import type { Resource } from '../schema/model.ts'
import { findDefined } from '../schema/policy-reader.ts'
import type { RuleDefinition } from '../schema/resource-definition.ts'
import { hint } from '../schema/suggest.ts'
import { type ValueReader, valueReader } from './check-value.ts'
import type { Keywords } from './declared-keywords.ts'
import { type Limits, mergeLimits } from './limits.ts'
import { readCheck } from './read-check.ts'

/** What is known of a resource's records. */
export interface RecordSource {
  readonly resource: Resource
  /** All of the API, for the names of the keys that relationships point to. */
  readonly resources: ReadonlyMap<string, Resource>
  readonly table: TableInfo
  /** Declared keywords, by the name of a column or field. */
  readonly schema?: Readonly<Record<string, Keywords>> | undefined
  /** Declared rules over several fields. */
  readonly rules?: Readonly<Record<string, RuleDefinition>> | undefined
}

interface InputBase {
  readonly name: string
  /** Other names that are taken for it: `user_id` for `user`. */
  readonly aliases: readonly string[]
  readonly nullable: boolean
  /** A row cannot be made without it: neither null nor a default would serve. */
  readonly needed: boolean
}
export interface ColumnInput extends InputBase {
  readonly kind: 'column'
  readonly field: ColumnField
  readonly reader: ValueReader
}
export interface KeyPart {
  /** As the record that is pointed to calls it: `id`. */
  readonly name: string
  readonly column: Column
  readonly reader: ValueReader
}
export interface ToOneInput extends InputBase {
  readonly kind: 'toOne'
  readonly field: ToOneField
  /** In the order of `field.chosenKey ?? field.link.foreign`. */
  readonly parts: readonly KeyPart[]
}
export interface LinksInput extends InputBase {
  readonly kind: 'links'
  readonly field: ManyToManyField
  /** The key that a join row keeps, as the records that are linked show it. */
  readonly parts: readonly KeyPart[]
  readonly natural: KeyPart | null
}
export type FieldInput = ColumnInput | ToOneInput | LinksInput

export interface RecordInputs {
  readonly source: RecordSource
  /** By the names of fields, in their order; only what can be written at all. */
  readonly fields: ReadonlyMap<string, FieldInput>
}

/**
 * @param report takes what is wrong with the declared keywords and rules
 * @example
 * const inputs = compileInputs({ resource, resources, table, schema: options.schema, rules: options.rules }, report)
 * const validate = recordValidator(inputs, { kind: 'create', writable, readable })
 */
export function compileInputs(source: RecordSource, report: (problem: string) => void): RecordInputs {
  const { resource, table } = source
  const infos = new Map(table.columns.map(column => [column.name, column]))
  const declared = declaredByField(source, report)
  const columnFields = new Set(
    [...resource.fields.values()].flatMap(field => (field.kind === 'column' ? [field.column.name] : [])),
  )
  const fields = new Map<string, FieldInput>()
  for (const field of resource.fields.values()) {
    const input = compileInput(field, source, infos, columnFields, declared.get(field.name) ?? {}, report)
    if (input) fields.set(field.name, input)
  }
  if (resource.key.length === 0 && Object.keys(source.rules ?? {}).length > 0)
    report(`${resource.definedAs}.rules: a table without a key has no rules, as its rows cannot be read again`)
  for (const [name, { fields: read }] of Object.entries(source.rules ?? {}))
    for (const one of read)
      if (!infos.has(one))
        report(`${resource.definedAs}.rules.${name}: there is no column "${one}".${hint(one, infos.keys())}`)
  return { source, fields }
}

function declaredByField({ resource, schema = {} }: RecordSource, report: (problem: string) => void) {
  const declared = new Map<string, Keywords>()
  for (const [name, keywords] of Object.entries(schema)) {
    const field = findDefined(resource, name)
    if (field?.kind === 'column' || (field?.kind === 'toOne' && field.link.own.length === 1 && !field.chosenKey))
      declared.set(field.name, keywords)
    else report(`${resource.definedAs}.schema: there is no column "${name}".${hint(name, resource.columns.keys())}`)
  }
  return declared
}

function compileInput(
  field: Field,
  source: RecordSource,
  infos: ReadonlyMap<string, ColumnInfo>,
  columnFields: ReadonlySet<string>,
  declared: Keywords,
  report: (problem: string) => void,
): FieldInput | undefined {
  const { resource } = source
  const aliases = [...resource.aliases].filter(([, name]) => name === field.name).map(([alias]) => alias)
  const read = (column: Column, limits: Limits, keywords: Keywords): ValueReader => {
    try {
      return valueReader(column.type, limits, keywords)
    } catch (error) {
      report(`${resource.definedAs}.schema.${field.definedAs}: ${(error as Error).message}`)
      return valueReader(column.type, limits)
    }
  }
  if (field.kind === 'column') {
    const info = infos.get(field.column.name)
    if (!info || isGenerated(info)) return undefined
    const limits = limitsOf(info, source.table)
    const nullable = info.nullable && !limits.notNull
    const reader = read(field.column, limits, declared)
    return { kind: 'column', name: field.name, aliases, field, nullable, needed: isNeeded(info, nullable), reader }
  }
  if (field.kind === 'manyToMany') return compileLinks(field, source, aliases)
  if (field.kind !== 'toOne') return undefined
  const own = field.link.own.flatMap(column => infos.get(column.name) ?? [])
  if (own.length < field.link.own.length || own.some(isGenerated)) return undefined
  const target = field.target === null ? undefined : source.resources.get(field.target)
  const parts = (field.chosenKey ?? field.link.foreign).map(column => {
    // The checks of the own column hold the value that is stored, which is another where the target shows a key of its own.
    const held = field.chosenKey ? undefined : own[field.link.foreign.indexOf(column)]
    return {
      name: shownName(target, column),
      column,
      reader: read(column, held ? limitsOf(held, source.table) : {}, declared),
    }
  })
  // Of a key of several columns, those that are fields themselves can be given as such.
  const left = own.filter(info => !columnFields.has(info.name))
  const needed = left.some(info => isNeeded(info, info.nullable))
  return { kind: 'toOne', name: field.name, aliases, field, nullable: own.some(info => info.nullable), needed, parts }
}

function compileLinks(
  field: ManyToManyField,
  { resources }: RecordSource,
  aliases: readonly string[],
): LinksInput | undefined {
  const target = field.target === null ? undefined : resources.get(field.target)
  const through = field.through.resource === null ? undefined : resources.get(field.through.resource)
  const far = through?.fields.get(field.through.farField)
  if (!target || far?.kind !== 'toOne') return undefined
  const toPart = (column: Column): KeyPart => ({
    name: shownName(target, column),
    column,
    reader: valueReader(column.type, {}),
  })
  return {
    kind: 'links',
    name: field.name,
    aliases,
    field,
    nullable: false,
    needed: false,
    parts: (far.chosenKey ?? far.link.foreign).map(toPart),
    natural: target.naturalKey && toPart(target.naturalKey.column),
  }
}

function isNeeded(info: ColumnInfo, nullable: boolean): boolean {
  return !nullable && !info.hasDefault
}

function isGenerated({ generated }: ColumnInfo): boolean {
  return generated === 'stored' || generated === 'virtual' || generated === 'identityAlways'
}

function shownName(target: Resource | undefined, column: Column): string {
  return target?.columnNames.get(column.name) ?? column.name
}

/** What the column's type and the checks of its table and domain say. */
function limitsOf(info: ColumnInfo, table: TableInfo): Limits {
  const { maxLength, precision, scale } = info
  const limits: Limits = {
    ...(maxLength !== null && { maxLength }),
    ...(precision !== null && { digits: { precision, scale: scale ?? 0 } }),
  }
  return table.checks
    .filter(check => check.columns.includes(info.name))
    .map(check => readCheck(check.expression, info) ?? {})
    .reduce(mergeLimits, limits)
}
