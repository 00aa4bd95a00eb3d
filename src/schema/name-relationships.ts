// Names the relationships of one table, so that the names follow from the tables alone, whatever the order they come in.
import type { ForeignKeyInfo } from './database-schema.ts'
import type { DirectRelationship, FoundRelationship, JoinRelationship } from './find-relationships.ts'
import { toPlural, toSingular } from './plural.ts'
import { toFieldName } from './spell-path.ts'

/**
 * | relationship | name | where that is taken |
 * |---|---|---|
 * | belongsTo by `user_id` (`userId`, `user_fk`, `id_user`) | `user` | `user_record`, `user_by_user_id` |
 * | belongsTo by `country_code` → `countries.code` | `country` | |
 * | belongsTo by `owner` | `owner_record`, for `owner` is the column | `owner_by_owner` |
 * | belongsTo by `tenant_id, user_id` → `tenant_id, id` | `user`, after the column whose name differs from its target's | |
 * | belongsTo by several such columns, or none | the target in the singular | |
 * | hasMany | the table in the plural: `comments` | `comments_as_user`; another schema's table: `sales_comments` |
 * | hasOne, where the foreign key is unique | the table in the singular: `profile` | `profile_as_user`, `profile_by_user_id` |
 * | either, where the table has several foreign keys here | `follows_as_followee`, `follows_as_follower` | |
 * | manyToMany | the target in the plural: `tags` | `tags_through_post_tags` |
 * | manyToMany of a table with itself | the far side: `followers`, `followees` | `followers_through_follows` |
 *
 * Columns have their names first, then belongsTo, hasOne and hasMany, manyToMany; within a kind, tables of the same schema before
 * others. Where two would be called the same, neither is. What is taken at the end too is numbered: `_2`.
 * Signs that a URL gives another meaning become `_`.
 *
 * @param taken names of columns
 */
export function nameRelationships(
  found: readonly FoundRelationship[],
  taken: Iterable<string>,
): ReadonlyMap<string, FoundRelationship> {
  const named = new Map<string, FoundRelationship>()
  // `links` is a field of every resource.
  const used = new Set([...taken].flatMap(name => [name, toFieldName(name)]).concat('links'))
  for (const inClass of classes) {
    const members = found.filter(inClass).toSorted((a, b) => compareText(identityOf(a), identityOf(b)))
    const settled = settle(members.map(candidatesOf), used)
    const pairs = settled.map((name, i) => [name, members[i] as FoundRelationship] as const)
    for (const [name, member] of inClass === isBelongsTo
      ? inOrderOfColumns(pairs)
      : pairs.toSorted(([a], [b]) => compareText(a, b))) {
      named.set(name, member)
      used.add(name)
    }
  }
  return named
}

const isBelongsTo = (one: FoundRelationship) => one.kind === 'belongsTo'
const isInSchema = (one: FoundRelationship) => one.to.schema === one.from.schema
const isDirect = (one: FoundRelationship) => one.kind === 'hasOne' || one.kind === 'hasMany'
const isJoin = (one: FoundRelationship) => one.kind === 'manyToMany'
const classes: readonly ((one: FoundRelationship) => boolean)[] = [
  isBelongsTo,
  one => isDirect(one) && isInSchema(one),
  one => isDirect(one) && !isInSchema(one),
  one => isJoin(one) && isInSchema(one),
  one => isJoin(one) && !isInSchema(one),
]

const inOrderOfColumns = (pairs: readonly (readonly [string, FoundRelationship])[]) => {
  const place = ([, one]: readonly [string, FoundRelationship]) =>
    'key' in one ? one.from.columns.findIndex(column => one.key.columns.includes(column.name)) : 0
  return pairs.toSorted((a, b) => place(a) - place(b))
}

/** Best first. */
function candidatesOf(one: FoundRelationship): readonly string[] {
  const names = one.kind === 'manyToMany' ? joinNames(one) : one.kind === 'belongsTo' ? ownNames(one) : otherNames(one)
  return names.map(toFieldName)
}

