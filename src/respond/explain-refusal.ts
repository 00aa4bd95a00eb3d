// Says to the caller why the database refused a write: by names that he may know, never by its text (ACCESS R23, R32).
import type { Access } from '../access/access.ts'
import type { PermittedWrite } from '../access/permitted-write.ts'
import { ApiError } from '../errors/api-error.ts'
import type { WriteRefused } from '../errors/write-refused.ts'
import { refusal } from '../plan/print-after.ts'
import { columnOf } from '../schema/compile-writes.ts'
import type { TableInfo } from '../schema/database-schema.ts'
import { mayNot, noSuchLink } from './respond-write.ts'

/** What a unique constraint is over, where the caller may be told. */
export interface UniqueClash {
  readonly columns: readonly string[]
}

/**
 * @param pointer where the record stands in the body
 * @returns the error; or, for a unique value, the columns: only who sees the row in the way may be told of it
 */
export function explainRefusal(
  error: WriteRefused,
  write: PermittedWrite,
  table: TableInfo | undefined,
  pointer: string,
): ApiError | UniqueClash {
  const refused = refusal.exec(error.refusal ?? '')
  if (refused) {
    const index = Number(refused[1])
    return index < 0 ? outOfReach() : mayNot(write.rights[index]?.field ?? null, pointer)
  }
  const { access } = write
  switch (error.code) {
    case '23505': {
      const columns = uniqueColumns(error.constraint, table)
      const known = columns.length > 0 && columns.every(column => isReadable(column, access))
      return known ? { columns } : conflict()
    }
    case '23502':
      return error.column !== undefined && isReadable(error.column, access)
        ? new ApiError('missing_member', 'This must have a value.', {
            source: { pointer: `${pointer}/${fieldNameOf(error.column, access)}` },
          })
        : conflict()
    case '23503':
      return write.kind === 'delete' ? conflict() : explainForeignKey(error, write, table, pointer)
    case '23514': {
      const check = table?.checks.find(one => one.name === error.constraint)
      const columns = check?.columns ?? []
      if (columns.length === 0 || !columns.every(column => isReadable(column, access))) return conflict()
      return new ApiError('invalid_member', 'This value is not accepted, by itself or beside the others.', {
        source: { pointer: `${pointer}/${fieldNameOf(columns[0] as string, access)}` },
      })
    }
    case '40001':
    case '40P01':
      return new ApiError('conflict', 'Somebody else wrote at the same time. Try again.', {
        headers: { 'retry-after': '1' },
      })
    default:
      // Numbers out of range, texts too long: the value of a field, which one PostgreSQL does not say.
      return error.code.startsWith('22')
        ? new ApiError('invalid_member', 'A value is out of the range of its type.', { source: { pointer } })
        : conflict()
  }
}

export function alreadyExists(columns: readonly string[], access: Access, pointer: string): ApiError {
  const names = columns.map(column => fieldNameOf(column, access))
  return new ApiError('already_exists', `There is a record with this ${names.join(' and ')} already.`, {
    source: { pointer: `${pointer}/${names[0]}` },
  })
}

export function conflict(): ApiError {
  return new ApiError('conflict', 'This cannot be done beside what is there.')
}

function outOfReach(): ApiError {
  return new ApiError('forbidden', 'The record would not be one that you may see or write.')
}

function explainForeignKey(
  { constraint }: WriteRefused,
  { access }: PermittedWrite,
  table: TableInfo | undefined,
  pointer: string,
): ApiError {
  const key = table?.foreignKeys.find(one => one.name === constraint)
  const [column] = key?.columns ?? []
  if (column === undefined || !isReadable(column, access)) return conflict()
  return noSuchLink(`${pointer}/${fieldNameOf(column, access)}`)
}

function uniqueColumns(constraint: string | undefined, table: TableInfo | undefined): readonly string[] {
  const unique = table?.uniques.find(one => one.name === constraint)
  return unique?.columns ?? []
}

function isReadable(column: string, access: Access): boolean {
  const field = fieldOf(column, access)
  return field !== undefined && access.guard(field) !== 'never'
}

function fieldNameOf(column: string, access: Access): string {
  return fieldOf(column, access)?.name ?? column
}

function fieldOf(column: string, { resource }: Access) {
  for (const field of resource.fields.values()) {
    if (columnOf(field)?.name === column) return field
    if (field.kind === 'toOne' && field.link.own.some(own => own.name === column)) return field
  }
  return undefined
}
