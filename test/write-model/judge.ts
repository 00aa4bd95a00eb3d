// What becomes of a write, worked out naively from the words of the access rules over plain rows.
import { type Caller, evaluate } from '../non-interference/condition.ts'
import { readClaim } from '../non-interference/values.ts'
import type { Data, Relationship, Row, World, WorldTable } from '../non-interference/world.ts'
import { filledIn, type Held, heldOn, isNever, readsEverywhere } from './held.ts'
import { fieldNames, type LinkSet, linkSets, type Policy } from './policy.ts'
import { linksIn, toText, valueProblem } from './read-member.ts'
import { naturalKeys, numbered, uniqueColumns } from './tables.sql.ts'
import type { ActionCall, Entry, Filtered, Links, Operations, Records, Under, Write } from './write.ts'

export interface Verdict {
  readonly status: number
  /** Why, for the counts. */
  readonly reason: string
  /** Members that have to be named, where it is a field that may not be written. */
  readonly pointers?: readonly string[]
  readonly data: Data
  /** Other statuses that are as good: what the database refuses first, before or after the rights. */
  readonly also?: readonly number[]
  /** What the body of the answer has to be, as far as it follows from the rules. */
  readonly said?: {
    readonly data?: unknown
    readonly affected?: number
    readonly each?: readonly (readonly number[])[]
    /** What the caller reads of the one record, by field; of a record that is linked the key. */
    readonly record?: ReadonlyMap<string, string | null>
  }
  /** The same as requests of their own, one after another. */
  readonly steps?: readonly Records[]
}

type Refusal = Omit<Verdict, 'data'>

/** Of one record; status 0 where it is done. */
interface Outcome extends Verdict {
  readonly row?: Row
  readonly isNew?: boolean
}

/**
 * What the model does not ask of the product: whether a new record can be made under another where the link is not readable is not
 * said anywhere; roles that look at other records of the table that is written see them as they were (R29); what PUT resets is not
 * asked of the new row (R29). Taken out of here, they are asked.
 */
export const unsaid: ReadonlySet<string> = new Set(['own table', 'reset'])

export class Judge {
  readonly #world: World
  readonly #policy: Policy
  readonly #caller: Caller
  /** How many of the records to make have taken an id of the sequence, by table. */
  #made = new Map<string, number>()

  constructor(world: World, policy: Policy, caller: Caller) {
    this.#world = world
    this.#policy = policy
    this.#caller = caller
  }

  judge(write: Write, data: Data): Verdict {
    this.#made = new Map()
    switch (write.kind) {
      case 'records':
        return this.#judgeRecords(write, data)
      case 'links':
        return this.#judgeLinks(write, data)
      case 'operations':
        return this.#judgeOperations(write, data)
      case 'filtered':
        return this.#judgeFiltered(write, data)
      case 'action':
        return this.#judgeAction(write, data)
    }
  }

  /** What the caller may learn of the data, as one text: rows, who grants them, and what of them is shown. */
  view(data: Data): string {
    return [...this.#world.tables.values()]
      .map(table => {
        const held = this.#held(table.name)
        const rows = (data[table.name] ?? []).flatMap(row => {
          const granting = this.#granting(held, row, data)
          if (granting.length === 0) return []
          const reads = new Set(granting.flatMap(one => [...one.reads]))
          const shown = table.columns.map(({ name }) => {
            const link = table.relationships.find(one => one.kind === 'toOne' && one.own.includes(name))
            if (table.key.includes(name)) return row[name]
            if (!reads.has(link?.name ?? name)) return 'hidden'
            const value = row[name] ?? null
            return link && value !== null && !this.#sees(link.target, value, data) ? null : value
          })
          return [JSON.stringify([granting.map(one => one.role.name), shown])]
        })
        return rows.sort().join('\n')
      })
      .join('\n\n')
  }

  #judgeRecords(write: Records, data: Data): Verdict {
    const { under, entries } = write
    const table = this.#table(write.table)
    for (const name of [under?.table, write.table]) {
      const refused = name === undefined ? null : this.#refuseStranger(name)
      if (refused) return { ...refused, data }
    }
    const held = this.#held(write.table)
    const walks = under && this.#held(under.table).some(one => one.reads.has(under.path))
    if (under && !(walks && held.some(one => one.reads.has(under.field))))
      return { status: 404, reason: 'no such path', also: [405], data }
    if (write.isLenient) return this.#judgeLenient(entries, table, held, data)
    for (const entry of entries) {
      const refused = this.#refuseUnseen(entry, table, held, under?.field)
      if (refused) return { ...refused, data }
    }
    let now = data
    let isNew = false
    let row: Row | undefined
    for (const entry of entries) {
      const done = this.#act(entry, table, held, under, now)
      // Whether another record of this list is in the way only its own transaction knows.
      if (done.status !== 0)
        return {
          ...done,
          data,
          ...(entries.length > 1 && { also: [...(done.also ?? []), ...(done.reason === 'clash' ? [409] : [])] }),
        }
      now = done.data
      isNew = done.isNew === true
      row = done.row
    }
    const kind = entries[0]?.kind
    const status = kind === 'create' || isNew ? 201 : kind === 'delete' ? 204 : 200
    const record = row && !write.isBulk ? this.#show(row, table, now) : undefined
    const reason = kind === 'put' ? 'put' : under ? 'under' : 'done'
    return { status, reason, data: now, ...(record && { said: { record } }) }
  }

