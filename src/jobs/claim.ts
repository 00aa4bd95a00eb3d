// Claims commands that are due: the greater priority first, clients in turn, one for each key.
import type { Statement } from '../databases/database.ts'
import { isTrue, type Rows, textOf } from '../formats/rows.ts'
import { toShown } from '../hooks/call-hook.ts'
import { checkOf, type GiverCheck, isRevokedTable } from './giver-holds.ts'
import { clientOf, prepared, type Queue } from './queue.ts'
import { type Caller, readCaller } from './run-as.ts'

export interface Claim {
  readonly owner: string
  readonly leaseMs: number
  readonly limit: number
  /** The client that had the last turn; '' for none. */
  readonly after: string
}

/** A command that is ours until its lease ends. */
export interface Claimed {
  /** As text. */
  readonly id: string
  readonly attempt: number
  /** By column, as answers show it. */
  readonly row: Readonly<Record<string, unknown>>
  readonly caller: Caller
  /** What is asked about him before it is begun and again with the outcome. */
  readonly check: GiverCheck
  /** Whose turn it was. */
  readonly turnOf: string
}

/** Of clients with something pending so many are looked at. */
const maxClients = 1_000
/** Commands whose key is taken are passed over, among so many for each that is asked for. */
const perKey = 8

/**
 * To be run where `lockQueue` was run before in the same transaction: else two could claim the same key.
 *
 *   turns   the clients that wait, from the one after the last turn on: one look into the index each
 *   ranked  what each of them has first
 *   chosen  of those, turn by turn
 *
 * Times are those of the clock: the transaction may have begun long before it had the lock, while another command of the key still ran.
 */
export function claim({ table, id, request, columns }: Queue, { owner, leaseMs, limit, after }: Claim): Statement {
  const isKeyed = request.key !== null
  const free = isKeyed
    ? `and q.request_key is not null and not exists (select from ${table} as b where b.status = 'running' and b.request_key = q.request_key)`
    : ''
  const order = 'r.priority desc, r.run_at, r.id'
  const shown = columns.map(column => `q."${column.name.replaceAll('"', '""')}"`)
  const text = `with recursive turns (at, place, wrapped, waits) as (
    select $4::text, 0, false, false
    union all
    select coalesce(n.client, ''), t.place + 1, t.wrapped or n.client is null, n.client is not null
    from turns as t cross join lateral (select (select ${clientOf} from ${table} where status = 'pending' and ${clientOf} > t.at
      order by ${clientOf} limit 1) as client offset 0) as n
    where t.place < ${maxClients} and case when n.client is null then not t.wrapped else not t.wrapped or n.client <= $4::text end
  ), ranked as (
    select r.id, r.priority, t.at, t.place, row_number() over (partition by t.place order by ${order}) as turn,
      row_number() over (partition by ${isKeyed ? 'r.request_key' : 'r.id'} order by ${order}) as of_key
    from turns as t cross join lateral (select q.${id} as id, q.priority, q.run_at, q.request_key from ${table} as q
      where q.status = 'pending' and ${clientOf} = t.at and q.run_at <= now() ${free}
      order by q.priority desc, q.run_at, q.${id} limit $3::int4${isKeyed ? ` * ${perKey}` : ''}) as r
    where t.waits
  ), chosen as (
    select id, priority, turn, place, at from ranked where of_key = 1 order by priority desc, turn, place limit $3::int4
  ), locked as (
    select c.* from chosen as c join ${table} as q on q.${id} = c.id where q.status = 'pending' for update of q skip locked
  )
  update ${table} as q set status = 'running', attempts = least(q.attempts, 2147483646) + 1, lease_owner = $1::text,
    lease_until = clock_timestamp() + $2::float8 * interval '1 ms', started_at = clock_timestamp(), updated_at = clock_timestamp(), finished_at = null
  from locked as l where q.${id} = l.id
  returning l.priority, l.turn, l.place, l.at, q.${id}::text, q.attempts, q.run_as::text, ${isRevokedTable}, ${shown.join(', ')}`
  return prepared(text, [owner, String(leaseMs), String(limit), after])
}

/** What was claimed, in the order in which it is to be performed. */
export function readClaimed(rows: Rows, { columns }: Queue): readonly Claimed[] {
  const found = Array.from({ length: rows.length }, (_, i) => {
    const row = rows.at(i)
    const text = (column: number) => textOf(row, column)
    const [priority, turn, place] = [0, 1, 2].map(column => Number(text(column))) as [number, number, number]
    const shown: Record<string, unknown> = {}
    const caller = readCaller(text(6))
    for (const [at, column] of columns.entries()) shown[column.name] = toShown(column, text(at + 8))
    const one: Claimed = {
      id: text(4) ?? '',
      attempt: Number(text(5)),
      row: shown,
      caller,
      check: checkOf(caller, isTrue(row, 7)),
      turnOf: text(3) ?? '',
    }
    return { priority, turn, place, one }
  })
  return found.toSorted((a, b) => b.priority - a.priority || a.turn - b.turn || a.place - b.place).map(({ one }) => one)
}

export function readIds(rows: Rows): ReadonlySet<string> {
  return new Set(Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), 0) ?? ''))
}
