// Reads the actions that a resource declares: what each sets, on which records, and for whom.
import { always, type Condition } from '../expressions/condition.ts'
import { type FilterReader, readFilter } from '../expressions/read-filter.ts'
import { treeOfDefinition } from '../expressions/tree-of-definition.ts'
import type { Report } from './bind-table.ts'
import { readValues } from './compile-writes.ts'
import type { Action, Resource, Role } from './model.ts'
import type { ActionDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

const parts = ['set', 'run', 'where', 'roles']

export function compileActions(
  resource: Resource,
  actions: Readonly<Record<string, ActionDefinition>>,
  roles: ReadonlyMap<string, Role>,
  reader: FilterReader,
  report: Report,
): ReadonlyMap<string, Action> {
  const compiled = new Map<string, Action>()
  for (const [name, action] of Object.entries(actions)) {
    const where = `${resource.definedAs}.actions.${name}`
    if (!/^[A-Za-z][\w-]*$/.test(name))
      report(`${where}: an action is named by letters, digits, underscores and dashes, for it stands in paths`)
    if (resource.key.length === 0) report(`${where}: without a key no record can be named`)
    // One statement changes all records, and calls nobody for each.
    for (const hook of ['beforeUpdate', 'afterUpdate', 'afterCommit'] as const)
      if (resource.hooks?.[hook] && !action.run)
        report(`${where}: an action does not call the hook ${hook}, so the two cannot be together`)
    compiled.set(name, compileAction(name, action, resource, roles, reader, where, report))
  }
  return compiled
}

function compileAction(
  name: string,
  action: ActionDefinition,
  resource: Resource,
  roles: ReadonlyMap<string, Role>,
  reader: FilterReader,
  where: string,
  report: Report,
): Action {
  for (const part of Object.keys(action))
    if (!parts.includes(part)) report(`${where}: an action has no "${part}".${hint(part, parts)}`)
  const set = readValues(action.set ?? {}, resource, `${where}.set`, report)
  const { run } = action
  if (run !== undefined && typeof run !== 'function') report(`${where}.run: it is no function`)
  if (run !== undefined && action.set !== undefined) report(`${where}: it sets values or runs a function, not both`)
  if (run === undefined && Object.keys(action.set ?? {}).length === 0) report(`${where}.set: it sets nothing`)
  for (const field of set.keys()) {
    const found = resource.fields.get(field)
    if (found && 'inKey' in found && found.inKey) report(`${where}.set: "${field}" is part of the key`)
  }
  const named = action.roles ?? []
  if (named.length === 0) report(`${where}.roles: nobody may do it`)
  for (const role of named)
    if (!roles.has(role)) report(`${where}.roles: there is no role "${role}".${hint(role, roles.keys())}`)
  return { name, set, run: run ?? null, roles: named, condition: readWhere(action, resource, reader, where, report) }
}

function readWhere(
  { where: filter }: ActionDefinition,
  resource: Resource,
  reader: FilterReader,
  where: string,
  report: Report,
): Condition {
  if (!filter) return always
  try {
    return readFilter(treeOfDefinition(filter, `${where}.where`), resource, reader)
  } catch (error) {
    report(`${where}.where: ${(error as Error).message}`)
    return { kind: 'always', holds: false }
  }
}
