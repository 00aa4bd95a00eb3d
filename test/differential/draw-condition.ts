// Draws filters over what a principal may name: nested, negated, across relationships.
import type { Choices } from './choices.ts'
import { type Condition, namesIn } from './condition.ts'
import { drawComparison, drawValue } from './draw-value.ts'
import { fieldOf, isRelationship, isToMany, type RelationshipFact, resourceOf, typeOf } from './facts.ts'
import type { View } from './view.ts'

export function drawCondition(choices: Choices, view: View, resource: string, depth: number): Condition {
  const kind = depth <= 0 ? 0 : choices.below(10)
  if (kind <= 3) return drawLeaf(choices, view, resource)
  if (kind <= 5)
    return {
      is: kind === 4 ? 'and' : 'or',
      of: Array.from({ length: 2 + choices.below(2) }, () => drawCondition(choices, view, resource, depth - 1)),
    }
  if (kind === 6) return { is: 'not', of: drawCondition(choices, view, resource, depth - 1) }
  return drawRelated(choices, view, resource, depth)
}

function drawLeaf(choices: Choices, view: View, resource: string): Condition {
  const declared = [...resourceOf(resource).declaredFilters.keys()].filter(name => mayUse(view, resource, name))
  if (declared.length > 0 && choices.chance(8)) {
    const name = choices.pick(declared)
    return {
      is: 'declared',
      name,
      value:
        name === 'text'
          ? choices.pick(['tennis', 'Å', '%', 'the'])
          : drawValue(choices, view.world, resource, fieldOf(resource, 'published_at'), {
              name,
              type: 'timestamptz',
              labels: [],
            }),
    }
  }
  const names = [...view.permitted(resource)].filter(
    name =>
      typeOf(resource, fieldOf(resource, name)) !== undefined ||
      (isRelationship(fieldOf(resource, name)) && choices.chance(10)),
  )
  return drawComparison(choices, view.world, resource, fieldOf(resource, choices.prefer(names, view.uneven(resource))))
}

function drawRelated(choices: Choices, view: View, resource: string, depth: number): Condition {
  const fields = walkableFields(view, resource)
  if (fields.length === 0) return drawLeaf(choices, view, resource)
  const field = choices.pick(fields)
  const { key, naturalKey } = resourceOf(field.target)
  if (key.length === 1 && choices.chance(20)) {
    const target = fieldOf(field.target, naturalKey ?? 'id')
    const fact = typeOf(field.target, target)
    const list = choices.chance(50)
    if (fact)
      return {
        is: 'key',
        relationship: field.name,
        list,
        values: Array.from({ length: list ? 1 + choices.below(3) : 1 }, () =>
          drawValue(choices, view.world, field.target, target, fact),
        ).map(one => (one === '' ? 'x' : one)),
      }
  }
  const quantifier = isToMany(field) ? choices.pick(['some', 'every', 'none'] as const) : 'one'
  return {
    is: 'related',
    relationship: field.name,
    quantifier,
    of: drawCondition(choices, view, field.target, depth - 1),
  }
}

export function walkableFields(view: View, resource: string): readonly RelationshipFact[] {
  return [...view.permitted(resource)]
    .map(name => fieldOf(resource, name))
    .filter(isRelationship)
    .filter(field => view.walkable(field))
}

/** A declared filter or a scope is there for those who may use all fields that it looks at. */
function mayUse(view: View, resource: string, name: string): boolean {
  return namesIn(resource, resourceOf(resource).declaredFilters.get(name) ?? {}).every(([of, field]) =>
    view.permitted(of).has(field),
  )
}

export function usableScopes(view: View, resource: string): readonly string[] {
  return [...resourceOf(resource).scopes]
    .filter(([, { where }]) => namesIn(resource, where).every(([of, field]) => view.permitted(of).has(field)))
    .map(([name]) => name)
}
