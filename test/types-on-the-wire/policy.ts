// Who sees what in these tests: guests a part of the rows, and of some rows a part of the fields; the admin all.

import type { DatabaseSchema } from '../../src/schema/database-schema.ts'
import { defineTables } from '../../src/schema/define-tables.ts'
import type { ApiDefinition } from '../../src/schema/resource-definition.ts'
import type { Random } from '../non-interference/random.ts'
import { isRenamed, tier } from './table-plan.ts'
import type { Row, Table } from './world.ts'

export type Caller = 'admin' | 'guest'
/** Fields that guests see on few rows only, by table. */
export type Hidden = ReadonlyMap<string, ReadonlySet<string>>

const isShown = 8
const isWhole = 4

export function drawHidden(tables: Iterable<Table>, random: Random): Hidden {
  return new Map(
    [...tables].map(({ plan, columns, relations }) => {
      const key = new Set(plan.key.map(column => column.name))
      const fields = [
        ...columns.filter(column => !key.has(column.name)).map(column => column.field),
        ...relations.filter(relation => !relation.toMany).map(relation => relation.name),
      ]
      const hidden = plan.name === 'hub' ? [] : random.some(fields, 0, Math.ceil(fields.length / 2))
      return [plan.name, new Set(hidden)]
    }),
  )
}

export function toDefinition(schema: DatabaseSchema, hidden: Hidden): ApiDefinition {
  const tables = defineTables(schema)
  const resources = Object.keys(tables).map(table => {
    const everywhere = table === 'hub'
    const guest = { read: { without: [...(hidden.get(table) ?? [])] } }
    const roles = {
      admin: { read: 'all' as const },
      guest: everywhere ? guest : { ...guest, where: { [tier]: { lt: isShown } } },
      ...(!everywhere && { insider: { read: 'all' as const, where: { [tier]: { lt: isWhole } } } }),
    }
    const renamed = Object.keys(tables[table]?.columns ?? {}).filter(isRenamed)
    const rename = Object.fromEntries(renamed.map(name => [name, name]))
    return [table, { kind: 'resource' as const, table, schema: tables, options: { roles, rename } }] as const
  })
  return {
    kind: 'api',
    resources: Object.fromEntries(resources),
    options: {
      roles: { admin: { role: 'admin' }, guest: 'anyone', insider: 'anyone' },
      secret: 'one for all servers of a test, so that cursors are the same',
    },
  }
}

export function isVisible(table: Table, row: Row, caller: Caller): boolean {
  return caller === 'admin' || table.plan.name === 'hub' || isBelow(row, isShown)
}

export function isReadable(table: Table, row: Row, field: string, { caller, hidden }: View): boolean {
  return caller === 'admin' || !hidden.get(table.plan.name)?.has(field) || isBelow(row, isWhole)
}

export interface View {
  readonly caller: Caller
  readonly hidden: Hidden
}

/** The same as a condition of SQL. */
export function readableSql(table: Table, field: string, { caller, hidden }: View): string {
  return caller === 'admin' || !hidden.get(table.plan.name)?.has(field) ? 'true' : `${tier} < ${isWhole}`
}

function isBelow(row: Row, limit: number): boolean {
  const value = row.get(tier) ?? null
  return value !== null && Number(value) < limit
}
