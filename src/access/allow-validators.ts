// Says by which column an answer is told from an older one: only where nothing of it changes without that column, and the caller may read it (ACCESS R26).
import type { Condition } from '../expressions/condition.ts'
import type { ColumnField, Field, ToOneField } from '../schema/field.ts'
import type { Access, AccessSet } from './access.ts'
import type { PermittedRead, RecordForm, Selection } from './permitted.ts'

type Asked = Omit<PermittedRead, 'validator' | 'state' | 'values'>

/** The column of Last-Modified for an item; which record stands under another may change without it. */
export function lastModifiedOf({ kind, access, selection, parent, set }: Asked): ColumnField | null {
  const field = access.resource.caching?.lastModified
  if (!field || kind !== 'item' || parent) return null
  return isReadable(field, access, 'somewhere') && isOfRow(selection, set) ? field : null
}

/** The column whose maximum, beside the count, stands for a whole list. */
export function listValidatorOf(read: Asked): ColumnField | null {
  const { kind, access, selection, parent, set, filter, sort, aggregates, group } = read
  const field = access.resource.caching?.list
  if (!field || kind !== 'list' || parent || aggregates.length > 0 || group.length > 0) return null
  const isAlone =
    isReadable(field, access, 'everywhere') &&
    isAboutRow(access.visible, null) &&
    isAboutRow(filter, access) &&
    sort.every(
      key => key.path.length === 0 && isFieldOfRow(key.field, 'plain', set) && isGuardOfRow(key.field, access),
    ) &&
    isOfRow(selection, set)
  return isAlone ? field : null
}

function isReadable(field: Field, access: Access, where: 'somewhere' | 'everywhere'): boolean {
  const guard = access.guard(field)
  return guard === 'always' || (where === 'somewhere' && guard !== 'never' && isAboutRow(guard.condition, null))
}

function isOfRow({ fields, form, access }: Selection, set: AccessSet): boolean {
  return fields.every(
    ({ field, guard, include }) =>
      !include &&
      isFieldOfRow(field, form, set) &&
      isGuardOfRow(field, access) &&
      (typeof guard === 'string' || isAboutRow(guard.condition, null)),
  )
}

function isGuardOfRow(field: Field, access: Access): boolean {
  const guard = access.guard(field)
  return typeof guard === 'string' || isAboutRow(guard.condition, null)
}

/** A foreign key is withheld where its record is not visible, which changes with that record. */
function isFieldOfRow(field: Field, form: RecordForm, set: AccessSet): boolean {
  if (field.kind === 'column') return true
  if (field.kind !== 'toOne' || field.chosenKey) return false
  if (form !== 'plain' && !namesItsRecord(field, set)) return false
  if (field.keyShown || field.inKey) return true
  const visible = set.target(field)?.visible
  return visible?.kind === 'always' && visible.holds
}

/** The id in a document is the key of the record, which may be another column than the one that is referred to. */
function namesItsRecord(field: ToOneField, set: AccessSet): boolean {
  const key = set.target(field)?.resource.key ?? []
  return key.every(column => field.link.foreign.includes(column))
}

/** Decided by columns of the row and by what the request binds, not by other rows and not by the time. */
function isAboutRow(condition: Condition, access: Access | null): boolean {
  switch (condition.kind) {
    case 'always':
      return true
    case 'and':
    case 'or':
      return condition.of.every(one => isAboutRow(one, access))
    case 'not':
    case 'published':
      return isAboutRow(condition.of, condition.kind === 'not' ? access : null)
    case 'related':
      return false
    case 'leaf': {
      const { field, operand } = condition
      // What the caller compares is guarded; a policy looks at the row as it is.
      const plain = (one: Field) =>
        one.kind === 'column' ? !access || isGuardOfRow(one, access) : one.kind === 'toOne' && !access
      return plain(field) && operand?.kind !== 'now' && (operand?.kind !== 'field' || plain(operand.field))
    }
  }
}
