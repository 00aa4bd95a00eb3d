// Looks up the names of a filter tree: from what was written to a condition. Knows neither who asks nor SQL.
import { ApiError, type Source } from '../errors/api-error.ts'
import { quote } from '../errors/quote.ts'
import {
  type Operator,
  type OperatorName,
  operandOf,
  operatorAliases,
  operators,
  operatorsFor,
} from '../operators/index.ts'
import type { Field, RelationshipField } from '../schema/field.ts'
import { type FieldValue, fieldValue, isRelationship, isToMany } from '../schema/field-value.ts'
import type { DeclaredFilter, Resource } from '../schema/model.ts'
import { allOf, always, anyOf, type Condition, never, type Operand } from './condition.ts'
import type { Leaf, Operandish, Tree } from './tree.ts'

export type Found =
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'declared'; readonly filter: DeclaredFilter }

/** Who reads: decides which names there are and what becomes of a value. */
export interface FilterReader {
  /** The filter or field of this name, or undefined where the reader knows none. */
  find(resource: Resource, name: string): Found | undefined
  /** The resource that a relationship leads to, or undefined where the reader may not walk it. */
  target(resource: Resource, field: RelationshipField): Resource | undefined
  unknown(resource: Resource, name: string, source: Source, flat: boolean): never
  /** @param list whether the operator takes several values */
  operand(
    value: Operandish | readonly Operandish[],
    as: FieldValue,
    list: boolean,
    leaf: Leaf,
    shape: 'plain' | Pattern,
    resource: Resource,
  ): Operand | 'never' | 'null'
  /** A reader for the tree of a declared filter, whose stand-in `given` is this leaf. */
  given(filter: DeclaredFilter, leaf: Leaf): FilterReader
}

/** How a text operand becomes a `like` pattern. */
export type Pattern = 'contains' | 'starts_with' | 'ends_with'

/** All children of a tree, ANDed. `flat`: the names are URL parameters. */
export function readFilter(tree: Tree, resource: Resource, reader: FilterReader, flat = false): Condition {
  if (tree.leaves.length > 0)
    throw new ApiError('invalid_value', 'A filter names a field: filter[FIELD]=VALUE.', {
      source: (tree.leaves[0] as Leaf).source,
    })
  const children = splitDots(tree.children, resource, reader)
  return allOf([...children].map(([name, child]) => readNamed(name, child, resource, reader, flat)))
}

/** `comments.text` is `comments` with the child `text`, unless there is such a name; two of them speak of the same comment. */
function splitDots(children: Tree['children'], resource: Resource, reader: FilterReader): Tree['children'] {
  if (![...children.keys()].some(name => name.includes('.'))) return children
  const split = new Map<string, Tree>()
  for (const [name, child] of children) {
    const dot = name.includes(',') || reader.find(resource, name) ? -1 : name.indexOf('.')
    if (dot <= 0) addTree(split, name, child)
    else
      addTree(split, name.slice(0, dot), {
        source: child.source,
        leaves: [],
        children: new Map([[name.slice(dot + 1), child]]),
      })
  }
  return split
}

function addTree(into: Map<string, Tree>, name: string, tree: Tree): void {
  const before = into.get(name)
  if (!before) {
    into.set(name, tree)
    return
  }
  const children = new Map(before.children)
  for (const [inner, child] of tree.children) addTree(children, inner, child)
  into.set(name, { source: before.source, leaves: [...before.leaves, ...tree.leaves], children })
}

function readNamed(name: string, tree: Tree, resource: Resource, reader: FilterReader, flat: boolean): Condition {
  if (name === 'and' || name === 'or') return readAlternatives(name, tree, resource, reader)
  if (name === 'not') return { kind: 'not', of: readFilter(tree, resource, reader) }
  const found = reader.find(resource, name)
  if (found) return readFound(found, name, tree, resource, reader)
  if (name.includes(',')) {
    const children = new Map(name.split(',').map(one => [one.trim(), tree]))
    return readFilter({ source: tree.source, leaves: [], children }, resource, reader, flat)
  }
  return reader.unknown(resource, name, tree.source, flat)
}

function readAlternatives(kind: 'and' | 'or', tree: Tree, resource: Resource, reader: FilterReader): Condition {
  const parts = [...tree.children].map(([index, child]) => {
    if (!/^\d{1,4}$/.test(index))
      throw new ApiError('bad_list', `"${kind}" takes a list of filters: ${kind}[0][FIELD]=…&${kind}[1][FIELD]=…`, {
        source: child.source,
      })
    return readFilter(child, resource, reader)
  })
  if (tree.leaves.some(leaf => !(Array.isArray(leaf.value) && leaf.value.length === 0)))
    throw new ApiError('bad_list', `"${kind}" takes a list of filters.`, { source: tree.source })
  return kind === 'and' ? allOf(parts) : anyOf(parts)
}

