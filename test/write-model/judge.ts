// What becomes of a write, worked out naively from the words of the access rules over plain rows.
import type { SetDefinition } from '../../src/schema/resource-definition.ts'
import { type Caller, type Condition, evaluate } from '../non-interference/condition.ts'
import { readClaim } from '../non-interference/values.ts'
import type { Column, Data, Row, World, WorldTable } from '../non-interference/world.ts'
import { fieldNames, holders, type Policy, type RoleModel } from './policy.ts'
import { uniqueColumns } from './tables.sql.ts'
import type { Entry, Write } from './write.ts'

export interface Verdict {
  readonly status: number
  /** Why, for the counts. */
  readonly reason: string
  /** Members that have to be named, where it is a field that may not be written. */
  readonly pointers?: readonly string[]
  readonly data: Data
  /** Other statuses that are as good: what the database refuses first, before or after the rights. */
  readonly also?: readonly number[]
}

interface Held {
  readonly chain: readonly RoleModel[]
  readonly reads: ReadonlySet<string>
  readonly creates: ReadonlySet<string> | null
  readonly updates: ReadonlySet<string>
  readonly role: RoleModel
}

export class Judge {
  readonly #world: World
  readonly #policy: Policy
  readonly #caller: Caller
  /** How many of the records to make have taken an id of the sequence. */
  #made = 0

  constructor(world: World, policy: Policy, caller: Caller) {
    this.#world = world
    this.#policy = policy
    this.#caller = caller
  }

