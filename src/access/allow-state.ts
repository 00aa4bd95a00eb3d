// Says by what an answer may tell whether a command is over: only what the caller may read of it.
import type { Column, ColumnField, Field } from '../schema/field.ts'
import type { Access } from './access.ts'

/** Read beside the record, whatever fields are asked for. */
export interface PermittedState {
  /** The field whose guard says where the state may be known. */
  readonly status: Field
  /** Has the state itself. */
  readonly column: Column
  readonly runAt: ColumnField | null
  readonly key: Column
}

/**
 * Null where the record is no command, or its state is nowhere to be known by this caller: then nothing in the answer depends on it.
 * Of a report the key is looked at all the same, for its content.
 */
export function stateOf(kind: 'list' | 'item', access: Access): PermittedState | null {
  const { request, key } = access.resource
  const [only] = key
  if (!request || !only || kind === 'list') return null
  const { status, column, runAt } = request.state
  if (access.guard(status) === 'never' && !request.report) return null
  return { status, column, runAt: runAt && access.guard(runAt) !== 'never' ? runAt : null, key: only }
}
