// Draws parts of a list: by which field, from where to where, with what the key adds, and how many at once.
import type { Choices } from './choices.ts'
import { drawValue } from './draw-value.ts'
import { fieldOf, type RelationshipFact, resourceOf, typeOf } from './facts.ts'
import { resolveSort } from './order.ts'
import type { RangeEnd, RangePage, SortTerm } from './question.ts'
import { keyAfter } from './range.ts'
import { compareShown } from './values.ts'
import type { View } from './view.ts'

export function drawRange(choices: Choices, view: View, resource: string, { path, descending }: SortTerm): RangePage {
  const end = () => (choices.chance(35) ? null : drawEnd(choices, view, resource, path))
  const [from, to] = inOrder(choices, resource, path, descending, [end(), end()])
  return {
    kind: 'range',
    size: null,
    name: path.join('.'),
    path,
    descending,
    from,
    to,
    max: choices.chance(80) ? choices.pick([1, 2, 3, 5, 10, 20, 100]) : null,
  }
}

function drawEnd(choices: Choices, view: View, resource: string, path: readonly string[]): RangeEnd {
  const { target, field, fact } = fieldAt(resource, path)
  const key = keyAfter(resource, path)
  const row = choices.pick(view.world.rows(resource))
  const isKeyed = key.length > 0 && choices.chance(30)
  return {
    exclusive: choices.chance(40),
    // A null is named beside a key only.
    value: isKeyed && choices.chance(25) ? null : drawValue(choices, view.world, target, field, fact),
    key: isKeyed ? key.map(name => Number(row?.[name] ?? 0)) : [],
  }
}

function fieldAt(resource: string, path: readonly string[]) {
  const steps = resolveSort(resource, { path, descending: false }).path
  const target = steps.slice(0, -1).reduce((at, step) => (fieldOf(at, step) as RelationshipFact).target, resource)
  const field = fieldOf(target, steps.at(-1) as string)
  const fact = typeOf(target, field)
  if (!fact) throw new Error(`${resourceOf(resource).name}.${path.join('.')} has no order`)
  return { target, field, fact }
}

/** Few of them end before they begin. */
function inOrder(
  choices: Choices,
  resource: string,
  path: readonly string[],
  descending: boolean,
  [from, to]: readonly [RangeEnd | null, RangeEnd | null],
): readonly [RangeEnd | null, RangeEnd | null] {
  if (!from || !to || choices.chance(15)) return [from, to]
  const order = compareShown(fieldAt(resource, path).fact, from.value, to.value) * (descending ? -1 : 1)
  return order > 0 ? [to, from] : [from, to]
}
