// Draws questions of a principal about one resource.
import { aggregatesFor } from '../../src/aggregates/index.ts'
import { columnType, enumType } from '../../src/types/index.ts'
import type { Choices } from './choices.ts'
import { drawCondition, usableScopes, walkableFields } from './draw-condition.ts'
import { drawRange } from './draw-range.ts'
import { fieldOf, isToMany, resourceOf, resources, typeOf } from './facts.ts'
import type { Include, Page, Question, Route, Selection, SortTerm } from './question.ts'
import type { View } from './view.ts'

/** Asked about more often, since their roles depend on the record. */
const guarded: ReadonlySet<string> = new Set(['users', 'videos', 'comments'])

export function drawQuestion(choices: Choices, view: View): Question {
  const reachable = [...resources.keys()].filter(name => view.rolesOn(name).length > 0)
  const { resource, route } = drawRoute(
    choices,
    view,
    choices.pick([...reachable, ...reachable.filter(name => guarded.has(name))]),
  )
  const base = { principal: view.principal, resource, route }
  const nothing = {
    filter: null,
    scopes: [],
    sort: [],
    page: { kind: 'keyset', size: null },
    total: null,
    aggregates: [],
    group: [],
  } as const
  const single =
    route.kind === 'item' ||
    (route.kind === 'nested' && (route.below !== null || !isToMany(fieldOf(route.parent, route.relationship))))
  const selection = drawSelection(choices, view, resource, choices.pick([0, 1, 2, 3]), true)
  if (single) return { ...base, ...nothing, selection }
  const sort = drawSort(choices, view, resource, 3)
  const range = sort.length > 0 && choices.chance(25) ? sort.slice(0, 1) : null
  const aggregates = choices.chance(20) ? drawAggregates(choices, view, resource) : []
  return {
    ...base,
    selection,
    filter: choices.chance(60) ? drawCondition(choices, view, resource, choices.pick([0, 1, 2, 3, 4])) : null,
    scopes: choices.chance(12) ? drawScopes(choices, view, resource) : [],
    sort: range ?? sort,
    page: range?.[0] ? drawRange(choices, view, resource, range[0]) : drawPage(choices),
    total: choices.chance(20) ? choices.pick(['exact', 'estimated'] as const) : null,
    aggregates,
    group: aggregates.length > 0 ? drawGroup(choices, view, resource) : [],
  }
}

function drawRoute(
  choices: Choices,
  view: View,
  resource: string,
): { readonly resource: string; readonly route: Route } {
  const kind = choices.below(10)
  if (kind <= 6) return { resource, route: { kind: 'list' } }
  const { key, naturalKey } = resourceOf(resource)
  const visible = choices.chance(80) ? view.visibleRows(resource) : []
  const row = choices.pick(visible.length > 0 ? visible : view.world.rows(resource))
  const keyOf = (of: typeof row) => (name: string) => (of?.[name] ?? 0) as string | number
  if (kind === 7) {
    const natural = naturalKey !== null && choices.chance(50) ? String(row?.[naturalKey]) : null
    return { resource, route: { kind: 'item', key: key.map(keyOf(row)), natural } }
  }
  const fields = walkableFields(view, resource)
  if (fields.length === 0) return { resource, route: { kind: 'list' } }
  const field = choices.pick(fields)
  const below =
    isToMany(field) && choices.chance(15) && view.visibleRows(field.target).length > 0
      ? choices.pick(
          view.linked(resource, row, field.name).length > 0
            ? view.linked(resource, row, field.name)
            : view.visibleRows(field.target),
        )
      : null
  const belowKey = below && resourceOf(field.target).key.map(keyOf(below))
  return {
    resource: field.target,
    route: { kind: 'nested', parent: resource, key: key.map(keyOf(row)), relationship: field.name, below: belowKey },
  }
}

/** At the root to-many relationships may stand among the fields, which shows their keys. */
function drawSelection(choices: Choices, view: View, resource: string, depth: number, root: boolean): Selection {
  const declared = [...resourceOf(resource).fields.keys()].filter(name =>
    resourceOf(resource).roles.some(role => role.reads.has(name)),
  )
  const names = declared.filter(name => root || !isToMany(fieldOf(resource, name)))
  const fields = choices.chance(root ? 40 : 60) ? choices.some(names, 5) : null
  const includes: Include[] = []
  if (depth > 0) {
    const many = choices.some(walkableFields(view, resource), root ? 2 : 1)
    for (const field of many)
      includes.push(drawInclude(choices, view, field.name, field.target, isToMany(field), depth, root))
  }
  return { fields: fields?.filter(name => !includes.some(one => one.relationship === name)) ?? null, includes }
}