function ownNames({ key }: DirectRelationship): readonly string[] {
  const role = roleOf(key)
  return [role, `${role}_record`, `${role}_by_${key.columns.join('_and_')}`]
}

function otherNames(one: DirectRelationship): readonly string[] {
  const table = one.kind === 'hasOne' ? toSingular(one.to.name) : toPlural(one.to.name)
  const names = isInSchema(one) ? [table] : [table, `${one.to.schema}_${table}`]
  const as = names.map(name => `${name}_as_${roleOf(one.key)}`)
  const by = `${names.at(-1)}_by_${one.key.columns.join('_and_')}`
  return one.siblings > 1 ? [...as, by] : [...names, ...as, by]
}

function joinNames(one: JoinRelationship): readonly string[] {
  const far = toPlural(one.from === one.to ? roleOf(one.far) : one.to.name)
  const through = `${far}_through_${one.through.name}`
  return [far, through, `${through}_as_${roleOf(one.near)}`, `${through}_as_${roleOf(one.near)}_to_${roleOf(one.far)}`]
}

/** What the record that a foreign key points to is to this one: `user_id` → `user`, `followee_id` → `followee`. */
function roleOf({ columns, references, table }: ForeignKeyInfo): string {
  const pairs = columns.map((column, i) => [column, references[i] as string] as const)
  const telling = pairs.length === 1 ? pairs : pairs.filter(([column, reference]) => column !== reference)
  const [column, reference] = telling[0] ?? []
  if (telling.length !== 1 || column === undefined || reference === undefined) return toSingular(table.name)
  const stripped = stripKeyWords(column, reference)
  return stripped === column && column === reference ? toSingular(table.name) : stripped
}

function stripKeyWords(column: string, reference: string): string {
  const capital = reference.charAt(0).toUpperCase() + reference.slice(1)
  const endings = [`_${reference}`, /[a-z]/.test(reference) ? capital : '']
  const ending = endings.find(one => one !== '' && column.endsWith(one) && column.length > one.length)
  const stripped = (ending === undefined ? column : column.slice(0, -ending.length))
    .replace(/^(?:id|fk)_(?=.)/i, '')
    .replace(/(?<=.)(?:_(?:id|fk|uuid|guid))+$/i, '')
    .replace(/(?<=[a-z0-9])(?:Id|ID|Fk|FK|Uuid|UUID|Guid)$/, '')
  return stripped === '' ? column : stripped
}

/** One free name each: a name that two want, or that is taken, goes to nobody and both try their next. */
function settle(wishes: readonly (readonly string[])[], used: ReadonlySet<string>): readonly string[] {
  const taken = new Set(used)
  const settled: (string | undefined)[] = wishes.map(() => undefined)
  const longest = Math.max(0, ...wishes.map(names => names.length))
  for (let level = 0; level < longest; level++) {
    const open = wishes.flatMap((names, i) => (settled[i] === undefined ? [{ i, name: names[level] }] : []))
    for (const [name, [first, ...others]] of Map.groupBy(open, one => one.name)) {
      if (name !== undefined && first && others.length === 0 && !taken.has(name)) settled[first.i] = name
    }
    for (const name of settled) if (name !== undefined) taken.add(name)
  }
  return settled.map((name, i) => {
    if (name !== undefined) return name
    const free = numberName(wishes[i]?.at(-1) ?? 'related', taken)
    taken.add(free)
    return free
  })
}

/** `name`, or the first of `name_2`, `name_3`, … that is free. */
export function numberName(name: string, taken: { has(name: string): boolean }): string {
  let free = name
  for (let i = 2; taken.has(free); i++) free = `${name}_${i}`
  return free
}

/** Says the same of the same relationship whenever it is asked. */
function identityOf(one: FoundRelationship): string {
  const keys =
    one.kind === 'manyToMany'
      ? [one.through.schema, one.through.name, ...one.near.columns, '', ...one.far.columns]
      : one.key.columns
  return [one.to.schema, one.to.name, ...keys].join('\u0000')
}

/** By code point, so that the order is the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
