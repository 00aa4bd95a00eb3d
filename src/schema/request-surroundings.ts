// What is known of a resource when it is read what makes it a request resource.
import type { BoundTable, Report, SqlTypeOf } from './bind-table.ts'
import type { Column } from './field.ts'
import type { RequestOptions, Resource } from './model.ts'

export interface RequestSurroundings {
  readonly name: string
  readonly known: Pick<Resource, 'fields' | 'defined'>
  readonly key: readonly Column[]
  readonly bound: BoundTable
  readonly sqlTypeOf: SqlTypeOf
  /** As `compileStatus` found it. */
  readonly state: RequestOptions['state'] | null
  readonly report: Report
}
