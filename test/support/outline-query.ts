// Writes a Query without the places where its parts stood, so that a test can say in one line what is expected.
import type { Tree } from '../../src/expressions/tree.ts'
import type { FieldsEntry, FilterRoot, IncludeEntry, Query } from '../../src/request/query.ts'

/** Only the parts that say something. Trees are nested objects; a value beside children stands under `=`. */
export function outlineQuery(query: Query): Record<string, unknown> {
  const { sources: _, ...page } = query.page
  return withoutEmpty(
    {
      fields: query.fields.map(outlineFields),
      include: query.include?.map(outlineInclude) ?? null,
      filter: query.filters.filter(root => !root.flat).map(outlineRoot),
      flat: query.filters.filter(root => root.flat).map(outlineRoot)[0] ?? null,
      sort: query.sort.map(entry => `${entry.descending ? '-' : ''}${entry.path.join('.')}`),
      page,
      aggregate: query.aggregate.map(entry => [entry.path.join('.'), ...entry.functions]),
      group: query.group.map(entry => entry.path.join('.')),
      scopes: query.scopes.map(entry => [entry.name, entry.args]),
      maxAffected: query.maxAffected?.value ?? null,
      v: query.v?.value ?? null,
    },
    query.include !== null,
  )
}

function withoutEmpty(parts: Record<string, unknown>, keepInclude: boolean): Record<string, unknown> {
  const said = Object.entries(parts).filter(
    ([name, value]) =>
      (name === 'include' && keepInclude) ||
      (value !== null && Object.keys(value as object).length + Number(typeof value !== 'object') > 0),
  )
  return Object.fromEntries(said)
}

function outlineFields(entry: FieldsEntry): unknown {
  if (entry.kind === 'names') return entry.paths.map(path => path.join('.')).join(',')
  return { [entry.segments.join('][')]: entry.value }
}

function outlineInclude(entry: IncludeEntry): unknown {
  const { path, wanted, fields, filters, sort, limit, include } = entry
  const options = withoutEmpty(
    {
      fields: fields.map(outlineFields),
      filter: filters.map(outlineRoot)[0] ?? null,
      sort: sort.map(one => `${one.descending ? '-' : ''}${one.path.join('.')}`),
      limit: limit?.value ?? null,
      include: include.map(outlineInclude),
    },
    false,
  )
  const name = `${wanted ? '' : '!'}${path.join('.')}`
  return Object.keys(options).length === 0 ? name : { [name]: options }
}

function outlineRoot(root: FilterRoot): unknown {
  return outlineTree(root.tree)
}

function outlineTree(tree: Tree): unknown {
  const [leaf] = tree.leaves
  if (tree.children.size === 0 && leaf) return leaf.value
  const children = Object.fromEntries([...tree.children].map(([name, child]) => [name, outlineTree(child)]))
  return leaf ? { '=': leaf.value, ...children } : children
}
