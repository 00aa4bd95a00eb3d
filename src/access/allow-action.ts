// Turns an action that the caller asks for into what it may change: the only way from an action to a plan.
import { ApiError } from '../errors/api-error.ts'
import { allOf, anyOf } from '../expressions/condition.ts'
import { columnOf } from '../schema/compile-writes.ts'
import type { Column } from '../schema/field.ts'
import type { Action } from '../schema/model.ts'
import type { Access, AccessSet, Guard } from './access.ts'
import { toOperand } from './allow-write.ts'
import { describeCondition } from './describe-condition.ts'
import type { KeyMatch, Selection } from './permitted.ts'
import type { Assignment, PermittedWrite } from './permitted-write.ts'
import { holdsRole } from './roles-held.ts'
import type { Slots } from './slots.ts'

/** An action on many records; what has to hold is asked of each. */
export interface PermittedAction extends PermittedWrite {
  readonly kind: 'update'
  readonly match: null
  /** The slots of the lists of keys, one a column of the key. */
  readonly keys: readonly number[]
}

/** @throws ApiError 401, 403 where none of the caller's roles does it */
export function checkAction(action: Action, access: Access, set: AccessSet): void {
  if (guardOf(action, access, set) !== 'never') return
  if (!set.roles.authenticated)
    throw new ApiError('unauthenticated', 'This needs a token: Authorization: Bearer TOKEN.')
  throw new ApiError('forbidden', `None of your roles does "${action.name}" here.`)
}

/** One record, which is answered. */
export function allowAction(
  action: Action,
  match: KeyMatch,
  answer: Selection | null,
  access: Access,
  set: AccessSet,
  slots: Slots,
): PermittedWrite {
  return { ...permit(action, access, set, slots), match, answer }
}

/** @param keys lists of values, one a column of the key */
export function allowActionOnMany(
  action: Action,
  keys: readonly (readonly string[])[],
  access: Access,
  set: AccessSet,
  slots: Slots,
): PermittedAction {
  return { ...permit(action, access, set, slots), keys: keys.map(list => slots.add(list)) }
}

/** Those that some role of the caller does, on some record. */
export function actionNames(access: Access, set: AccessSet): readonly string[] {
  const actions = [...access.resource.actions.values()]
  return actions.filter(one => guardOf(one, access, set) !== 'never').map(one => one.name)
}

function permit(action: Action, access: Access, set: AccessSet, slots: Slots) {
  checkAction(action, access, set)
  const assignments: Assignment[] = []
  for (const [name, value] of action.set) {
    const field = access.resource.fields.get(name)
    const column: Column | undefined = field && columnOf(field)
    if (column) assignments.push({ column, value: toOperand(value, slots) })
  }
  const guard = guardOf(action, access, set)
  return {
    set,
    access,
    kind: 'update' as const,
    match: null,
    assignments,
    links: [],
    // It ends what it asks for: who may activate what is not active need not be able to do it again.
    rights: guard === 'always' ? [] : [{ field: null, guard, before: true as const }],
    answer: null,
    values: slots.values,
  }
}

/** On which records it may be done, by one of its roles. */
function guardOf({ roles, condition }: Action, { resource }: Access, set: AccessSet): Guard {
  const held = roles.flatMap(name => {
    const role = resource.roles.get(name)
    return role && holdsRole(set.api, role, set.roles) ? [role.condition] : []
  })
  const all = allOf([anyOf(held), condition])
  if (all.kind !== 'always') return { id: describeCondition(all), condition: all }
  return all.holds ? 'always' : 'never'
}
