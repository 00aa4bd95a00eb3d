// Decides what each record shows: fields asked for, associations included, and on which rows each may be seen.
import { ApiError, type Source } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import { always } from '../expressions/condition.ts'
import type { FieldsEntry, IncludeEntry, Query } from '../request/query.ts'
import type { Field, RelationshipField } from '../schema/field.ts'
import { isRelationship, isToMany } from '../schema/field-value.ts'
import { hint } from '../schema/suggest.ts'
import type { Access, AccessSet } from './access.ts'
import { allowFilters } from './allow-filter.ts'
import { allowSort } from './allow-sort.ts'
import { lookUp, permittedNames, unknownField } from './names.ts'
import type { Include, RecordForm, Selected, Selection } from './permitted.ts'
import type { Slots } from './slots.ts'

/** A record of the answer while it is being put together. */
interface Node {
  readonly access: Access
  /** Null: nothing was asked for, so the defaults. */
  wanted: Set<Field> | null
  readonly includes: Map<RelationshipField, Node>
  /** What was said of an included relationship. */
  options: IncludeEntry | null
}

interface Context {
  readonly set: AccessSet
  readonly slots: Slots
  readonly form: RecordForm
  /** A field that the caller may not read is refused in place of left out. */
  readonly isStrict: boolean
  includes: number
}

const maxIncluded = 100

export function allowSelection(
  { fields, include, isStrict }: Pick<Query, 'fields' | 'include' | 'isStrict'>,
  on: 'list' | 'item',
  access: Access,
  set: AccessSet,
  slots: Slots,
  form: RecordForm = 'plain',
): Selection {
  const root: Node = { access, wanted: null, includes: new Map(), options: null }
  const context = { set, slots, form, isStrict: isStrict === true, includes: 0 }
  addIncludes(root, include ?? [], context)
  addFields(root, fields, context)
  return toSelection(root, on, '', context)
}

function addIncludes(node: Node, entries: readonly IncludeEntry[], context: Context): void {
  for (const entry of entries) {
    if (!entry.wanted) continue
    const child = includePath(node, entry.path, 'include', entry.source, context)
    if (!child) continue
    child.options = entry
    addIncludes(child, entry.include, context)
    addFields(child, entry.fields, context)
  }
}

/** Walks to the record at the end of a path, including what lies on the way; null where a path of fields is left out. */
function includePath(
  node: Node,
  path: readonly string[],
  place: string,
  source: Source,
  context: Context,
): Node | null {
  let at = node
  for (const name of path) {
    const found = lookUp(context.set, at.access, name)
    const field = found.status === 'permitted' && isRelationship(found.field) ? found.field : null
    const target = field && walk(field, context)
    // A path in `fields` that the caller may not walk is left out without a word; an `include` is refused as an unknown one is.
    if (!target && place === 'fields' && (found.status === 'declared' || field)) return leaveOut(name, source, context)
    if (!field || !target) {
      const names = permittedNames(context.set, at.access).filter(one => isIncludable(at.access, one, context))
      throw unknownField(context.set, at.access, name, place, source, names)
    }
    let next = at.includes.get(field)
    if (!next) {
      next = { access: target, wanted: null, includes: new Map(), options: null }
      at.includes.set(field, next)
      if (context.form === 'plain') at.wanted?.add(field)
    }
    at = next
  }
  return at
}

function isIncludable(access: Access, name: string, context: Context): boolean {
  const field = access.resource.fields.get(name)
  return field !== undefined && isRelationship(field) && walk(field, context) !== null
}

/** Without a key a record is no resource object, for that has an id. */
function walk(field: RelationshipField, { set, form }: Context): Access | null {
  const target = set.target(field)
  return form === 'plain' || (target && target.resource.key.length > 0) ? target : null
}

function addFields(node: Node, entries: readonly FieldsEntry[], context: Context): void {
  for (const entry of entries) {
    if (entry.kind === 'names') {
      node.wanted ??= new Set()
      for (const path of entry.paths) addPath(node, path, entry.source, context)
    } else addKeyed(node, entry, context)
  }
}