function readFound(found: Found, name: string, tree: Tree, resource: Resource, reader: FilterReader): Condition {
  if (found.kind === 'declared') return readDeclared(found.filter, tree, resource, reader)
  const { field } = found
  if (!isRelationship(field)) return readValue(field, tree, resource, reader)
  // `tag_id=3` names the column, so the natural key of tags is not meant.
  return readRelationship(field, tree, resource, reader, name !== field.name && name !== field.definedAs)
}

function readDeclared(filter: DeclaredFilter, tree: Tree, resource: Resource, reader: FilterReader): Condition {
  if (tree.children.size > 0)
    throw new ApiError('unknown_operator', `The filter "${filter.name}" takes a value and no operator.`, {
      source: tree.source,
    })
  return allOf(tree.leaves.map(leaf => readFilter(filter.tree, resource, reader.given(filter, leaf))))
}

/** A field that is one value: leaves are `eq` (or `in`), children are operators. */
function readValue(field: Field, tree: Tree, resource: Resource, reader: FilterReader): Condition {
  const value = fieldValue(field)
  if (!value)
    throw new ApiError('unknown_operator', `"${field.name}" cannot be filtered by value.`, { source: tree.source })
  const conditions = tree.leaves.map(leaf =>
    compare(field, value, Array.isArray(leaf.value) && !value.isArray ? 'in' : 'eq', leaf, false, resource, reader),
  )
  let ignoreCase = false
  for (const [name, child] of tree.children) if (name === 'with_ilike') ignoreCase = readFlag(child)
  for (const [name, child] of tree.children)
    if (name !== 'with_ilike') conditions.push(readOperator(field, value, name, child, ignoreCase, resource, reader))
  return allOf(conditions)
}

function readOperator(
  field: Field,
  value: FieldValue,
  name: string,
  tree: Tree,
  ignoreCase: boolean,
  resource: Resource,
  reader: FilterReader,
): Condition {
  const operator = operatorAliases.get(name) ?? name
  if (!isOperator(operator) || !isTaken(value, operator)) throw unknownOperator(field, value, name, tree.source)
  const conditions = tree.leaves.map(leaf => compare(field, value, operator, leaf, ignoreCase, resource, reader))
  // `description[like][starts_with]=tennis`
  for (const [inner, child] of tree.children) {
    if (name !== 'like' || !['contains', 'starts_with', 'ends_with', 'with_ilike'].includes(inner))
      throw unknownOperator(field, value, `${name}][${inner}`, child.source)
    if (inner !== 'with_ilike')
      conditions.push(
        readOperator(field, value, inner, child, ignoreCase || flagOf(tree, 'with_ilike'), resource, reader),
      )
  }
  return allOf(conditions)
}

function compare(
  field: Field,
  value: FieldValue,
  operator: OperatorName,
  leaf: Leaf,
  ignoreCase: boolean,
  resource: Resource,
  reader: FilterReader,
): Condition {
  const definition = operators.get(operator) as Operator
  const takes = operandOf(definition, value.type)
  if (takes.shape === 'boolean') {
    const condition: Condition = { kind: 'leaf', field, operator: 'null', operand: null, ignoreCase: false }
    return readBoolean(leaf) ? condition : { kind: 'not', of: condition }
  }
  const negates = definition.negates
  const positive = negates ?? operator
  if (!isTaken(value, positive)) throw unknownOperator(field, value, operator, leaf.source)
  if (Array.isArray(leaf.value) && takes.shape === 'one') {
    throw new ApiError('invalid_value', `"${operator}" takes one value; for several use [in].`, { source: leaf.source })
  }
  const shape =
    operator === 'contains' || operator === 'starts_with' || operator === 'ends_with'
      ? operator
      : operator === 'ilike'
        ? 'contains'
        : 'plain'
  const as = takes.type === value.type ? value : { ...value, type: takes.type }
  const operand = reader.operand(leaf.value, as, takes.shape === 'list', leaf, shape, resource)
  const condition: Condition =
    operand === 'never'
      ? never
      : operand === 'null'
        ? { kind: 'leaf', field, operator: 'null', operand: null, ignoreCase: false }
        : { kind: 'leaf', field, operator: positive, operand, ignoreCase }
  return negates ? { kind: 'not', of: condition } : condition
}

function isTaken(value: FieldValue, operator: OperatorName): boolean {
  const textual =
    operator === 'contains' || operator === 'starts_with' || operator === 'ends_with' || operator === 'ilike'
  if (textual && !value.deterministic) return false
  return operatorsFor(value.type).includes(operator)
}

