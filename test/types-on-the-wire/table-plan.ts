// What a random table is made of: a key, columns of all kinds under odd names, and links to itself and to others.
import type { Random } from '../non-interference/random.ts'
import type { Kind } from './kind.ts'

export interface ColumnPlan {
  readonly name: string
  readonly kind: Kind
  readonly nullable: boolean
}

export interface LinkPlan {
  readonly columns: readonly string[]
  readonly to: TablePlan
}

export interface TablePlan {
  readonly name: string
  readonly key: readonly ColumnPlan[]
  readonly columns: readonly ColumnPlan[]
  readonly links: readonly LinkPlan[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** The columns in the order of the table, those of links at the end. */
export function columnsOf(plan: TablePlan): readonly ColumnPlan[] {
  const linked = plan.links.flatMap(link =>
    link.columns.map((name, i) => ({ name, kind: (link.to.key[i] as ColumnPlan).kind, nullable: true })),
  )
  return [...plan.key, ...plan.columns, ...linked]
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function createTable(plan: TablePlan): string {
  const names = (columns: readonly string[]) => columns.map(quoteName).join(', ')
  const key = names(plan.key.map(column => column.name))
  const columns = columnsOf(plan).map(
    ({ name, kind, nullable }) => `${quoteName(name)} ${kind.sql}${nullable ? '' : ' not null'}`,
  )
  const links = plan.links.map(
    ({ columns: own, to }) =>
      `foreign key (${names(own)}) references ${quoteName(to.name)} (${names(to.key.map(column => column.name))})`,
  )
  return `create table ${quoteName(plan.name)} (${[...columns, `primary key (${key})`, ...links].join(', ')})`
}

const oddNames = [
  'größe',
  '名前',
  'имя',
  '🎉',
  'CamelCase',
  'say "hi"',
  'back\\slash',
  'tab\tand\nline',
  'sep\u2028arator',
  'next\u0085line',
  'שלום',
  '__proto__',
  'constructor',
  'a.b',
  'per%cent',
  'q?=&',
  '[list]',
  '$1',
]

/** A name that no other column of the table has, odd as it may be; it tells the type. */
export function drawName(random: Random, kind: Kind, place: string): string {
  const word = kind.sql.replace(/\[\]$/, 's').replace(/\W+/g, '_')
  return random.chance(0.5) ? `${word}_${place}` : `${random.pick(oddNames)} ${word} ${place}`
}

/** Columns that are served as they are called, though JSON must escape it. */
export function isRenamed(name: string): boolean {
  return /["\\\n]/.test(name)
}

/** By which column rows are hidden, or some of their fields. */
export const tier = 'tier'
