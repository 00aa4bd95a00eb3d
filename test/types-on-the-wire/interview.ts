// Asks for lists, pages and records, and holds each answer to the model.
import type { Random } from '../non-interference/random.ts'
import { askServers, describe, type HttpQuestion, type Reply } from './ask-servers.ts'
import { findDifferences } from './compare-shown.ts'
import { Model, type Seen } from './model.ts'
import type { Caller, Hidden } from './policy.ts'
import { drawQuestion, everything, type Question, type Selection, toBody, toSearch } from './question.ts'
import { parseExactly, type Shown } from './shown.ts'
import type { Row, World } from './world.ts'

export interface Doors {
  readonly urls: readonly string[]
  readonly tokens: Readonly<Record<Caller, string | null>>
}

type Cursor = Readonly<Record<string, string>>

export class Interview {
  readonly seen: Seen = { values: new Map(), top: 0, nested: 0, records: 0 }
  requests = 0
  readonly #doors: Doors
  readonly #world: World
  readonly #models: Readonly<Record<Caller, Model>>

  constructor(world: World, hidden: Hidden, doors: Doors) {
    this.#doors = doors
    this.#world = world
    this.#models = {
      admin: new Model(world, { caller: 'admin', hidden }, this.seen),
      guest: new Model(world, { caller: 'guest', hidden }, this.seen),
    }
  }

  /** Every row of a table: as a list, and with each of the records that it leads to or that lead to it. */
  async readWhole(table: string, caller: Caller): Promise<readonly string[]> {
    const { relations = [] } = this.#world.tables.get(table) ?? {}
    const includes = relations.flatMap(one => (one.to === 'hub' ? [] : [new Map([[one.name, everything]])]))
    const problems: string[] = []
    for (const include of [new Map(), ...includes]) {
      const question = { table, selection: { ...everything, include }, size: 100, inBody: false }
      problems.push(...(await this.#readPages(question, caller, 3)))
    }
    return problems
  }

  /** Pages of every size, so that rows begin and end at every distance from the end of a chunk. */
  async readSizes(table: string, caller: Caller): Promise<readonly string[]> {
    const problems: string[] = []
    const { length } = await this.#models[caller].rows(table, [])
    for (let size = 1; size <= length; size++)
      problems.push(...(await this.#readPages({ table, selection: everything, size, inBody: false }, caller, 3)))
    return problems
  }

  /** Some pages of a list, one of them before a cursor, and one of its records by itself. */
  async readSome(caller: Caller, random: Random): Promise<readonly string[]> {
    const question = drawQuestion(this.#world, random)
    const problems = [...(await this.#readPages(question, caller, 1 + random.int(2), 1 + random.int(10)))]
    const rows = await this.#models[caller].rows(question.table, [])
    if (rows.length > 0) problems.push(...(await this.#readItem(question, random.pick(rows), caller)))
    return problems
  }

  async #readPages(question: Question, caller: Caller, pages: number, back = 0): Promise<readonly string[]> {
    const { table, selection, size } = question
    const rows = await this.#models[caller].rows(table, selection.sort)
    const problems: string[] = []
    let cursor: Cursor = {}
    for (let page = 0; page < pages; page++) {
      const start = page * size
      const { reply, asked } = await this.#ask(question, caller, cursor)
      problems.push(...(await this.#check(reply, asked, table, rows.slice(start, start + size), selection, caller)))
      const next = nextOf(reply, question.inBody)
      if ((next !== null) !== rows.length > start + size)
        problems.push(`${describe(asked)}: ${next === null ? 'no' : 'a'} next page`)
      if (next === null || problems.length > 0) break
      cursor = { 'page[after]': next }
      // Its last row is the cursor's, so what lies before it is that page but for this row.
      if (back > 0) {
        const end = start + size - 1
        const before = rows.slice(Math.max(0, end - back), end)
        const turned = await this.#ask({ ...question, size: back }, caller, { 'page[before]': next })
        problems.push(...(await this.#check(turned.reply, turned.asked, table, before, selection, caller)))
      }
    }
    return problems
  }

  async #readItem(question: Question, row: Row, caller: Caller): Promise<readonly string[]> {
    const { key } = this.#world.tables.get(question.table)?.plan ?? { key: [] }
    const parts = key.map(({ name, kind }) => String(kind.show(row.get(name) as string)).replace('\0', ''))
    const id = parts.map(part => (parts.length > 1 ? part.replaceAll('~', '~0').replaceAll(',', '~1') : part)).join(',')
    const { selection } = question
    const search = toSearch({ ...question, selection: { ...selection, sort: [] } }, {}).replace(
      /page%5Bsize%5D=\d+&?/,
      '',
    )
    const asked: HttpQuestion = {
      path: `/${encodeURIComponent(question.table)}/${encodeURIComponent(id)}?${search}`,
      token: this.#doors.tokens[caller],
    }
    const reply = await askServers(this.#doors.urls, asked)
    this.requests++
    return this.#check(reply, asked, question.table, row, selection, caller)
  }

  async #ask(question: Question, caller: Caller, cursor: Cursor): Promise<{ reply: Reply; asked: HttpQuestion }> {
    const path = `/${encodeURIComponent(question.table)}`
    const token = this.#doors.tokens[caller]
    const asked: HttpQuestion = question.inBody
      ? { path: `${path}/query`, token, body: toBody(question, cursor) }
      : { path: `${path}?${toSearch(question, cursor)}`, token }
    this.requests++
    return { reply: await askServers(this.#doors.urls, asked), asked }
  }

  async #check(
    { status, text }: Reply,
    asked: HttpQuestion,
    table: string,
    rows: Row | readonly Row[],
    selection: Selection,
    caller: Caller,
  ): Promise<readonly string[]> {
    if (status !== 200) return [`${describe(asked)}: ${status} ${text.slice(0, 500)}`]
    const model = this.#models[caller]
    const show = (row: Row) => model.show(table, row, selection)
    const expected: Shown =
      rows instanceof Map ? await show(rows) : await Promise.all((rows as readonly Row[]).map(show))
    const differences = findDifferences(parseAnswer(text), { data: expected }, '')
    return differences.slice(0, 10).map(difference => `${describe(asked)}: ${difference}`)
  }
}

function parseAnswer(text: string): Shown {
  try {
    const { data } = parseExactly(text) as { readonly data: Shown }
    return { data }
  } catch (error) {
    return { broken: String(error) }
  }
}

function nextOf({ text }: Reply, inBody: boolean): string | null {
  const { meta, links } = JSON.parse(text) as {
    readonly meta?: { readonly page?: { readonly next: string | null } }
    readonly links?: { readonly next: string | null }
  }
  if (inBody) return meta?.page?.next ?? null
  return links?.next == null ? null : new URL(links.next, 'http://localhost').searchParams.get('page[after]')
}