/** Only what may be walked: any other include is refused as an unknown one is, which tests of names look at. */
function drawInclude(
  choices: Choices,
  view: View,
  relationship: string,
  target: string,
  many: boolean,
  depth: number,
  root: boolean,
): Include {
  const plain: Include = {
    relationship,
    selection: { fields: null, includes: [] },
    filter: null,
    sort: [],
    limit: null,
  }
  const selection = drawSelection(choices, view, target, choices.below(depth), false)
  const filter = choices.chance(25) ? drawCondition(choices, view, target, 1) : null
  if (!many) return { ...plain, selection, filter }
  const bounded = !root || selection.includes.length > 0 || choices.chance(50)
  return {
    relationship,
    selection,
    filter,
    sort: drawSort(choices, view, target, 2),
    limit: bounded ? 1 + choices.below(4) : null,
  }
}

function drawSort(choices: Choices, view: View, resource: string, most: number): readonly SortTerm[] {
  if (choices.chance(40)) return []
  const own = sortable(view, resource)
  const related = walkableFields(view, resource)
    .filter(field => field.kind === 'toOne' && isSortable(resource, field.name))
    .flatMap(field => sortable(view, field.target).map(name => [field.name, name]))
  const declared = [...resourceOf(resource).declaredSorts.keys()]
  const terms: SortTerm[] = []
  const seen = new Set<string>()
  for (let i = choices.below(most + 1); i > 0; i--) {
    const path =
      related.length > 0 && choices.chance(30)
        ? choices.pick(related)
        : declared.length > 0 && choices.chance(10)
          ? [choices.pick(declared)]
          : [choices.pick(own)]
    const meant = path.length === 1 ? (resourceOf(resource).declaredSorts.get(path[0] as string) ?? path) : path
    if (seen.has(meant.join('.'))) continue
    seen.add(meant.join('.'))
    terms.push({ path, descending: choices.chance(50) })
  }
  return terms
}

function sortable(view: View, resource: string): readonly string[] {
  return [...view.permitted(resource)].filter(name => {
    const type = typeOf(resource, fieldOf(resource, name))?.type
    return type !== undefined && type !== 'jsonb' && isSortable(resource, name)
  })
}

function isSortable(resource: string, name: string): boolean {
  return resourceOf(resource).sortable?.has(name) ?? true
}

function drawPage(choices: Choices): Page {
  const size = choices.chance(70) ? choices.pick([1, 2, 3, 5, 10, 20]) : null
  const kind = choices.below(10)
  if (kind <= 5) return { kind: 'keyset', size }
  if (kind <= 7)
    return {
      kind: 'offset',
      size,
      number: choices.chance(70) ? 1 + choices.below(5) : null,
      offset: choices.chance(50) ? choices.below(30) : null,
    }
  // How many pages; the size follows from the number of rows.
  return { kind: 'walk', size: 2 + choices.below(4) }
}

function drawScopes(choices: Choices, view: View, resource: string): Question['scopes'] {
  const names = choices.some(usableScopes(view, resource), 2)
  return names.map(name => ({
    name,
    args: resourceOf(resource).scopes.get(name)?.params.length
      ? [
          choices.pick(['2012-01-01', '2014-06-01', '1988-01-01']),
          choices.pick(['2018-01-01', '2015-08-05', '2013-01-01']),
        ]
      : [],
  }))
}

function drawAggregates(choices: Choices, view: View, resource: string): Question['aggregates'] {
  const names = [...view.permitted(resource)].filter(name => typeOf(resource, fieldOf(resource, name)) !== undefined)
  const drawn = new Set([choices.prefer(names, view.uneven(resource)), ...choices.some(names, 2)])
  return [...drawn].map(field => {
    const fact = typeOf(resource, fieldOf(resource, field))
    const type = fact?.type === 'enum' ? enumType(fact.labels) : columnType(fact?.type ?? '')
    const possible = aggregatesFor(type)
    const functions = choices.some(possible, 5)
    return { field, functions: functions.length > 0 ? functions : ['count'] }
  })
}

function drawGroup(choices: Choices, view: View, resource: string): readonly string[] {
  if (choices.chance(40)) return []
  const names = [...view.permitted(resource)].filter(name => {
    const type = typeOf(resource, fieldOf(resource, name))?.type
    return type !== undefined && type !== 'jsonb'
  })
  return [...new Set([choices.prefer(names, view.uneven(resource)), ...choices.some(names, 1)])]
}
