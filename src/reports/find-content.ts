// Looks up what became of a report, whose it is, and where its file is: for the server itself, which then asks what the caller may see.
import { type Rows, textOf } from '../formats/rows.ts'
import { prepared, quoteName } from '../jobs/queue.ts'
import type { Column } from '../schema/field.ts'
import type { Resource } from '../schema/model.ts'

export interface ReportContent {
  /** As text. */
  readonly key: string
  readonly status: string
  readonly giver: { readonly id: string | null; readonly client: string | null }
  /** Null until it has succeeded. */
  readonly file: ContentFile | null
}

export interface ContentFile {
  readonly name: string
  readonly type: string
  /** Bytes. */
  readonly size: number
  readonly sha256: string
  /** Negative once it has expired. */
  readonly secondsLeft: number
}

export function findContent({ table, key: [key] }: Resource, id: string) {
  const { name, sqlType } = key as Column
  const text = `select status, run_as ->> 'id', run_as ->> 'client', content_name, content_type, content_size::text, content_sha256,
    extract(epoch from expires_at - clock_timestamp())::text, concat(${quoteName(name)})
    from ${quoteName(table.schema)}.${quoteName(table.name)} where ${quoteName(name)} = $1::${sqlType}`
  return prepared(text, [id])
}

export function readContentRow(rows: Rows): ReportContent | null {
  if (rows.length === 0) return null
  const [status, id, client, name, type, size, sha256, left, key] = Array.from({ length: 9 }, (_, i) =>
    textOf(rows.at(0), i),
  )
  return {
    key: key ?? '',
    status: status ?? '',
    giver: { id: id ?? null, client: client ?? null },
    file:
      name === null || name === undefined
        ? null
        : { name, type: type ?? '', size: Number(size), sha256: sha256 ?? '', secondsLeft: Number(left) },
  }
}