  judge(write: Write, data: Data): Verdict {
    this.#made = 0
    const table = this.#table(write.table)
    const refuse = (status: number, reason: string, more: Partial<Verdict> = {}): Verdict => ({
      status,
      reason,
      data,
      ...more,
    })
    for (const one of [write.under?.table, write.table]) {
      if (one === undefined) continue
      if (this.#rolesOf(one).length === 0) return refuse(404, 'no roles', { also: [401, 403, 405] })
      if (this.#held(one).length === 0)
        return refuse(this.#caller.id === null ? 401 : 403, 'no role', { also: [404, 405] })
    }
    const held = this.#held(write.table)
    const { under } = write
    const canWalk = under === null || (this.#reads(write.table, under.field) && this.#reads(under.table, under.path))
    if (!canWalk) return refuse(404, 'no such path', { also: [405] })
    for (const entry of write.entries) {
      const refused = this.#refuseUnseen(entry, table, held, under?.field)
      if (refused) return refuse(refused.status, refused.reason, refused)
    }
    let now = data
    for (const entry of write.entries) {
      const done = this.#act(entry, table, held, under, now)
      if (done.status !== 0) return { ...done, data }
      now = done.data
    }
    const kind = write.entries[0]?.kind
    return { status: kind === 'create' ? 201 : kind === 'update' ? 200 : 204, reason: 'done', data: now }
  }

  /** What is refused whatever the rows are. */
  #refuseUnseen(entry: Entry, table: WorldTable, held: readonly Held[], under?: string): Omit<Verdict, 'data'> | null {
    const { kind } = entry
    const able = held.filter(one => this.#sets(one, kind) !== null)
    // Who has not signed in may be able to once he has.
    const refused = this.#caller.id === null ? 401 : 403
    if (able.length === 0) return { status: refused, reason: 'never', also: [405] }
    if (kind === 'delete') return null
    const readable = new Set(held.flatMap(one => [...one.reads]))
    const writable = new Set(able.flatMap(one => [...(this.#sets(one, kind) ?? [])]))
    if (under !== undefined && !writable.has(under)) return { status: 403, reason: 'never' }
    const names = Object.keys(entry.members)
    const isWritable = (name: string) => writable.has(name) && name !== under
    const forbidden = names.filter(name => !isWritable(name) && readable.has(name))
    if (forbidden.length > 0) return { status: 403, reason: 'field', pointers: forbidden }
    const unknown = names.filter(name => !isWritable(name))
    if (unknown.length > 0) return { status: 422, reason: 'unknown', pointers: unknown }
    const wrong = names.filter(name => !isValue(entry.members[name], name, table))
    if (wrong.length > 0) return { status: 422, reason: 'invalid' }
    const filled = this.#filled(held)
    const lacks =
      kind === 'create' &&
      table.keyFields.some(
        name =>
          !(name in entry.members) &&
          name !== under &&
          !(name in filled) &&
          table.name !== 'books' &&
          writable.has(name),
      )
    return lacks ? { status: 422, reason: 'missing' } : null
  }

  #act(entry: Entry, table: WorldTable, held: readonly Held[], under: Write['under'], data: Data): Verdict {
    const refuse = (status: number, reason: string, also: readonly number[] = []): Verdict => ({
      status,
      reason,
      data,
      also,
    })
    const rows = data[table.name] ?? []
    const before = entry.key && rows.find(row => table.key.every((name, i) => row[name] === entry.key?.[i]))
    if (entry.key && !(before && this.#granting(held, before, data).length > 0)) return refuse(404, 'unseen')
    if (before && !this.#permits(entry, this.#granting(held, before, data))) return refuse(403, 'row')
    if (entry.kind === 'delete') {
      const rest = { ...data, [table.name]: rows.filter(row => row !== before) }
      return this.#isReferred(before as Row, table, rest)
        ? refuse(409, 'restrict')
        : { status: 0, reason: '', data: rest }
    }
    const links = this.#linksOf(entry, table)
    if (under && !this.#leadsTo(under, data)) return refuse(404, 'above', [422])
    const lost = links.find(link => !this.#sees(link.target, link.id, data))
    if (lost) return refuse(422, 'link')
    const after = this.#written(entry, table, held, before ?? null, under)
    const others = rows.filter(row => row !== before)
    const changed = { ...data, [table.name]: [...others, after] }
    const granting = this.#granting(held, after, changed)
    const isPermitted = this.#permits(entry, granting, under?.field)
    const clash = this.#clash(after, others, table, held, data)
    if (clash !== null) return refuse(clash, 'clash', isPermitted ? (clash === 422 ? [] : [409]) : [403, 409, 422])
    // A key that others refer to cannot be changed.
    if (before && this.#isReferred(before, table, changed)) return refuse(409, 'restrict', [403, 422])
    // What the database itself fills in points nowhere.
    if (this.#pointsNowhere(after, table, changed)) return refuse(409, 'nowhere', [403, 422])
    return isPermitted ? { status: 0, reason: '', data: changed } : refuse(403, 'scope')
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

  #written(entry: Entry, table: WorldTable, held: readonly Held[], before: Row | null, under: Write['under']): Row {
    const row: Record<string, string | null> = before
      ? { ...before }
      : Object.fromEntries(table.columns.map(one => [one.name, null]))
    const put = (name: string, value: string | null) => {
      const link = table.relationships.find(one => one.kind === 'toOne' && one.name === name)
      row[link?.kind === 'toOne' ? (link.own[0] as string) : name] = value
    }
    if (!before) {
      if (table.name === 'books') row.id = String(1001 + this.#made++)
      for (const [name, value] of Object.entries(this.#filled(held))) put(name, this.#constant(value, name, table))
    }
    if (under) put(under.field, under.id)
    for (const [name, value] of Object.entries(entry.members)) put(name, toText(value))
    if ('shout' in row) row.shout = row.title?.toUpperCase() ?? null
    return row
  }

  /** Of several roles that fill in one field, the first. */
  #filled(held: readonly Held[]): Readonly<Record<string, unknown>> {
    return Object.fromEntries(held.flatMap(({ role }) => Object.entries(role.set)).reverse())
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

  #linksOf({ members }: Entry, table: WorldTable) {
    return table.relationships.flatMap(link => {
      const id = link.kind === 'toOne' ? toText(members[link.name] ?? null) : null
      return id === null ? [] : [{ target: link.target, id }]
    })
  }

  #sees(table: string, id: string, data: Data): boolean {
    const row = (data[table] ?? []).find(one => one.id === id)
    return row !== undefined && this.#granting(this.#held(table), row, data).length > 0
  }

  #reads(table: string, field: string): boolean {
    return this.#held(table).some(one => one.reads.has(field))
  }

  /** Whether the record above is there for the caller, and the way from it. */
  #leadsTo({ table, id, path }: NonNullable<Write['under']>, data: Data): boolean {
    const row = data[table]?.find(one => one.id === id)
    return row !== undefined && this.#granting(this.#held(table), row, data).some(one => one.reads.has(path))
  }

  #permits(entry: Entry, granting: readonly Held[], under?: string): boolean {
    const sets = granting.map(one => this.#sets(one, entry.kind)).filter(one => one !== null)
    const names = [...Object.keys(entry.members), ...(under === undefined ? [] : [under])]
    return sets.length > 0 && names.every(name => sets.some(set => set.has(name)))
  }

  /** Null where the role does not do this at all. */
  #sets(one: Held, kind: Entry['kind']): ReadonlySet<string> | null {
    if (kind === 'create') return one.creates
    if (kind === 'update') return one.updates.size > 0 ? one.updates : null
    return one.role.delete ? new Set() : null
  }

  #granting(held: readonly Held[], row: Row, data: Data): readonly Held[] {
    const setting = { world: this.#world, data, caller: this.#caller }
    return held.filter(({ chain, role }) =>
      [role.when, ...chain.map(one => one.where)].every(one => one === null || evaluate(one, row, setting) === true),
    )
  }

  #rolesOf(table: string): readonly RoleModel[] {
    return this.#policy.roles.get(table) ?? []
  }

  #table(name: string): WorldTable {
    return this.#world.tables.get(name) as WorldTable
  }

  #held(name: string): readonly Held[] {
    const roles = this.#rolesOf(name)
    const table = this.#table(name)
    const all = [...fieldNames(table), ...table.relationships.map(one => one.name)]
    const writable = fieldNames(table).filter(one => one !== 'shout')
    return roles
      .filter(role => this.#mayHold(role) && !isNever(role.when) && !isNever(role.where))
      .map(role => {
        const chain: RoleModel[] = []
        for (let at: RoleModel | undefined = role; at; at = roles.find(one => one.name === at?.parent))
          chain.unshift(at)
        let reads: readonly string[] = []
        chain.forEach((one, i) => {
          reads = expand(one.read ?? (i === 0 ? 'none' : 'all'), i === 0 ? all : reads)
        })
        return {
          chain,
          role,
          reads: new Set([...reads, ...table.keyFields]),
          creates: role.create === null ? null : new Set(expand(role.create, writable)),
          updates: new Set(role.update === null ? [] : expand(role.update, writable)),
        }
      })
  }

  #mayHold(role: RoleModel): boolean {
    const { id, claims } = this.#caller
    if (role.when) return id !== null
    const holder = holders[role.name]
    if (holder === 'anyone') return true
    if (id === null || holder === 'authenticated') return id !== null
    const claimed = [claims.get('role')].flat()
    return ['chief', 'boss'].some(one => claimed.includes(one))
  }
}

/** A list of nothing matches nothing: a role that is for such records is nobody's. */
function isNever(condition: Condition | null): boolean {
  if (condition?.kind === 'and') return condition.of.some(isNever)
  if (condition?.kind === 'or') return condition.of.every(isNever)
  return (
    condition?.kind === 'leaf' &&
    condition.operator === 'in' &&
    condition.operand.kind === 'list' &&
    condition.operand.values.length === 0
  )
}

function expand(set: SetDefinition, from: readonly string[]): readonly string[] {
  if (set === 'all') return from
  if (set === 'none') return []
  return from.filter(name => ('only' in set ? set.only.includes(name) : !set.without.includes(name)))
}

/** A foreign key may stand as `{"id":3}`. */
function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? String((value as { id: unknown }).id) : String(value)
}

function isValue(value: unknown, name: string, table: WorldTable): boolean {
  const link = table.relationships.find(one => one.kind === 'toOne' && one.name === name)
  const columnName = link?.kind === 'toOne' ? (link.own[0] as string) : name
  if (value === null) return !table.key.includes(columnName)
  if (link) return typeof value === 'number' || (typeof value === 'object' && Object.keys(value).join() === 'id')
  const column = table.columns.find(one => one.name === name) as Column
  // A check over one column is known before the database is asked.
  if (name === 'stars' && Number(value) >= 100) return false
  return typeof value === { int4: 'number', text: 'string', bool: 'boolean' }[column.type as string]
}
