// Turns a question into one that JSON:API can ask, where fields belong to a type and not to a path, and spells that as a URL.
import type { Choices } from './choices.ts'
import { fieldOf, type RelationshipFact, resourceOf } from './facts.ts'
import type { Include, Question, Selection, SortTerm } from './question.ts'
import { type Said, type Scalar, spellCondition, under } from './spell-condition.ts'
import { type Request, writeRequest } from './write-request.ts'

/** The first list of fields that is said of a type is that of all its records. */
export function toDocumentQuestion(question: Question): Question {
  const fields = fieldsByType(question.resource, question.selection)
  const { page } = question
  return {
    ...question,
    selection: withFields(question.resource, question.selection, fields),
    page: page.kind === 'walk' ? { kind: 'keyset', size: page.size } : page,
  }
}

type FieldsByType = ReadonlyMap<string, readonly string[]>

function fieldsByType(
  resource: string,
  { fields, includes }: Selection,
  found: Map<string, readonly string[]> = new Map(),
): FieldsByType {
  if (fields && !found.has(resource)) found.set(resource, fields)
  for (const { relationship, selection } of includes) fieldsByType(targetOf(resource, relationship), selection, found)
  return found
}

function withFields(resource: string, { includes }: Selection, fields: FieldsByType): Selection {
  return {
    fields: fields.get(resource) ?? null,
    includes: includes.map(include => ({
      ...include,
      selection: withFields(targetOf(resource, include.relationship), include.selection, fields),
    })),
  }
}

function targetOf(resource: string, relationship: string): string {
  return (fieldOf(resource, relationship) as RelationshipFact).target
}

/** @param question as `toDocumentQuestion` makes it */
export function writeDocumentRequest(choices: Choices, question: Question): Request {
  const { resource, selection, filter, scopes, sort, page, total, aggregates, group } = question
  const said: Said[] = [
    ...[...fieldsByType(resource, selection)].map(([type, names]) => list(['fields', type], names)),
    ...spellIncludes(choices, resource, selection),
    ...(filter ? under(['filter'], spellCondition(choices, 'url', resource, filter)) : []),
    ...spellSort(['sort'], sort),
    ...(page.size === null ? [] : [say(['page', 'size'], page.size)]),
    ...(page.kind === 'offset' && page.number !== null ? [say(['page', 'number'], page.number)] : []),
    ...(page.kind === 'offset' && page.offset !== null ? [say(['page', 'offset'], page.offset)] : []),
    ...(total ? [say(['page', 'total'], total)] : []),
    ...scopes.flatMap(({ name, args }) => spellScope(resource, name, args)),
    ...aggregates.map(({ field, functions }) => list(['aggregate_by', field], functions)),
    ...(group.length > 0 ? [list(['group_by'], group)] : []),
  ]
  return writeRequest(choices, 'url', question, said)
}

function spellIncludes(choices: Choices, resource: string, selection: Selection): readonly Said[] {
  const found = includesOf(resource, selection, [])
  if (found.length === 0) return []
  return [
    list(
      ['include'],
      found.map(({ path }) => path),
    ),
    ...found.flatMap(({ path, target, include: { filter, sort, limit } }) => [
      ...(filter ? under(['include', path, 'filter'], spellCondition(choices, 'url', target, filter)) : []),
      ...spellSort(['include', path, 'sort'], sort),
      ...(limit === null ? [] : [say(['include', path, 'limit'], limit)]),
    ]),
  ]
}

interface Included {
  readonly path: string
  readonly target: string
  readonly include: Include
}

function includesOf(resource: string, { includes }: Selection, above: readonly string[]): readonly Included[] {
  return includes.flatMap(include => {
    const target = targetOf(resource, include.relationship)
    const path = [...above, include.relationship]
    return [{ path: path.join('.'), target, include }, ...includesOf(target, include.selection, path)]
  })
}

function spellSort(key: readonly string[], terms: readonly SortTerm[]): readonly Said[] {
  if (terms.length === 0) return []
  return [
    list(
      key,
      terms.map(({ path, descending }) => `${descending ? '-' : ''}${path.join('.')}`),
    ),
  ]
}

function spellScope(resource: string, name: string, args: readonly string[]): readonly Said[] {
  if (args.length === 0) return [say(['scope_by', name], true)]
  return (resourceOf(resource).scopes.get(name)?.params ?? []).map((param, i) =>
    say(['scope_by', name, param], args[i] ?? ''),
  )
}

function say(key: readonly string[], value: Scalar): Said {
  return { key, value, split: false }
}

function list(key: readonly string[], value: readonly string[]): Said {
  return { key, value, split: true }
}
