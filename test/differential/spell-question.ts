// Spells a question as keys and values: fields, includes, filters, sorts, pages and sums in their many accepted forms.
import type { Choices } from './choices.ts'
import { fieldOf, type RelationshipFact, resourceOf, resources } from './facts.ts'
import type { Include, Page, Question, Selection, SortTerm } from './question.ts'
import { type Form, type Said, type Scalar, spellCondition, under } from './spell-condition.ts'

export function spellQuestion(choices: Choices, form: Form, question: Question): readonly Said[] {
  const { resource, filter, scopes, sort, page, total, aggregates, group } = question
  const { selection, lifted } = liftFields(choices, form, question.selection)
  return [
    ...spellFields(choices, resource, selection, lifted.length === 0),
    ...lifted,
    ...uniteLists(spellIncludes(choices, form, resource, selection, [])),
    ...(filter ? spellFilter(choices, form, spellCondition(choices, form, resource, filter)) : []),
    // A range brings its order with it.
    ...(page.kind === 'range' ? [] : spellSort(choices, sort, ['sort'])),
    ...spellPage(choices, page),
    ...(total ? [say(['page', 'total'], total)] : []),
    ...scopes.flatMap(({ name, args }) => spellScope(choices, resource, name, args)),
    ...aggregates.flatMap(({ field, functions }) => spellAggregate(choices, form, field, functions)),
    ...(group.length > 0 ? [list([choices.chance(80) ? 'group' : 'group_by'], group)] : []),
  ]
}

/**
 * The fields of an included record may stand beside those of the records themselves: `fields=title,user.username`,
 * `fields[user][username]=true`, and as a list without touching the others, `fields[user]=username`.
 */
function liftFields(
  choices: Choices,
  form: Form,
  selection: Selection,
): { readonly selection: Selection; readonly lifted: readonly Said[] } {
  const lifted: Said[] = []
  const names = [...(selection.fields ?? [])]
  const includes = selection.includes.map(include => {
    const { relationship, selection: inner } = include
    if (!inner.fields?.length || form === 'body' || !choices.chance(40)) return include
    const left = { ...include, selection: { ...inner, fields: null } }
    if (!resources.has(relationship) && choices.chance(40)) lifted.push(list(['fields', relationship], inner.fields))
    else if (!selection.fields?.length) return include
    else if (choices.chance(50)) names.push(...inner.fields.map(name => `${relationship}.${name}`))
    else lifted.push(...inner.fields.map(name => say(['fields', relationship, name], true)))
    return left
  })
  return { selection: { fields: selection.fields && names, includes }, lifted }
}

function spellFields(
  choices: Choices,
  resource: string,
  { fields, includes }: Selection,
  root: boolean,
): readonly Said[] {
  if (!fields) return []
  const names =
    fields.length === 0
      ? keyNames(resource)
      : fields.map(name => (name.includes('.') ? name : alias(choices, resource, name)))
  if (fields.length === 0 && root && !hasType(resource, includes)) return [say(['fields', resource], [])]
  if (root && !hasType(resource, includes) && choices.chance(20)) return [list(['fields', resource], names)]
  if (choices.chance(25)) return names.map(name => say(['fields', name], true))
  return [list(['fields'], names)]
}

function keyNames(resource: string): readonly string[] {
  return [...resourceOf(resource).fields.values()].flatMap(field =>
    (field.kind === 'column' || field.kind === 'toOne') && field.inKey ? [field.name] : [],
  )
}

function hasType(resource: string, includes: readonly Include[]): boolean {
  return includes.some(({ selection }) => hasType(resource, selection.includes)) || includes.length > 0
}

function alias(choices: Choices, resource: string, name: string): string {
  const field = fieldOf(resource, name)
  return field.kind === 'toOne' && choices.chance(30) ? field.column.name : name
}

