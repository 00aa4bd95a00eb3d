// The column type uuid.
import type { ColumnType } from './column-type.ts'

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Shown as a JSON string in lower case. Sortable, though min and max of it came with PostgreSQL 18 only. */
export const uuid: ColumnType = {
  name: 'uuid',
  family: 'ordered',
  number: null,
  sortable: true,
  parse: value => (typeof value === 'string' && pattern.test(value) ? value.toLowerCase() : undefined),
  accepts: 'a UUID such as 0190163d-8694-739b-aea5-966c26f8ad91',
  toJson: text => `"${text}"`,
  bytes: 'quoted',
  jsonSchema: { type: 'string', format: 'uuid' },
}
