// Makes of the values that the plain driver read what the API should answer.
import { isReadable, isVisible, readableSql, type View } from './policy.ts'
import type { Selection, Sort } from './question.ts'
import type { Shown } from './shown.ts'
import { type ColumnPlan, columnsOf, quoteName } from './table-plan.ts'
import { type Relation, type Row, readTexts, type Table, type World } from './world.ts'

/** How many values of each type were shown, at the top of an answer and inside of others. */
export interface Seen {
  readonly values: Map<string, number>
  top: number
  nested: number
  records: number
}

export class Model {
  readonly world: World
  readonly view: View
  readonly seen: Seen
  readonly #ordered = new Map<string, readonly Row[]>()

  constructor(world: World, view: View, seen: Seen) {
    this.world = world
    this.view = view
    this.seen = seen
  }

  table(name: string): Table {
    const table = this.world.tables.get(name)
    if (!table) throw new Error(`there is no table ${name}`)
    return table
  }

  /** All that the caller sees of a table, in order. */
  async rows(name: string, sort: Sort): Promise<readonly Row[]> {
    const text = this.#orderSql(name, sort)
    const known = this.#ordered.get(text)
    if (known) return known
    const table = this.table(name)
    const places = new Map((await readTexts(this.world.client, text)).map((key, i) => [JSON.stringify(key), i]))
    const placeOf = (row: Row) => places.get(JSON.stringify(table.plan.key.map(key => row.get(key.name)))) ?? -1
    const visible = table.rows.filter(row => isVisible(table, row, this.view.caller))
    const ordered = visible.toSorted((a, b) => placeOf(a) - placeOf(b))
    this.#ordered.set(text, ordered)
    return ordered
  }

  async show(name: string, row: Row, selection: Selection, depth = 0): Promise<Shown> {
    const table = this.table(name)
    const wants = (field: string) => selection.fields === null || selection.fields.includes(field)
    const kinds = new Map(columnsOf(table.plan).map(column => [column.name, column.kind]))
    const keys = new Set(table.plan.key.map(column => column.name))
    const record: [string, Shown][] = []
    this.seen.records++
    for (const { name: column, field } of table.columns) {
      if (!keys.has(column) && !(wants(field) && isReadable(table, row, field, this.view))) continue
      const text = row.get(column) ?? null
      const kind = kinds.get(column) as ColumnPlan['kind']
      record.push([field, text === null ? null : kind.show(text)])
      if (text !== null) this.#count(kind.sql, depth)
    }
    for (const relation of table.relations) {
      const include = selection.include.get(relation.name)
      if (!include && (relation.toMany || !wants(relation.name))) continue
      if (!isReadable(table, row, relation.name, this.view)) continue
      record.push([relation.name, await this.#showRelation(table, relation, row, include, depth)])
    }
    return Object.fromEntries(record)
  }

  async #showRelation(
    table: Table,
    relation: Relation,
    row: Row,
    include: Selection | undefined,
    depth: number,
  ): Promise<Shown> {
    const other = this.table(relation.to)
    if (relation.toMany) {
      const back = this.#fieldOf(other, relation.by)
      const rows = (await this.rows(relation.to, include?.sort ?? [])).filter(
        one => isReadable(other, one, back, this.view) && pointsTo(one, relation.by, row, table),
      )
      const shown: Shown[] = []
      for (const one of rows.slice(0, include?.limit ?? 100))
        shown.push(await this.show(relation.to, one, include as Selection, depth + 1))
      return shown
    }
    const target = other.rows.find(one => pointsTo(row, relation.by, one, other))
    if (!target || !isVisible(other, target, this.view.caller)) return null
    if (include) return this.show(relation.to, target, include, depth + 1)
    return Object.fromEntries(
      other.plan.key.map(({ name, kind }) => {
        this.#count(kind.sql, depth)
        const field = other.columns.find(one => one.name === name)?.field ?? name
        return [field, kind.show(target.get(name) as string)]
      }),
    )
  }

  #fieldOf(table: Table, by: readonly string[]): string {
    return table.relations.find(one => !one.toMany && one.by.join() === by.join())?.name ?? ''
  }

  #count(sql: string, depth: number): void {
    this.seen.values.set(sql, (this.seen.values.get(sql) ?? 0) + 1)
    if (depth === 0) this.seen.top++
    else this.seen.nested++
  }

  /** The order is the database's; what the caller cannot read orders as null. */
  #orderSql(name: string, sort: Sort): string {
    const table = this.table(name)
    const terms = sort.map(({ field, descending }) => {
      const column = table.columns.find(one => one.field === field)?.name ?? ''
      const value = `case when ${readableSql(table, field, this.view)} then ${quoteName(column)} end`
      return `${value} ${descending ? 'desc' : 'asc'}`
    })
    const keys = table.plan.key.map(column => quoteName(column.name))
    // Ties go in the direction of the last key asked for.
    const ends = keys.map(key => (sort.at(-1)?.descending ? `${key} desc` : key))
    return `select ${keys.join(', ')} from ${quoteName(name)} order by ${[...terms, ...ends].join(', ')}`
  }
}

function pointsTo(row: Row, by: readonly string[], target: Row, { plan }: Table): boolean {
  return by.every((column, i) => {
    const value = row.get(column) ?? null
    return value !== null && value === target.get(plan.key[i]?.name ?? '')
  })
}