function readRelationship(
  field: RelationshipField,
  tree: Tree,
  resource: Resource,
  reader: FilterReader,
  byColumn: boolean,
): Condition {
  const conditions = tree.leaves.map(leaf => readKeyLeaf(field, leaf, resource, reader, byColumn))
  const rest = new Map<string, Tree>()
  for (const [name, child] of tree.children) {
    const target = reader.target(resource, field)
    if ((name === 'some' || name === 'every' || name === 'none') && isToMany(field)) {
      if (!target) reader.unknown(resource, field.name, child.source, false)
      else
        conditions.push({
          kind: 'related',
          relationship: field,
          quantifier: name,
          of: readFilter(child, target, reader),
        })
    } else if (name === 'null') {
      conditions.push(...child.leaves.map(leaf => readNull(field, readBoolean(leaf), resource, reader, leaf.source)))
    } else if (
      field.kind === 'toOne' &&
      isOperator(operatorAliases.get(name) ?? name) &&
      !(target && reader.find(target, name))
    ) {
      conditions.push(
        readValue(field, { source: child.source, leaves: [], children: new Map([[name, child]]) }, resource, reader),
      )
    } else rest.set(name, child)
  }
  if (rest.size > 0) {
    const target = reader.target(resource, field)
    if (!target) reader.unknown(resource, field.name, tree.source, false)
    else
      conditions.push({
        kind: 'related',
        relationship: field,
        quantifier: isToMany(field) ? 'some' : 'one',
        of: readFilter({ source: tree.source, leaves: [], children: rest }, target, reader),
      })
  }
  return allOf(conditions)
}

/** A relationship given a scalar or a list: the related natural key if one is declared, else the id. */
function readKeyLeaf(
  field: RelationshipField,
  leaf: Leaf,
  resource: Resource,
  reader: FilterReader,
  byColumn: boolean,
): Condition {
  if (leaf.value === null) return readNull(field, true, resource, reader, leaf.source)
  const target = reader.target(resource, field)
  const isPrincipal = typeof leaf.value === 'object' && !Array.isArray(leaf.value)
  const natural =
    target?.naturalKey && !isPrincipal && !byColumn ? reader.find(target, target.naturalKey.name) : undefined
  if (field.kind === 'toOne' && !natural) {
    const value = fieldValue(field)
    if (value) return compare(field, value, Array.isArray(leaf.value) ? 'in' : 'eq', leaf, false, resource, reader)
  }
  if (!target) return reader.unknown(resource, field.name, leaf.source, false)
  const key = natural?.kind === 'field' ? natural.field : keyField(target)
  const value = key && fieldValue(key)
  if (!key || !value)
    throw new ApiError('invalid_value', `"${field.name}" has no single key to compare with; name a field of it.`, {
      source: leaf.source,
    })
  const of = compare(key, value, Array.isArray(leaf.value) ? 'in' : 'eq', leaf, false, resource, reader)
  return { kind: 'related', relationship: field, quantifier: isToMany(field) ? 'some' : 'one', of }
}

function keyField(target: Resource): Field | undefined {
  if (target.key.length !== 1) return undefined
  return [...target.fields.values()].find(field =>
    field.kind === 'column'
      ? field.column === target.key[0]
      : field.kind === 'toOne' && field.inKey && field.link.own.length === 1,
  )
}

function readNull(
  field: RelationshipField,
  isNull: boolean,
  resource: Resource,
  reader: FilterReader,
  source: Source,
): Condition {
  if (field.kind === 'toOne') {
    const leaf: Condition = { kind: 'leaf', field, operator: 'null', operand: null, ignoreCase: false }
    return isNull ? leaf : { kind: 'not', of: leaf }
  }
  if (!reader.target(resource, field)) return reader.unknown(resource, field.name, source, false)
  return { kind: 'related', relationship: field, quantifier: isNull ? 'none' : 'some', of: always }
}

function readFlag(tree: Tree): boolean {
  return tree.leaves.every(readBoolean)
}

function flagOf(tree: Tree, name: string): boolean {
  const child = tree.children.get(name)
  return child !== undefined && readFlag(child)
}

function readBoolean(leaf: Leaf): boolean {
  const { value } = leaf
  if (leaf.bare || value === true || value === 1 || (typeof value === 'string' && /^(true|1|t)$/i.test(value)))
    return true
  if (value === false || value === 0 || (typeof value === 'string' && /^(false|0|f)$/i.test(value))) return false
  throw new ApiError('invalid_value', `${quote(value)} is not true or false.`, { source: leaf.source })
}

function isOperator(name: string): name is OperatorName {
  return (operators as ReadonlyMap<string, unknown>).has(name)
}

function unknownOperator(field: Field, value: FieldValue, name: string, source: Source): ApiError {
  const takesThese = operatorsFor(value.type)
    .filter((one: OperatorName) => isTaken(value, one))
    .join(', ')
  return new ApiError(
    'unknown_operator',
    `"${field.name}" has no operator or field ${quote(name)}. It takes: ${takesThese}.`,
    { source },
  )
}