  #show(row: Row, table: WorldTable, data: Data): ReadonlyMap<string, string | null> {
    const reads = new Set(this.#granting(this.#held(table.name), row, data).flatMap(one => [...one.reads]))
    return new Map(
      fieldNames(table).flatMap(name => {
        if (!reads.has(name)) return []
        const value = row[this.#columnOf(name, table)] ?? null
        // A key is readable wherever the row is (R8).
        const link = table.keyFields.includes(name) ? undefined : this.#linkOf(name, table)
        return [[name, link && value !== null && !this.#sees(link.target, value, data) ? null : value] as const]
      }),
    )
  }

  /** As changes of the record, or of those that hold the foreign key, each by a request of its own. */
  #judgeLinks({ table: name, key, relationship, how, ids }: Links, data: Data): Verdict {
    const stranger = this.#refuseStranger(name)
    if (stranger) return { ...stranger, data }
    const table = this.#table(name)
    const link = table.relationships.find(one => one.name === relationship) as Relationship
    const far = this.#held(link.target)
    const walks =
      this.#held(name).some(one => one.reads.has(relationship)) &&
      far.length > 0 &&
      (link.kind !== 'toMany' || far.some(one => one.reads.has(link.holder))) &&
      (link.kind !== 'manyToMany' || this.#held(link.through).length > 0)
    if (!walks) return { status: 404, reason: 'no such path', also: [405], data }
    if (link.kind === 'toMany') return this.#judgeHolders(link, { key, how, ids: ids ?? [] }, table, data)
    const value = link.kind === 'manyToMany' ? (ids ?? []).map(Number) : ids ? Number(ids[0]) : null
    const entry: Entry = { kind: 'update', key, members: { [relationship]: value }, links: how }
    const refused = this.#refuseUnseen(entry, table, this.#held(name))
    // The whole document is the member.
    const { pointers: _, ...done } = refused ?? this.#act(entry, table, this.#held(name), null, data)
    if (done.status !== 0) return { ...done, reason: `${relationship} alone: ${done.reason}`, data }
    return { status: 204, reason: `links: ${how}`, data: (done as Outcome).data }
  }

  #judgeHolders(
    link: Extract<Relationship, { kind: 'toMany' }>,
    { key, how, ids }: { readonly key: readonly string[]; readonly how: Links['how']; readonly ids: readonly string[] },
    table: WorldTable,
    data: Data,
  ): Verdict {
    const target = this.#table(link.target)
    const held = this.#held(link.target)
    if (held.every(one => one.updates.size === 0))
      return { status: this.#caller.id === null ? 401 : 403, reason: 'never', also: [405], data }
    const here = (data[table.name] ?? []).find(row => row.id === key[0])
    const granting = here ? this.#granting(this.#held(table.name), here, data) : []
    if (!granting.some(one => one.reads.has(link.name))) return { status: 404, reason: 'holders: unseen', data }
    const idOf = (row: Row) => target.key.map(part => row[part] as string).join()
    const linked = (data[link.target] ?? [])
      .filter(row => row[link.foreign[0] as string] === key[0])
      .filter(row => this.#granting(held, row, data).some(one => one.reads.has(link.holder)))
      .map(idOf)
    const freed = how === 'add' ? [] : linked.filter(id => ids.includes(id) === (how === 'remove'))
    const added = how === 'remove' ? [] : [...new Set(ids)].filter(id => !linked.includes(id))
    const changes = [...freed.map(id => [id, null] as const), ...added.map(id => [id, Number(key[0])] as const)]
    let now = data
    const refusals: Outcome[] = []
    for (const [id, value] of changes) {
      const entry: Entry = { kind: 'update', key: id.split(','), members: { [link.holder]: value } }
      const mustStay = value === null && target.key.includes(link.foreign[0] as string)
      const unseen: Refusal | null = mustStay
        ? { status: 403, reason: 'must be linked' }
        : this.#refuseUnseen(entry, target, held)
      const done: Outcome = unseen ? { ...unseen, data: now } : this.#act(entry, target, held, null, now)
      if (unsaid.has(done.reason)) return { ...done, data }
      if (done.status === 0) now = done.data
      else refusals.push(done)
    }
    const [first] = refusals
    if (!first) return { status: 204, reason: `holders: ${how}`, data: now }
    // In which order they are changed is not said.
    const also = refusals.flatMap(one => [one.status, ...(one.also ?? [])])
    return { status: first.status, reason: `holders: ${first.reason}`, also, data }
  }

  #judgeLenient(entries: readonly Entry[], table: WorldTable, held: readonly Held[], data: Data): Verdict {
    const each: (readonly number[])[] = []
    let now = data
    for (const entry of entries) {
      const unseen = this.#refuseUnseen(entry, table, held)
      // What no role does is refused as a whole.
      if (unseen?.reason === 'never') return { ...unseen, data }
      const done = unseen ? { ...unseen, data: now } : this.#act(entry, table, held, null, now)
      if (unsaid.has(done.reason)) return { ...done, data }
      if (done.status === 0) now = done.data
      const status = done.status === 0 ? { create: 201, update: 200, put: 200, delete: 204 }[entry.kind] : done.status
      each.push([status, ...(done.also ?? []), ...(done.reason === 'clash' ? [409] : [])])
    }
    return { status: 207, reason: 'lenient', data: now, said: { each } }
  }

  #judgeOperations({ steps }: Operations, data: Data): Verdict {
    const made = new Map<string, { readonly table: string; readonly id: string }>()
    const done: Records[] = []
    let now = data
    for (const { table, entry } of steps) {
      const idOf = (lid: string, target: string) => (made.get(lid)?.table === target ? made.get(lid)?.id : undefined)
      const stranger = this.#refuseStranger(table)
      if (stranger) return { ...stranger, data }
      const resolved = resolveLids(entry, this.#table(table), idOf)
      if (!resolved) return { status: 422, reason: 'lid', data }
      const refused = this.#refuseUnseen(resolved, this.#table(table), this.#held(table))
      if (refused) return { ...refused, reason: `operations: ${refused.reason}`, data }
      const outcome = this.#act(resolved, this.#table(table), this.#held(table), null, now)
      if (outcome.status !== 0)
        return {
          ...outcome,
          data,
          reason: unsaid.has(outcome.reason) ? outcome.reason : `operations: ${outcome.reason}`,
          also: [...(outcome.also ?? []), ...(outcome.reason === 'clash' ? [409] : [])],
        }
      now = outcome.data
      if (entry.lid !== undefined) made.set(entry.lid, { table, id: outcome.row?.id as string })
      done.push({ kind: 'records', table, entries: [resolved], isBulk: false, isLenient: false, under: null })
    }
    return { status: 200, reason: 'operations', data: now, steps: done }
  }

  #judgeFiltered({ table: name, filter, max, entry }: Filtered, data: Data): Verdict {
    const stranger = this.#refuseStranger(name)
    if (stranger) return { ...stranger, data }
    const table = this.#table(name)
    const held = this.#held(name)
    const refused = this.#refuseUnseen(entry, table, held)
    // What no role does is told before names are looked at, and those of the path before those of the body (R24).
    const isRead = held.some(one => one.reads.has(filter.field))
    if (!isRead && refused?.reason !== 'never') return { status: 400, reason: 'filter', data }
    if (refused) return { ...refused, reason: `filtered: ${refused.reason}`, data }
    const link = table.relationships.find(one => one.kind === 'toOne' && one.name === filter.field)
    const column = link?.kind === 'toOne' ? (link.own[0] as string) : filter.field
    const found = (data[name] ?? []).filter(
      row =>
        this.#granting(held, row, data).some(one => one.reads.has(filter.field)) &&
        row[column] === filter.value &&
        (!link || this.#sees(link.target, filter.value, data)),
    )
    if (found.length > max) return { status: 409, reason: 'too many', data }
    let now = data
    for (const row of found.toSorted((a, b) => compareKeys(a, b, table))) {
      const key = table.key.map(part => row[part] as string)
      const done = this.#act({ ...entry, key }, table, held, null, now)
      if (done.status !== 0)
        return {
          ...done,
          reason: unsaid.has(done.reason) ? done.reason : `filtered: ${done.reason}`,
          data,
          also: [...(done.also ?? []), ...(done.reason === 'clash' ? [409] : [])],
        }
      now = done.data
    }
    return { status: 200, reason: 'filtered', data: now, said: { affected: found.length } }
  }

  #judgeAction({ table: name, name: called, keys, isMany }: ActionCall, data: Data): Verdict {
    const stranger = this.#refuseStranger(name)
    if (stranger) return { ...stranger, data }
    const table = this.#table(name)
    const held = this.#held(name)
    const action = this.#policy.actions.get(name)?.find(one => one.name === called)
    if (!action) return { status: 404, reason: 'no such action', data }
    const doing = held.filter(one => action.roles.includes(one.role.name))
    if (doing.length === 0 || isNever(action.where))
      return { status: this.#caller.id === null ? 401 : 403, reason: 'action: never', data }
    const act = (key: readonly string[], now: Data): Outcome => {
      const row = this.#find({ kind: 'update', key, members: {} }, table, held, now)
      if (!row) return { status: 404, reason: 'action: unseen', data: now }
      const setting = { world: this.#world, data: now, caller: this.#caller }
      const may =
        this.#granting(doing, row, now).length > 0 &&
        (action.where === null || evaluate(action.where, row, setting) === true)
      if (!may) return { status: 403, reason: 'action: row', data: now }
      const after = this.#assigned(row, action.set, table)
      const changed = replaceRow(now, name, row, after)
      const isSeen = this.#granting(held, after, changed).length > 0
      if (isSeen !== this.#granting(held, after, now).length > 0) return { status: 403, reason: 'own table', data: now }
      if (this.#pointsNowhere(after, table, changed))
        return { status: 409, reason: 'nowhere', also: [403, 422], data: now }
      return isSeen ? { status: 0, reason: '', data: changed } : { status: 403, reason: 'action: scope', data: now }
    }
    if (!isMany) {
      const done = act(keys[0] ?? [], data)
      return done.status === 0 ? { status: 200, reason: 'action', data: done.data } : { ...done, data }
    }
    const said = { changed: 0, not_found: [] as unknown[], not_permitted: [] as unknown[] }
    let now = data
    for (const text of new Set(keys.map(key => key.join()))) {
      const key = text.split(',')
      // One statement: what each may be follows from the data as it was.
      const alone = act(key, data)
      const inTurn = act(key, now)
      if (alone.status !== inTurn.status) return { ...alone, reason: 'own table', data }
      if (alone.reason === 'own table' || alone.reason === 'nowhere') return { ...alone, data }
      now = inTurn.data
      const id = key.length === 1 ? Number(text) : text
      if (alone.status === 0) said.changed += 1
      else if (alone.status === 404) said.not_found.push(id)
      else said.not_permitted.push(id)
    }
    return { status: 200, reason: 'action on many', data: now, said: { data: said } }
  }

  /** Who holds no role there. */
  #refuseStranger(name: string): Refusal | null {
    if ((this.#policy.roles.get(name) ?? []).length === 0)
      return { status: 404, reason: 'no roles', also: [401, 403, 405] }
    if (this.#held(name).length > 0) return null
    return { status: this.#caller.id === null ? 401 : 403, reason: 'no role', also: [404, 405] }
  }

  /** What is refused whatever the rows are. */
  #refuseUnseen(entry: Entry, table: WorldTable, held: readonly Held[], under?: string): Refusal | null {
    const { kind, natural } = entry
    const naturalKey = naturalKeys[table.name]
    if (natural !== undefined && !held.some(one => one.reads.has(naturalKey ?? '')))
      return { status: 404, reason: 'unseen', also: [401, 403, 405, 409, 422] }
    const chooses = kind === 'put' && this.#choosesKey(entry, table, held)
    const kinds = kind !== 'put' ? [kind] : chooses ? (['update', 'create'] as const) : (['update'] as const)
    const able = held.filter(one => kinds.some(each => setOf(one, each) !== null))
    // Who has not signed in may be able to once he has.
    if (able.length === 0) return { status: this.#caller.id === null ? 401 : 403, reason: 'never', also: [405] }
    if (kind === 'delete') return null
    const readable = new Set(held.flatMap(one => [...one.reads]))
    const writable = new Set(able.flatMap(one => kinds.flatMap(each => [...(setOf(one, each) ?? [])])))
    for (const one of linkSets(table)) if (!this.#mayLink(one)) writable.delete(one.name)
    if (under !== undefined && !writable.has(under)) return { status: 403, reason: 'never' }
    const named = kind === 'put' ? namedBy(entry, table) : []
    if (this.#namesAnother(entry, table, named)) return { status: 409, reason: 'another key' }
    const names = Object.keys(entry.members).filter(name => !named.includes(name))
    const isWritable = (name: string) => writable.has(name) && name !== under
    const forbidden = names.filter(name => !isWritable(name) && readable.has(name))
    if (forbidden.length > 0) return { status: 403, reason: 'field', pointers: forbidden }
    const unknown = names.filter(name => !isWritable(name))
    if (unknown.length > 0) return { status: 422, reason: 'unknown', pointers: unknown }
    const may = {
      increment: kind === 'update',
      nested: (target: string) => this.#held(target).some(one => one.creates !== null),
      natural: (link: LinkSet) => this.#held(link.target).some(one => one.reads.has(naturalKeys[link.target] ?? '')),
    }
    const problems = names.map(name => valueProblem(entry.members[name], name, table, may))
    if (problems.includes('invalid')) return { status: 422, reason: 'invalid' }
    if (kind === 'create' && this.#lacks(entry, table, writable, under)) return { status: 422, reason: 'missing' }
    if (names.some((name, i) => problems[i] === 'increment' && !readsEverywhere(name, held)))
      return { status: 403, reason: 'increment' }
    for (const [i, name] of names.entries()) {
      if (problems[i] !== 'nested') continue
      const target = this.#table(this.#linkOf(name, table)?.target ?? '')
      const refused = this.#refuseUnseen(toNested(entry.members[name]), target, this.#held(target.name))
      if (refused) return { ...refused, reason: `nested: ${refused.reason}` }
    }
    return null
  }

  #lacks({ members }: Entry, table: WorldTable, writable: ReadonlySet<string>, under?: string) {
    const filled = filledIn(table.name, this.#policy, this.#caller)
    return table.keyFields.some(
      name =>
        !(name in members) && name !== under && !(name in filled) && !numbered.has(table.name) && writable.has(name),
    )
  }

  #namesAnother({ members, key, natural }: Entry, table: WorldTable, named: readonly string[]): boolean {
    return named.some(name => {
      if (!(name in members)) return false
      const said = natural ?? key?.[table.keyFields.indexOf(name)]
      return toText(members[name]) !== said
    })
  }

  #act(entry: Entry, table: WorldTable, held: readonly Held[], under: Under | null, before: Data): Outcome {
    const nested = this.#makeNested(entry, table, before)
    if (nested.status !== 0) return nested
    const { data } = nested
    const done = this.#actOnRow({ ...entry, members: nested.members }, table, held, under, data)
    if (done.status !== 0 || !done.row) return done
    let now = done.data
    for (const link of table.relationships.filter(one => one.kind === 'manyToMany')) {
      if (!(link.name in entry.members)) continue
      const linked = this.#replaceLinks(link, entry, done.row, now)
      if (linked.status !== 0) return linked
      now = linked.data
    }
    // What is no longer seen when all is done is not answered, so it is not done.
    if (this.#granting(held, done.row, now).length === 0)
      return { status: 403, reason: 'scope', also: [404], data: before }
    return { ...done, data: now }
  }

  #makeNested(entry: Entry, table: WorldTable, data: Data): Outcome & { readonly members: Entry['members'] } {
    const members: Record<string, unknown> = { ...entry.members }
    let now = data
    for (const { name } of table.relationships) {
      if (!isNew(members[name]) || this.#linkOf(name, table) === undefined) continue
      const target = this.#table(this.#linkOf(name, table)?.target ?? '')
      const done = this.#act(toNested(members[name]), target, this.#held(target.name), null, now)
      const reason = unsaid.has(done.reason) ? done.reason : `nested: ${done.reason}`
      if (done.status !== 0)
        return { ...done, reason, members, also: [...(done.also ?? []), ...(done.reason === 'clash' ? [409] : [])] }
      now = done.data
      members[name] = Number(done.row?.id)
    }
    return { status: 0, reason: '', data: now, members }
  }

  #actOnRow(entry: Entry, table: WorldTable, held: readonly Held[], under: Under | null, data: Data): Outcome {
    const refuse = (status: number, reason: string, also: readonly number[] = []): Outcome => ({
      ...{ status, reason, data, also },
    })
    const rows = data[table.name] ?? []
    const before = entry.kind === 'create' ? null : this.#find(entry, table, held, data)
    const chooses = entry.kind === 'put' && this.#choosesKey(entry, table, held)
    if (entry.kind !== 'create' && !before && !chooses) return refuse(404, 'unseen')
    const kind = before ? (entry.kind === 'put' ? 'update' : entry.kind) : 'create'
    const named = entry.kind === 'put' ? namedBy(entry, table) : []
    const given = Object.keys(entry.members).filter(name => !named.includes(name))
    if (before && !permits(kind, given, this.#granting(held, before, data))) return refuse(403, 'row')
    if (before && kind === 'delete') {
      const rest = { ...data, [table.name]: rows.filter(row => row !== before) }
      return this.#isReferred(before, table, rest) ? refuse(409, 'restrict') : { status: 0, reason: '', data: rest }
    }
    if (under && !this.#leadsTo(under, data)) return refuse(404, 'above', [422])
    const lost = this.#linksOf(entry, table, chooses).find(link => !this.#sees(link.target, link.id, data))
    if (lost) return refuse(422, 'link')
    if (before && entry.mustBeAbsent) return refuse(412, 'there')
    // A record that is there and hidden.
    if (entry.kind === 'put' && !before && rows.some(row => isNamed(row, entry, table))) return refuse(409, 'clash')
    const after = this.#written(entry, table, before, under)
    const resets = entry.kind === 'put' && before ? this.#resets(entry, table, held, before, data) : []
    for (const name of resets) Object.assign(after, { [this.#columnOf(name, table)]: null })
    if ('shout' in after) after.shout = after.title?.toUpperCase() ?? null
    if (Object.values(after).some(isTooLarge)) return refuse(422, 'overflow', [403, 409])
    const others = rows.filter(row => row !== before)
    const changed = { ...data, [table.name]: [...others, after] }
    const needed = [...given, ...(under ? [under.field] : []), ...(before ? [] : named)]
    const granting = this.#granting(held, after, changed)
    const isPermitted = permits(kind, needed, granting)
    const lostValues = resets.filter(name => before?.[this.#columnOf(name, table)] !== null)
    if (isPermitted && !permits(kind, [...needed, ...lostValues], granting)) return refuse(403, 'reset')
    const clash = this.#clash(after, others, table, held, data)
    if (clash !== null) return refuse(clash, 'clash', isPermitted ? (clash === 422 ? [] : [409]) : [403, 409, 422])
    // A key that others refer to cannot be changed.
    if (before && this.#isReferred(before, table, changed)) return refuse(409, 'restrict', [403, 422])
    // What the database itself fills in points nowhere.
    if (this.#pointsNowhere(after, table, changed)) return refuse(409, 'nowhere', [403, 422])
    return isPermitted ? { status: 0, reason: '', data: changed, row: after, isNew: !before } : refuse(403, 'scope')
  }

  /** Links that the caller does not see stay, and of a set that is replaced those that he may not remove. */
  #replaceLinks(link: LinkSet, { members, links: how = 'replace' }: Entry, row: Row, data: Data): Outcome {
    const join = this.#table(link.through)
    const held = this.#held(join.name)
    const [near, far] = [link.near.own[0] as string, link.far.own[0] as string]
    const wanted = new Set<string>()
    for (const one of linksIn(members[link.name])) {
      const id =
        'id' in one
          ? one.id
          : this.#find(
              { kind: 'update', key: null, natural: one.natural, members: {} },
              this.#table(link.target),
              this.#held(link.target),
              data,
            )?.id
      const isThere = id !== undefined && id !== null && this.#sees(link.target, id, data)
      if (!isThere && how === 'remove') continue
      if (!isThere) return { status: 422, reason: 'links: missing', data }
      wanted.add(id as string)
    }
    const present = (data[join.name] ?? []).filter(
      one =>
        one[near] === row.id &&
        this.#granting(held, one, data).length > 0 &&
        this.#sees(link.target, one[far] as string, data),
    )
    let now = data
    const refuse = (done: Outcome): Outcome => ({
      ...done,
      reason: unsaid.has(done.reason) ? done.reason : `links: ${done.reason}`,
    })
    for (const one of how === 'add' ? [] : present) {
      const mayRemove = this.#granting(held, one, data).some(each => each.role.delete)
      const isMeant = wanted.has(one[far] as string) === (how === 'remove')
      if (isMeant && !mayRemove && how === 'remove') return { status: 403, reason: 'links: row', data }
      if (!mayRemove || !isMeant) continue
      const key = join.key.map(name => one[name] as string)
      const done = this.#act({ kind: 'delete', key, members: {} }, join, held, null, now)
      if (done.status !== 0 && done.status !== 404) return refuse(done)
      if (done.status === 0) now = done.data
    }
    for (const id of how === 'remove' ? [] : wanted) {
      if (present.some(one => one[far] === id)) continue
      const entry: Entry = { kind: 'create', key: null, members: { [link.far.name]: Number(id) } }
      const unseen = this.#refuseUnseen(entry, join, held, link.near.name)
      if (unseen) return { ...unseen, reason: `links: ${unseen.reason}`, data }
      const under = { table: link.near.target, id: row.id as string, field: link.near.name, path: '' }
      const done = this.#act(entry, join, held, under, now)
      if (done.status !== 0) return refuse(done)
      now = done.data
    }
    return { status: 0, reason: '', data: now }
  }

  /** The record that is meant, where the caller sees it. */
  #find(entry: Entry, table: WorldTable, held: readonly Held[], data: Data): Row | null {
    const row = (data[table.name] ?? []).find(one => isNamed(one, entry, table))
    const granting = row ? this.#granting(held, row, data) : []
    const isFound =
      entry.natural === undefined
        ? granting.length > 0
        : granting.some(one => one.reads.has(naturalKeys[table.name] ?? ''))
    return row && isFound ? row : null
  }

  /** Whether a role lists, among what it creates with, what the path names the record by. */
  #choosesKey(entry: Entry, table: WorldTable, held: readonly Held[]): boolean {
    return namedBy(entry, table).every(name => held.some(one => one.creates?.has(name)))
  }

  /** What a record that is replaced loses: what its caller reads and may write on it, and does not give. */
  #resets(entry: Entry, table: WorldTable, held: readonly Held[], before: Row, data: Data): readonly string[] {
    const granting = this.#granting(held, before, data)
    const kept = new Set([...namedBy(entry, table), ...table.keyFields, ...Object.keys(entry.members), 'shout'])
    return fieldNames(table).filter(
      name =>
        !kept.has(name) && granting.some(one => one.reads.has(name)) && granting.some(one => one.updates.has(name)),
    )
  }

  #written(entry: Entry, table: WorldTable, before: Row | null, under: Under | null): Record<string, string | null> {
    const row: Record<string, string | null> = before
      ? { ...before }
      : Object.fromEntries(table.columns.map(one => [one.name, null]))
    if (!before) {
      const named = namedBy(entry, table)
      if (entry.kind === 'put')
        for (const [i, name] of named.entries())
          row[this.#columnOf(name, table)] = entry.natural ?? entry.key?.[i] ?? null
      Object.assign(row, this.#assigned(row, filledIn(table.name, this.#policy, this.#caller), table))
      if (under) row[this.#columnOf(under.field, table)] = under.id
      if (row.id === null && numbered.has(table.name) && !('id' in entry.members)) {
        const made = this.#made.get(table.name) ?? 0
        this.#made.set(table.name, made + 1)
        row.id = String(1001 + made)
      }
    }
    for (const [name, value] of Object.entries(entry.members)) {
      if (linkSets(table).some(one => one.name === name)) continue
      const column = this.#columnOf(name, table)
      const by = incrementIn(value)
      row[column] = by === null ? toText(value) : add(row[column] ?? null, by)
    }
    return row
  }

  #assigned(row: Row, values: Readonly<Record<string, unknown>>, table: WorldTable): Record<string, string | null> {
    const changed: Record<string, string | null> = { ...row }
    for (const [name, value] of Object.entries(values))
      changed[this.#columnOf(name, table)] = this.#constant(value, name, table)
    if ('shout' in changed) changed.shout = changed.title?.toUpperCase() ?? null
    return changed
  }

  #constant(value: unknown, name: string, table: WorldTable): string | null {
    if (typeof value !== 'object' || value === null) return toText(value)
    const claim = (value as { principal: string }).principal
    const column = table.columns.find(one => one.name === name)
    return readClaim(column?.type ?? 'int4', claim === 'id' ? this.#caller.id : this.#caller.claims.get(claim))
  }

  /** 422 where the row in the way is seen; null where none is. */
  #clash(after: Row, others: readonly Row[], table: WorldTable, held: readonly Held[], data: Data): number | null {
    if (table.key.some(name => after[name] === null)) return 422
    if (table.name === 'books' && Number(after.stars ?? 0) >= 100)
      return held.some(one => one.reads.has('stars')) ? 422 : 409
    for (const columns of uniqueColumns[table.name] ?? []) {
      const other = others.find(row => columns.every(name => row[name] !== null && row[name] === after[name]))
      if (!other) continue
      // An id that is taken is a conflict, whoever sees it.
      if (columns.join() === table.key.join()) return 409
      const granting = this.#granting(held, other, data)
      const reads = (name: string) => table.key.includes(name) || granting.some(one => one.reads.has(name))
      return granting.length > 0 && columns.every(reads) ? 422 : 409
    }
    return null
  }

  #isReferred(row: Row, table: WorldTable, data: Data): boolean {
    return [...this.#world.tables.values()].some(other =>
      other.relationships.some(
        link =>
          link.kind === 'toOne' &&
          link.target === table.name &&
          (data[other.name] ?? []).some(one => one[link.own[0] as string] === row.id) &&
          !(data[table.name] ?? []).some(one => one.id === row.id),
      ),
    )
  }

  #pointsNowhere(row: Row, table: WorldTable, data: Data): boolean {
    return table.relationships.some(link => {
      const value = link.kind === 'toOne' ? row[link.own[0] as string] : null
      return value !== null && !(data[link.target] ?? []).some(one => one.id === value)
    })
  }

  /** A key of foreign keys that the caller chooses is said like one in a body; of what is there, the body only repeats it. */
  #linksOf({ kind, members, key }: Entry, table: WorldTable, chooses: boolean) {
    return table.relationships.flatMap(link => {
      if (link.kind !== 'toOne') return []
      const part = kind === 'put' ? table.keyFields.indexOf(link.name) : -1
      const id = part >= 0 ? (chooses && key?.[part]) || null : toText(members[link.name] ?? null)
      return id === null ? [] : [{ target: link.target, id }]
    })
  }

  #linkOf(name: string, table: WorldTable) {
    return table.relationships.find(one => one.kind === 'toOne' && one.name === name)
  }

  #columnOf(name: string, table: WorldTable): string {
    const link = this.#linkOf(name, table)
    return link?.kind === 'toOne' ? (link.own[0] as string) : name
  }

  /** Whether he sees both ends, and makes or removes some link. */
  #mayLink(link: LinkSet): boolean {
    const join = this.#held(link.through)
    return this.#held(link.target).length > 0 && join.some(one => one.creates !== null || one.role.delete)
  }

  #sees(table: string, id: string, data: Data): boolean {
    const row = (data[table] ?? []).find(one => one.id === id)
    return row !== undefined && this.#granting(this.#held(table), row, data).length > 0
  }

  #granting(held: readonly Held[], row: Row, data: Data): readonly Held[] {
    const setting = { world: this.#world, data, caller: this.#caller }
    return held.filter(({ chain, role }) =>
      [role.when, ...chain.map(one => one.where)].every(one => one === null || evaluate(one, row, setting) === true),
    )
  }

  /** Whether the record above is there for the caller, and the way from it; a join row that a set of links makes has none. */
  #leadsTo({ table, id, path }: Under, data: Data): boolean {
    const row = data[table]?.find(one => one.id === id)
    const granting = row ? this.#granting(this.#held(table), row, data) : []
    return granting.some(one => path === '' || one.reads.has(path))
  }

  #table(name: string): WorldTable {
    return this.#world.tables.get(name) as WorldTable
  }

  #held(name: string): readonly Held[] {
    return heldOn(name, this.#world, this.#policy, this.#caller)
  }
}

/** Null where the role does not do this at all. */
function setOf(one: Held, kind: 'create' | 'update' | 'delete'): ReadonlySet<string> | null {
  if (kind === 'create') return one.creates
  if (kind === 'update') return one.updates.size > 0 ? one.updates : null
  return one.role.delete ? new Set() : null
}

function permits(kind: 'create' | 'update' | 'delete', names: readonly string[], granting: readonly Held[]): boolean {
  const sets = granting.map(one => setOf(one, kind)).filter(one => one !== null)
  return sets.length > 0 && (kind === 'delete' || names.every(name => sets.some(set => set.has(name))))
}

/** The fields that the path says. */
function namedBy({ natural }: Entry, table: WorldTable): readonly string[] {
  return natural === undefined ? table.keyFields : [naturalKeys[table.name] ?? '']
}

function isNamed(row: Row, { key, natural }: Entry, table: WorldTable): boolean {
  if (natural !== undefined) return row[naturalKeys[table.name] ?? ''] === natural
  return key !== null && table.key.every((name, i) => row[name] === key[i])
}

function replaceRow(data: Data, table: string, row: Row, by: Row): Data {
  return { ...data, [table]: (data[table] ?? []).map(one => (one === row ? by : one)) }
}

function compareKeys(a: Row, b: Row, { key }: WorldTable): number {
  return key.map(name => Number(a[name]) - Number(b[name])).find(difference => difference !== 0) ?? 0
}

/** A new record in place of a key. */
function isNew(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !('id' in value) &&
    incrementIn(value) === null
  )
}

function toNested(value: unknown): Entry {
  return { kind: 'create', key: null, members: value as Entry['members'] }
}

function incrementIn(value: unknown): number | null {
  const isObject = typeof value === 'object' && value !== null && 'increment' in value
  return isObject ? Number(value.increment) : null
}

const add = (stored: string | null, by: number) => (stored === null ? null : String(Number(stored) + by))

const isTooLarge = (text: string | null) => /^-?\d{10,}$/.test(text ?? '') && Math.abs(Number(text)) > 2_147_483_647

/** Null for a lid that stands for no such record. */
function resolveLids(
  entry: Entry,
  table: WorldTable,
  idOf: (lid: string, table: string) => string | undefined,
): Entry | null {
  let isKnown = true
  const resolve = (value: unknown, target: string): unknown => {
    if (typeof value !== 'object' || value === null || !('lid' in value)) return value
    const id = idOf(String(value.lid), target)
    if (id === undefined) isKnown = false
    return { id: Number(id) }
  }
  const members = Object.fromEntries(
    Object.entries(entry.members).map(([name, value]) => {
      const target = table.relationships.find(one => one.name === name && one.kind !== 'toMany')?.target
      if (target === undefined) return [name, value]
      return [name, Array.isArray(value) ? value.map(one => resolve(one, target)) : resolve(value, target)]
    }),
  )
  const { made, lid: _, ...rest } = entry
  const id = made === undefined ? undefined : idOf(made, table.name)
  if (!isKnown || (made !== undefined && id === undefined)) return null
  return { ...rest, members, ...(id !== undefined && { key: [id] }) }
}
