// Gives commands the key that they do not have yet: those that SQL inserted, and where a function makes it of the row.
import type { Statement } from '../databases/database.ts'
import { type Rows, textOf } from '../formats/rows.ts'
import { toShown } from '../hooks/call-hook.ts'
import { boundKeySql, toBoundKey } from '../plan/bound-key.ts'
import { prepared, type Queue, quoteName } from './queue.ts'

const atATime = 1_000

/** The key of columns is spelled as the insert of a request spells it. */
export function fillKeys({ table, id, request }: Queue): Statement | null {
  if (request.key === null || typeof request.key === 'function') return null
  const key = request.key.map(column => quoteName(column.name)).join(', ')
  const text = `update ${table} set request_key = ${boundKeySql.join(`jsonb_build_array(${key})::text`)} where ${id} in (
    select ${id} from ${table} where status = 'pending' and request_key is null limit ${atATime} for update skip locked)`
  return prepared(text, [])
}

/** The commands that a function has to look at: the id as text, then the columns. */
export function findKeyless({ table, id, columns }: Queue): Statement {
  const shown = columns.map(column => quoteName(column.name)).join(', ')
  const text = `select ${id}::text, ${shown} from ${table} where status = 'pending' and request_key is null
    limit ${atATime} for update skip locked`
  return prepared(text, [])
}

export interface KeyMade {
  readonly id: string
  /** Null where the function failed. */
  readonly key: string | null
  readonly error: unknown
}

export function makeKeys(rows: Rows, { columns, request }: Queue): readonly KeyMade[] {
  const { key: make } = request
  if (typeof make !== 'function') return []
  return Array.from({ length: rows.length }, (_, i) => {
    const found = rows.at(i)
    const id = textOf(found, 0) ?? ''
    const row = Object.fromEntries(columns.map((column, at) => [column.name, toShown(column, textOf(found, at + 1))]))
    try {
      const key: unknown = make(row)
      if (typeof key === 'string' || typeof key === 'number') return { id, key: toBoundKey(String(key)), error: null }
      throw new Error(`The key of a request is a text, not ${typeof key}.`)
    } catch (error) {
      return { id, key: null, error }
    }
  })
}

export function writeKeys({ table, id, key }: Queue, made: readonly KeyMade[]): Statement {
  const text = `update ${table} as q set request_key = g.key from unnest($1::${listType(key)}, $2::text[]) as g(id, key) where q.${id} = g.id`
  const good = made.filter(one => one.key !== null)
  return prepared(text, [good.map(one => one.id), good.map(one => one.key ?? '')])
}

/** What no key can be made of can never be performed. */
export function failKeyless(
  { table, id, key }: Queue,
  made: readonly KeyMade[],
  error: string,
  internal: string,
): Statement {
  const text = `update ${table} set status = 'failed', error = $2::jsonb, internal_error = $3::text, finished_at = now(), updated_at = now()
    where ${id} = any ($1::${listType(key)}) and status = 'pending'`
  return prepared(text, [made.filter(one => one.key === null).map(one => one.id), error, internal])
}

export function listType({ sqlListType, sqlType }: Queue['key']): string {
  return sqlListType ?? `${sqlType}[]`
}
