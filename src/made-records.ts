// What the operations of a request have made, by the names that they gave it.
import type { Transaction } from './databases/database.ts'
import { ApiError } from './errors/api-error.ts'
import type { LocalId } from './request/read-operations.ts'
import { toId } from './respond/record-links.ts'
import type { WriteToExecute } from './run-write.ts'
import type { Resource } from './schema/model.ts'

/** A record that an operation made: what its `lid` stands for. */
export interface Made {
  readonly resource: Resource
  readonly key: readonly (string | null)[]
}

/** What an operation is done with. */
export interface OperationCourse {
  readonly given: WriteToExecute
  readonly transaction: Transaction
  readonly made: Map<string, Made>
  /** Tables. */
  readonly changed: Set<string>
  readonly minimal: boolean
}

/** @param pointer of what holds the lid @throws ApiError 422 where no earlier operation made such a record */
export function madeBy(
  { lid }: LocalId,
  resource: Resource | undefined,
  made: ReadonlyMap<string, Made>,
  pointer: string,
): Made {
  const record = made.get(lid)
  if (!record)
    throw new ApiError('invalid_member', 'No earlier operation has this lid.', {
      source: { pointer: `${pointer}/lid` },
    })
  const { schema, name } = record.resource.table
  if (resource?.table.schema === schema && resource.table.name === name) return record
  throw new ApiError('invalid_member', `What has this lid is one of ${record.resource.name}.`, {
    source: { pointer: `${pointer}/lid` },
  })
}

/** The id that a path would have. @throws as `madeBy` */
export function idOf(
  id: string | LocalId,
  resource: Resource,
  made: ReadonlyMap<string, Made>,
  pointer: string,
): string {
  if (typeof id === 'string') return id
  return decodeURIComponent(toId(madeBy(id, resource, made, pointer).key))
}
