// Random filters as objects, which a body holds as they are and a URL spells in brackets.
import { type AskedField, type AskedResource, type Asker, misspell } from './asker.ts'
import { leadsToOne, type Type } from './world.ts'

/** Scalars, lists of scalars, objects, lists of objects. */
export type FilterTree = string | readonly (string | FilterTree)[] | { readonly [name: string]: FilterTree }

export function makeFilter(resource: AskedResource, asker: Asker, depth = 2): FilterTree {
  const { random } = asker
  const inner = () => makeFilter(resource, asker, depth - 1)
  const kind = random.weigh([
    [7, 'field'],
    [depth > 0 ? 2.5 : 0, 'not'],
    [depth > 0 ? 1.5 : 0, 'or'],
    [depth > 0 ? 1 : 0, 'both'],
    [0.8, 'declared'],
    [0.15, 'unknown'],
  ] as const)
  switch (kind) {
    case 'not':
      return { not: inner() }
    case 'or':
      return { or: [inner(), inner()] }
    case 'both':
      return { and: [inner(), inner()] }
    case 'unknown':
      return { [misspell(asker.field(resource)?.name ?? 'x', random)]: 'a' }
    case 'declared': {
      const [names] = [
        Object.keys(
          (Array.isArray(resource.model.options.filters)
            ? resource.model.options.filters.at(-1)
            : resource.model.options.filters) ?? {},
        ),
      ]
      if (names.length === 0) return inner()
      const name = random.pick(names)
      return { [name]: name === 'least' ? String(random.int(6)) : random.pick(['a', 'ab', '7', '%', 'x', 'tail\\']) }
    }
    case 'field': {
      const field = asker.field(resource, one => !(one.kind === 'value' && one.made))
      if (!field) return { id: '1' }
      return { [field.name]: field.kind === 'value' ? makeLeaf(field, resource, asker) : makeLink(field, asker, depth) }
    }
  }
}

function makeLink(field: Extract<AskedField, { kind: 'link' }>, asker: Asker, depth: number): FilterTree {
  const { random } = asker
  const { relationship } = field
  const target = asker.target(relationship)
  if (random.chance(0.2) || !target) return { null: random.pick(['true', 'false']) }
  const composite = target.table.key.length !== 1
  if (!composite && random.chance(relationship.kind === 'toOne' ? 0.35 : 0.15)) {
    const id = asker.id(target)
    const operators = relationship.kind === 'toOne' ? ['eq', 'ne', 'in', 'nin'] : []
    return operators.length > 0 && random.chance(0.6)
      ? { [random.pick(operators)]: /^[\w-]+$/.test(id) ? id : '1' }
      : id
  }
  const inner =
    depth > 0 || random.chance(0.3)
      ? makeFilter(target, asker, depth - 1)
      : { [target.table.keyFields[0] ?? 'kind']: '1' }
  if (leadsToOne(relationship)) return inner
  return random.chance(0.15)
    ? inner
    : {
        [random.weigh([
          [2, 'some'],
          [2, 'every'],
          [2, 'none'],
        ] as const)]: inner,
      }
}

const operators: Readonly<Record<Type, readonly string[]>> = {
  int4: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'null'],
  int8: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'null'],
  numeric: ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'null'],
  float8: ['eq', 'ne', 'lt', 'gte', 'in', 'null'],
  timestamptz: ['eq', 'ne', 'lt', 'gte', 'in', 'null'],
  mood: ['eq', 'ne', 'lt', 'gte', 'in', 'nin', 'null'],
  uuid: ['eq', 'ne', 'lt', 'in', 'null'],
  bool: ['eq', 'ne', 'null'],
  text: ['eq', 'ne', 'lt', 'gte', 'in', 'contains', 'starts_with', 'ends_with', 'ilike', 'search', 'null'],
  jsonb: ['eq', 'ne', 'in', 'has', 'any', 'all', 'null'],
  'text[]': ['has', 'any', 'all', 'null'],
}

function makeLeaf(field: Extract<AskedField, { kind: 'value' }>, resource: AskedResource, asker: Asker): FilterTree {
  const { random } = asker
  const isOdd = random.chance(0.02)
  const operator = isOdd
    ? random.pick(['contains', 'has', 'gt', 'like', 'regex', 'some'])
    : random.pick(operators[field.type])
  if (operator === 'null') return { null: random.pick(['true', 'false']) }
  const value = () => plainValue(field, resource, asker)
  // A list is split at commas, and no item of it is empty.
  if (['in', 'nin', 'any', 'all'].includes(operator))
    return {
      [operator]: Array.from({ length: 1 + random.int(3) }, value).map(one =>
        one.replace(/^\s*$/, 'x').replaceAll(',', ''),
      ),
    }
  return operator === 'eq' && random.chance(0.3) ? value() : { [operator]: value() }
}

function plainValue(field: Extract<AskedField, { kind: 'value' }>, resource: AskedResource, asker: Asker): string {
  const { random } = asker
  if (field.type === 'jsonb') return random.pick(['a', '7', '7x', 'tail\\', 'age', 'null', '1.0'])
  if (field.type === 'text[]') return random.pick(['a', 'b', 'x y', '%', '\\'])
  const value = asker.value(field, resource)
  return value === 'NaN' && field.type === 'numeric' ? '0' : value
}
