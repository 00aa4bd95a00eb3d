// What is known of a resource when it is read what makes it a request resource.
import type { BoundTable, Report, SqlTypeOf } from './bind-table.ts'
import type { Column, Field } from './field.ts'
import type { RequestOptions } from './model.ts'

export interface RequestSurroundings {
  readonly name: string
  readonly fields: ReadonlyMap<string, Field>
  readonly aliases: ReadonlyMap<string, string>
  readonly key: readonly Column[]
  readonly bound: BoundTable
  readonly sqlTypeOf: SqlTypeOf
  /** As `compileStatus` found it. */
  readonly state: RequestOptions['state'] | null
  readonly report: Report
}
