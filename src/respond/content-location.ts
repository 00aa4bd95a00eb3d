// Names the URL of a record that was found by its natural key.
import { findKeyField } from '../access/allow-sort.ts'
import type { PermittedRead } from '../access/permitted.ts'
import { type RowBytes, textOf } from '../formats/rows.ts'
import type { Layout } from '../plan/layout.ts'
import { toId } from './record-links.ts'

/**
 * `Content-Location` of RFC 9110 8.7: this very answer under the record's id.
 * @param base `/api`, with the version where the caller gave one
 * @param search the caller's own query, without `?`
 * @returns null where the record was found by its id, or has none
 */
export function contentLocation(
  read: PermittedRead,
  layout: Layout,
  row: RowBytes,
  base: string,
  search: string,
): string | null {
  const { match, access, values } = read
  const { resource } = access
  if (!match?.natural || resource.key.length === 0) return null
  const key = resource.key.map((column, i) => {
    const id = layout.object?.id[i]
    if (id) return textOf(row, id.index)
    const name = findKeyField(access, column.name)?.name
    const output = layout.outputs.find(one => one.name === name)
    if (output?.kind === 'value') return textOf(row, output.index)
    const [part] = output?.kind === 'key' ? output.parts : []
    return part ? textOf(row, part.index) : null
  })
  if (match.key?.every((slot, i) => values[slot] === key[i])) return null
  return `${base}/${encodeURIComponent(resource.path)}/${toId(key)}${search === '' ? '' : `?${search}`}`
}