/** By path (`include[comments.user][limit]=5`) in a URL, nested in a body. */
function spellIncludes(
  choices: Choices,
  form: Form,
  resource: string,
  { includes }: Selection,
  path: readonly string[],
): readonly Said[] {
  const plain: string[] = []
  const said: Said[] = []
  for (const include of includes) {
    const { target } = fieldOf(resource, include.relationship) as RelationshipFact
    const at = [...path, include.relationship]
    const options = spellOptions(choices, form, target, include)
    const key =
      form === 'body'
        ? at.flatMap(name => ['include', name])
        : [choices.chance(90) ? 'include' : 'includes', at.join('.')]
    if (options.length > 0) said.push(...under(key, options))
    else if (form === 'body') said.push(say(key, true))
    else plain.push(at.join('.'))
    said.push(...spellIncludes(choices, form, target, include.selection, at))
  }
  return plain.length > 0 ? [list(['include'], plain), ...said] : said
}

/** The paths without options, at whatever depth, as one list. */
function uniteLists(said: readonly Said[]): readonly Said[] {
  const [lists, rest] = [said.filter(one => one.key.length === 1), said.filter(one => one.key.length > 1)]
  const paths = lists.flatMap(one => one.value as readonly string[])
  return paths.length > 0 ? [list(['include'], paths), ...rest] : rest
}

function spellOptions(
  choices: Choices,
  form: Form,
  target: string,
  { selection, filter, sort, limit }: Include,
): readonly Said[] {
  return [
    ...spellFields(choices, target, selection, false),
    ...(filter ? under(['filter'], spellCondition(choices, form, target, filter)) : []),
    ...spellSort(choices, sort, ['sort']),
    ...(limit === null ? [] : [say(['limit'], limit)]),
  ]
}

const reserved: ReadonlySet<string> = new Set(
  'fields field include includes filter sort page per_page limit offset aggregate group scope scopes max_affected v'.split(
    ' ',
  ),
)

/** Under `filter`, under `field`, or flat. */
function spellFilter(choices: Choices, form: Form, said: readonly Said[]): readonly Said[] {
  const flat = said.every(({ key }) => !reserved.has((key[0] as string).split('.')[0] as string))
  if (flat && choices.chance(40)) return said
  return under([form === 'url' && choices.chance(15) ? 'field' : 'filter'], said)
}

function spellSort(choices: Choices, terms: readonly SortTerm[], key: readonly string[]): readonly Said[] {
  const [first] = terms
  if (!first) return []
  if (terms.length === 1 && choices.chance(30)) {
    const path = first.path.join('.')
    const order = first.descending ? choices.pick(['desc', 'DESC']) : 'asc'
    return choices.chance(50)
      ? [say([...key, path], order)]
      : [say([...key, 'property'], path), say([...key, 'order'], order)]
  }
  return [
    list(
      key,
      terms.map(({ path, descending }) => `${descending ? '-' : ''}${path.join('.')}`),
    ),
  ]
}

function spellPage(choices: Choices, page: Page): readonly Said[] {
  const said: Said[] = []
  if (page.size !== null)
    said.push(say(choices.pick([['page', 'size'], ['page', 'size'], ['per_page'], ['limit']]), page.size))
  if (page.kind !== 'offset') return said
  if (page.offset !== null) said.push(say(choices.pick([['page', 'offset'], ['offset']]), page.offset))
  if (page.number !== null) said.push(say(['page', 'number'], page.number))
  return said
}

function spellScope(choices: Choices, resource: string, name: string, args: readonly string[]): readonly Said[] {
  const base = choices.pick(['scope', 'scope', 'scopes'])
  if (args.length === 0) return [say([base, name], true)]
  if (choices.chance(70)) return [list([base, name], args)]
  return (resourceOf(resource).scopes.get(name)?.params ?? []).map((param, i) =>
    say([base, name, param], args[i] ?? ''),
  )
}

function spellAggregate(choices: Choices, form: Form, field: string, functions: readonly string[]): readonly Said[] {
  const base = choices.chance(80) ? 'aggregate' : 'aggregate_by'
  if (choices.chance(60)) return [list([base, field], functions)]
  return functions.map(name => say([base, field, name], form === 'url' && choices.chance(50) ? 'true' : true))
}

function say(key: readonly string[], value: Scalar | readonly Scalar[]): Said {
  return { key, value, split: false }
}

function list(key: readonly string[], values: readonly string[]): Said {
  return { key, value: values, split: true }
}