function addPath(node: Node, path: readonly string[], source: Source, context: Context): void {
  const whole = path.length > 1 ? node.access.resource.fields.get(path.join('.')) : undefined
  const at = whole || path.length === 1 ? node : includePath(node, path.slice(0, -1), 'fields', source, context)
  if (!at) return
  if (at !== node) at.wanted ??= new Set()
  addField(at, whole ? path.join('.') : (path.at(-1) as string), source, context)
}

function addField(node: Node, name: string, source: Source, context: Context): void {
  const found = lookUp(context.set, node.access, name)
  if (found.status === 'unknown')
    throw unknownField(context.set, node.access, name, `fields[${node.access.resource.name}]`, source)
  // What some role may see but this caller may not is left out without a word.
  if (found.status === 'declared') return void leaveOut(name, source, context)
  const { field } = found
  const isMany = isRelationship(field) && field.kind !== 'toOne'
  const target = isMany ? walk(field, context) : null
  if (isMany && !target) return void leaveOut(name, source, context)
  if (target && context.form === 'plain' && !node.includes.has(field as RelationshipField)) {
    node.includes.set(field as RelationshipField, {
      access: target,
      wanted: new Set(),
      includes: new Map(),
      options: null,
    })
  }
  node.wanted?.add(field)
}

/** What is asked for and not permitted. @throws ApiError `forbidden` where the caller would rather have nothing */
function leaveOut(name: string, source: Source, { isStrict }: Context): null {
  if (isStrict) throw new ApiError('forbidden', `You may not read ${quote(name)}.`, { source })
  return null
}

/** `fields[K]=V`: (a) a field asked for, (b) the list of a type, (c) the list of a relationship's resource. */
function addKeyed(node: Node, entry: Extract<FieldsEntry, { kind: 'keyed' }>, context: Context): void {
  if (context.form !== 'plain') {
    addToType(node, entry, context)
    return
  }
  const { value, source } = entry
  const segments = splitSegments(entry.segments, node, context)
  const first = segments[0] as string
  const flag = typeof value === 'boolean' ? value : undefined
  const found = lookUp(context.set, node.access, segments.length === 1 ? first : '')
  if (flag !== undefined && (found.status !== 'unknown' || segments.length > 1)) {
    if (flag) {
      node.wanted ??= new Set()
      addPath(node, segments, source, context)
    }
    return
  }
  const list = typeof value === 'boolean' ? entry.asList : value
  if (list && segments.length === 1) {
    const nodes = isType(first, context) ? nodesOfType(node, first) : undefined
    if (nodes) {
      for (const at of nodes) addList(at, list, source, context)
      return
    }
  }
  if (list && (found.status !== 'unknown' || segments.length > 1)) {
    const field = found.status === 'permitted' ? found.field : null
    if (found.status === 'declared') return void leaveOut(first, source, context)
    if (segments.length > 1 || (field && isRelationship(field))) {
      const at = includePath(node, segments, 'fields', source, context)
      if (at) addList(at, list, source, context)
      return
    }
    throw new ApiError('invalid_value', `fields[${first}] takes true or false.`, { source })
  }
  const names = [...permittedNames(context.set, node.access), ...typeNames(context)]
  throw new ApiError(
    'unknown_field',
    `Unknown field ${quote(segments.join('.'))} in fields[${node.access.resource.name}].${hint(first, names)}`,
    { source },
  )
}

/** In JSON:API the key is a type, and nothing else. */
function addToType(node: Node, entry: Extract<FieldsEntry, { kind: 'keyed' }>, context: Context): void {
  const { value, source } = entry
  const type = entry.segments.join('.')
  const list = typeof value === 'boolean' ? (entry.asList ?? []) : value
  if (entry.segments.length > 1 || !isType(type, context))
    throw new ApiError('unknown_field', `Unknown type ${quote(type)} in fields.${hint(type, typeNames(context))}`, {
      source,
    })
  for (const at of nodesOfType(node, type)) {
    at.wanted ??= new Set()
    for (const name of list) addField(at, name, source, context)
  }
}

