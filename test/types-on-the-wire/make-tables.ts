// Makes random tables in which every kind of column occurs, and every value of each.
import type { Random } from '../non-interference/random.ts'
import type { Kind } from './kind.ts'
import { type ColumnPlan, columnsOf, drawName, type LinkPlan, type TablePlan, tier } from './table-plan.ts'
import { longTexts } from './texts.ts'

/** Kinds by their name in SQL. */
export type Kinds = ReadonlyMap<string, Kind>

const perTable = 7
const hubs = 3

/** A hub, which every row of the others leads to; then the others, each with some of the kinds; at last one of long texts. */
export function makeTables(kinds: Kinds, random: Random): readonly TablePlan[] {
  const hub = fillTable('hub', [plainKey(kinds)], [tierColumn(kinds)], [], hubs, random)
  const tables = [hub]
  const dealt = random.shuffle([...kinds.values()])
  for (let i = 0; i * perTable < dealt.length; i++) {
    const own = dealt.slice(i * perTable, (i + 1) * perTable)
    const again = random.some(dealt, 0, 2)
    const columns = [...own, ...again].map((kind, at) => drawColumn(kind, `${i}_${at}`, random))
    const name = random.pick([`t${i}`, `table_${i}`, `größen_${i}`, `表${i}`])
    const count = Math.max(24, ...columns.map(column => column.kind.values.length + 6))
    tables.push(linkTable(name, drawKey(kinds, i, random), [...columns, tierColumn(kinds)], tables, count, random))
  }
  const long = { ...(kinds.get('text') as Kind), values: longTexts, draw: () => 'short' }
  const column = { name: 'long', kind: long, nullable: true }
  tables.push(linkTable('long', [plainKey(kinds)], [column, tierColumn(kinds)], tables, longTexts.length, random))
  return tables
}

function linkTable(
  name: string,
  key: readonly ColumnPlan[],
  columns: readonly ColumnPlan[],
  others: readonly TablePlan[],
  count: number,
  random: Random,
): TablePlan {
  const self: TablePlan = { name, key, columns, links: [], rows: [] }
  const linkTo = (to: TablePlan, word: string): LinkPlan => ({ columns: to.key.map((_, i) => `${word}_${i}`), to })
  const links = [linkTo(others[0] as TablePlan, 'hub'), linkTo(self, 'twin'), linkTo(random.pick(others), 'other')]
  return fillTable(name, key, columns, links, count, random)
}

function fillTable(
  name: string,
  key: readonly ColumnPlan[],
  columns: readonly ColumnPlan[],
  links: readonly LinkPlan[],
  count: number,
  random: Random,
): TablePlan {
  const rows: (readonly (string | null)[])[] = []
  for (let i = 0; i < count; i++) {
    const keys = key.map(column => keyValue(column.kind, i, random))
    const values = columns.map(column => drawValue(column, i, random))
    const linked = links.flatMap(({ to, columns: own }, at) => {
      // Of its own rows those that are there already, itself included.
      const there = to.name === name ? [...rows, keys] : to.rows
      if (at > 0 && random.chance(0.15)) return own.map(() => null)
      return (at === 0 ? (there[i % there.length] as readonly string[]) : random.pick(there)).slice(0, own.length)
    })
    rows.push([...keys, ...values, ...linked])
  }
  const plan = { name, key, columns, links, rows }
  if (rows.some(row => row.length !== columnsOf(plan).length)) throw new Error(`${name}: a row of another length`)
  return plan
}

function drawValue({ kind, nullable }: ColumnPlan, i: number, random: Random): string | null {
  if (i < kind.values.length) return kind.values[i] as string
  if (nullable && random.chance(0.3)) return null
  return kind.draw && random.chance(0.8) ? kind.draw(random) : random.pick(kind.values)
}

function drawColumn(kind: Kind, place: string, random: Random): ColumnPlan {
  return { name: drawName(random, kind, place), kind, nullable: random.chance(0.7) }
}

const plainKey = (kinds: Kinds): ColumnPlan => ({ name: 'id', kind: kinds.get('int4') as Kind, nullable: false })

function tierColumn(kinds: Kinds): ColumnPlan {
  const kind = { ...(kinds.get('int4') as Kind), values: [], draw: (random: Random) => String(random.int(10)) }
  return { name: tier, kind: { ...kind, values: ['1', '5', '9'] }, nullable: true }
}

const keyWords = ['int4', 'int8', 'uuid', 'text', 'timestamptz', 'numeric', 'inet', 'date']

/** One column, or two of them. */
function drawKey(kinds: Kinds, i: number, random: Random): readonly ColumnPlan[] {
  return random.some(keyWords, 1, 2).map((word, at) => {
    const kind = kinds.get(word) as Kind
    const name = random.chance(0.5) ? `k${at}` : drawName(random, kind, `k${i}_${at}`)
    return { name, kind, nullable: false }
  })
}

/** One for each row, spelled as PostgreSQL spells it where another row refers to it. */
function keyValue(kind: Kind, i: number, random: Random): string {
  switch (kind.sql) {
    case 'int8':
      return String(9_007_199_254_740_990n + BigInt(i))
    case 'uuid':
      return `0190163d-8694-739b-aea5-${String(i).padStart(12, '0')}`
    case 'text':
      return `${random.pick(['a', ',', '~', '"', '\\', 'é/', '%2F', ' ', '𝄞', '\u0001'])}${i}`
    case 'timestamptz':
      return `2015-08-05 13:56:05.${String(i * 100 + 1).padStart(6, '0')}+00`
    case 'numeric':
      return `${i}.50`
    case 'inet':
      return `10.0.0.${i}/${i % 2 === 0 ? 32 : 24}`
    case 'date':
      return `${2000 + i}-02-28`
    default:
      return String(i - 2)
  }
}
