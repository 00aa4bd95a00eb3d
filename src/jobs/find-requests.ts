// Finds requests for operators, with what no caller may see of them.
import type { Statement } from '../databases/database.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import { prepared, type Queue } from './queue.ts'

export interface Found {
  readonly id: string
  readonly status: string
  readonly attempts: number
  readonly priority: number
  /** Times in ISO 8601. */
  readonly createdAt: string
  readonly runAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly leaseUntil: string | null
  readonly leaseOwner: string | null
  readonly key: string | null
  readonly schedule: string | null
  readonly progress: unknown
  /** As the worker writes it; SQL may have written anything. */
  readonly error: { readonly code?: unknown; readonly message?: unknown } | null
  readonly lastError: unknown
  readonly internalError: string | null
  readonly runAs: { readonly id?: string | null; readonly client?: string | null } | null
}

const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

export interface Wanted {
  /** As text; null for all. */
  readonly id: string | null
  readonly status: string | null
  readonly limit: number
}

export function findRequests({ table, id, key }: Queue, wanted: Wanted): Statement {
  const text = `select ${id}::text, status, attempts, priority, ${['created_at', 'run_at', 'started_at', 'finished_at', 'lease_until'].map(iso).join(', ')},
      lease_owner, request_key, schedule, progress::text, error::text, last_error::text, internal_error, run_as::text
    from ${table} where ($1::${key.sqlType} is null or ${id} = $1::${key.sqlType}) and ($2::text is null or status = $2::text)
    order by created_at desc, ${id} desc limit $3::int4`
  return prepared(text, [wanted.id, wanted.status, String(wanted.limit)])
}

export function readFound(rows: Rows): readonly Found[] {
  return Array.from({ length: rows.length }, (_, i) => {
    const row = rows.at(i)
    const text = (column: number) => textOf(row, column)
    const json = (column: number) => JSON.parse(text(column) ?? 'null')
    return {
      ...{ id: text(0) ?? '', status: text(1) ?? '', attempts: Number(text(2)), priority: Number(text(3)) },
      ...{
        createdAt: text(4) ?? '',
        runAt: text(5) ?? '',
        startedAt: text(6),
        finishedAt: text(7),
        leaseUntil: text(8),
      },
      ...{
        leaseOwner: text(9),
        key: text(10),
        schedule: text(11),
        progress: json(12),
        error: json(13),
        lastError: json(14),
      },
      ...{ internalError: text(15), runAs: json(16) },
    }
  })
}