/** `fields[user.username]` is `fields[user][username]`, unless a field or a type has that very name. */
function splitSegments(segments: readonly string[], node: Node, context: Context): readonly string[] {
  const [first] = segments
  if (first === undefined || !segments.some(one => one.includes('.'))) return segments
  if (segments.length === 1 && (lookUp(context.set, node.access, first).status !== 'unknown' || isType(first, context)))
    return segments
  return segments.flatMap(one => one.split('.'))
}

function addList(node: Node, names: readonly string[], source: Source, context: Context): void {
  node.wanted ??= new Set()
  for (const name of names) addPath(node, name.split('.'), source, context)
}

/** Types are the resources on which this caller holds a role. */
function isType(name: string, { set }: Context): boolean {
  const resource = set.api.resources.get(name)
  return resource !== undefined && set.of(resource) !== null
}

function typeNames({ set }: Context): readonly string[] {
  return [...set.api.resources.values()].filter(resource => set.of(resource)).map(resource => resource.name)
}

function nodesOfType(node: Node, type: string): readonly Node[] {
  const below = [...node.includes.values()].flatMap(child => nodesOfType(child, type))
  return node.access.resource.name === type ? [node, ...below] : below
}

function toSelection(node: Node, on: 'list' | 'item', prefix: string, context: Context): Selection {
  const { access, wanted } = node
  const { form } = context
  const selected = new Map<Field, Selected>()
  const select = (field: Field, guard: Selected['guard']) => {
    if (guard !== 'never' && !selected.has(field)) selected.set(field, { field, guard, include: null })
  }
  if (form === 'plain') {
    for (const field of access.resource.fields.values())
      if ((field.kind === 'column' || field.kind === 'toOne') && field.inKey) select(field, 'always')
  }
  if (wanted) for (const field of wanted) select(field, access.guard(field))
  else {
    for (const { field, guard } of access.defaults[on]) select(field, guard)
    // Where there is more is said by links, which bring none of it along.
    if (form === 'resource')
      for (const field of access.resource.fields.values())
        if (isRelationship(field) && field.kind !== 'toOne' && walk(field, context)) select(field, access.guard(field))
  }
  for (const [relationship, child] of node.includes) {
    const path = prefix === '' ? relationship.name : `${prefix}.${relationship.name}`
    const guard = access.guard(relationship)
    if (guard === 'never') continue
    const include = toInclude(relationship, child, path, context)
    const hidden = form !== 'plain' && wanted !== null && !wanted.has(relationship)
    selected.set(relationship, { field: relationship, guard, include, ...(hidden && { hidden }) })
  }
  const fields = [...selected.values()]
  return { form, access, fields: form === 'plain' ? fields : fields.filter(({ field }) => !isId(field, access)) }
}

/** What a resource object has as its `id` is no attribute. */
function isId(field: Field, { resource }: Access): boolean {
  return field.kind === 'column' && field.inKey && field.name === 'id' && resource.key.length === 1
}

function toInclude(relationship: RelationshipField, node: Node, path: string, context: Context): Include {
  const { options, access } = node
  const index = context.includes++
  const limit = options?.limit
  if (limit && !isToMany(relationship))
    throw new ApiError('invalid_value', `"${relationship.name}" leads to one record, so it takes no limit.`, {
      source: limit.source,
    })
  if (limit && (limit.value < 1 || limit.value > maxIncluded)) {
    throw new ApiError('limit_exceeded', `At most ${maxIncluded} records are included a parent, and at least 1.`, {
      source: limit.source,
      meta: { limit: 'include', max: maxIncluded },
    })
  }
  const many = isToMany(relationship)
  return {
    relationship,
    index,
    path,
    selection: toSelection(node, 'list', path, context),
    filter: options ? allowFilters(options.filters, access, context.set, context.slots) : always,
    sort: many ? allowSort(options?.sort ?? [], access, context.set) : [],
    limit: limit?.value ?? maxIncluded,
  }
}
