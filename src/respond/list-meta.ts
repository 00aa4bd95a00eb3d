// Writes `meta` of a list: its place among the pages, totals, aggregates, groups.
import { ApiError } from '../errors/api-error.ts'
import { byteTextOf, type Rows } from '../formats/rows.ts'
import { marks } from '../plan/layout.ts'
import { estimateLimit } from '../plan/print-aggregates.ts'
import { isBetween, type Neighbours } from './neighbours.ts'
import type { PagePlace } from './page-links.ts'
import type { AnswerContext } from './read-answer.ts'

/** Members of `meta`, as byte text. */
export function listMeta(
  { read, plan, fromBody }: AnswerContext,
  rows: Rows,
  more: boolean,
  places: Neighbours,
): string[] {
  const { meta } = plan.layout
  const textAt = (column: number) => (rows.length === 0 ? null : byteTextOf(rows.at(0), column))
  const page: string[] = []
  if (meta.total >= 0) {
    const count = textAt(meta.total) ?? '0'
    const relation = Number(count) >= estimateLimit ? 'at_least' : 'exact'
    page.push(
      read.total === 'exact' ? `"total":${count}` : `"estimatedTotal":{"value":${count},"relation":"${relation}"}`,
    )
  }
  if (read.page && isBetween(read.page) && more) page.push('"rangeTruncated":true')
  if (fromBody) {
    const value = (place: PagePlace | null) => JSON.stringify(place === null ? null : (Object.values(place)[0] ?? null))
    page.push(`"next":${value(places.next)}`, `"prev":${value(places.prev)}`)
  }
  const parts = page.length > 0 ? [`"page":{${page.join(',')}}`] : []
  if (meta.aggregate >= 0) parts.push(`"aggregate":${textAt(meta.aggregate) ?? '{}'}`)
  if (meta.groups >= 0) {
    const groups = textAt(meta.groups) ?? '[]'
    if (groups.includes(marks.cut)) {
      const max = read.set.api.limits.groups
      throw new ApiError(
        'too_many_groups',
        `There are more than ${max} groups. Filter first, or group by a field with fewer values.`,
        { source: { parameter: 'group' }, meta: { limit: 'groups', max } },
      )
    }
    parts.push(`"groups":${groups}`)
  }
  return parts
}
