// Finds negations over claims: where the claim is missing they hold for fewer rows than one may think, or for more.
import type { Leaf, Operandish, Tree } from '../expressions/tree.ts'
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import type { FilterDefinition, ResourceDefinition } from './resource-definition.ts'

const negations: ReadonlySet<string> = new Set(['ne', 'nin', 'not', 'none'])

/** One sentence for each claim that stands under `ne`, `nin`, `not` or `none`. */
export function findNegatedClaims(name: string, { options }: ResourceDefinition): readonly string[] {
  const filters: (readonly [place: string, filter: FilterDefinition | undefined])[] = [
    ...Object.entries(options.roles ?? {}).flatMap(([role, { when, where }]) => [
      [`${name}.roles.${role}.when`, when] as const,
      [`${name}.roles.${role}.where`, where] as const,
    ]),
    ...Object.entries(options.scopes ?? {}).map(([scope, { where }]) => [`${name}.scopes.${scope}`, where] as const),
    ...Object.entries(options.computed ?? {}).map(
      ([field, computed]) => [`${name}.computed.${field}`, filterOf(computed)] as const,
    ),
  ]
  return filters.flatMap(([place, filter]) => (filter ? walk(treeOfDefinition(filter, place), place, null) : []))
}

function filterOf(computed: object): FilterDefinition | undefined {
  const value = Object.entries(computed).find(([key]) => key === 'where' || key === 'exists' || key === 'count')?.[1]
  // `{ likes: true }` has nothing to look at.
  return typeof value === 'object' && value !== null ? (value as FilterDefinition) : undefined
}

function walk(tree: Tree, place: string, negation: string | null): readonly string[] {
  const claims = negation === null ? [] : tree.leaves.flatMap(claimsOf)
  const here = [...new Set(claims)].map(
    claim => `${place}: \`${negation}\` over the claim ${claim} ${effects[negation as Negation]}.`,
  )
  const below = [...tree.children].flatMap(([name, child]) => walk(child, place, negations.has(name) ? name : negation))
  return [...here, ...below]
}

type Negation = keyof typeof effects
const effects = {
  ne: 'holds for no row where the token lacks it',
  nin: 'holds for every row where its list is empty, and for none where the token lacks it',
  not: 'holds for no row where the token lacks it',
  none: 'holds for every row where the token lacks it',
} as const

function claimsOf({ value }: Leaf): readonly string[] {
  const values: readonly Operandish[] = Array.isArray(value) ? value : [value as Operandish]
  return values.flatMap(one => (typeof one === 'object' && one !== null && 'principal' in one ? [one.principal] : []))
}
