// Faults to plant in a copy of the sources, each by an exact text that must be there once: the naive model must notice every one.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are code
import type { Fault } from '../non-interference/fault.ts'

const plan = 'plan/print-change.ts'
const after = 'plan/print-after.ts'

export interface WriteFault extends Fault {
  /** What has to notice it; the model, where nothing is said. */
  readonly by?: 'model' | 'twins' | 'races'
}

const one = (
  name: string,
  file: string,
  find: string,
  put: string,
  more: Omit<WriteFault, 'name' | 'edits'> = {},
): WriteFault => ({ name, edits: [{ file, find, put }], ...more })

export const faults: readonly WriteFault[] = [
  one(
    'what the new row may be is not checked',
    after,
    'if (checks.length === 0) return sql`0`',
    'if (checks.length >= 0) return sql`0`',
  ),
  one(
    'whether the new row is visible is not checked',
    after,
    '[-1, () => (isSeen ? yes : printer.visible(after))],',
    '[-1, () => yes],',
    { seed: 21 },
  ),
  {
    name: 'the policy is dropped from the where of a change',
    edits: [
      { file: plan, find: 'where ${and([found.where, printer.visible(before)])}', put: 'where ${found.where}' },
      { file: plan, find: 'printer.visible(row),\n      write.parent', put: 'write.parent' },
    ],
  },
  one(
    'other rows of the table that is written are seen as they were',
    'run-write.ts',
    'if (one.after) await askAfter',
    'if (one.after && !one.after) await askAfter',
  ),
  one(
    'a link may lead to what is hidden',
    'plan/print-value.ts',
    'where ${and([...same, visible])}`',
    'where ${and(same)}`',
  ),
  one(
    'the right to a field is lent to rows of another role',
    'access/access.ts',
    'updates: field => guardWhere(grants, grant => grant.updates.has(field.name)),',
    "updates: field => (grants.some(grant => grant.updates.has(field.name)) ? 'always' : 'never'),",
  ),
  one(
    'the right to create a field is lent to rows of another role',
    'access/access.ts',
    'creates: field => guardWhere(grants, grant => grant.creates?.has(field.name) === true),',
    "creates: field => (grants.some(grant => grant.creates?.has(field.name) === true) ? 'always' : 'never'),",
  ),
  one(
    'whoever sees a record may delete it',
    'access/access.ts',
    'delete: guardWhere(grants, grant => grant.deletes),',
    "delete: grants.some(grant => grant.deletes) ? 'always' : 'never',",
  ),
  one(
    'what a role fills in is inherited by nobody and filled in for nobody',
    'access/access.ts',
    'set: new Map(held.flatMap(role => [...role.writes.set]).reverse()),',
    'set: new Map(),',
  ),
  {
    name: 'the policy of a change stands in `id in (…)`',
    by: 'races',
    seed: 56,
    edits: [
      {
        file: plan,
        find: 'printer.visible(row),\n      write.parent',
        put: 'sql`(${sql.join(resource.key.map(one => column(row.alias, one.name)))}) in (select ${sql.join(resource.key.map(one => column(before.alias, one.name)))} from ${printer.table(resource.table)} as ${sql.raw(before.alias)} where ${and([printer.visible(before), ...rights.map(one => printer.guard(one.guard, before))])})`,\n      write.parent',
      },
      { file: plan, find: '...rights.map(one => printer.guard(one.guard, row)),', put: '' },
    ],
  },
  one(
    'the policy of an action stands in `id in (…)`',
    'plan/plan-action.ts',
    'printer.visible(row),\n      ...rights.map(one => printer.guard(one.guard, row)),',
    'sql`(${sql.join(resource.key.map(one => printer.stored(one, row)))}) in (select ${sql.join(resource.key.map(one => printer.stored(one, before)))} from ${table} as ${sql.raw(before.alias)} where ${and([printer.visible(before), ...rights.map(one => printer.guard(one.guard, before))])})`,',
    { by: 'races', seed: 40 },
  ),
  one(
    'what is put replaces a record that is hidden',
    'plan/print-upsert.ts',
    "printer.visible(row),\n      parent ? printUnder(parent, row, printer) : yes,\n      ...rights.filter(one => one.on !== 'create').map(one => printer.guard(one.guard, row)),",
    '',
  ),
  one(
    'a key is chosen by who may not write it',
    'access/allow-replace.ts',
    "isWritable(field) && access.writes.creates(field) !== 'never'",
    'isWritable(field)',
  ),
  one(
    'what is put resets fields that its caller does not read',
    'access/allow-replace.ts',
    'const guards = [access.writes.updates(field), access.guard(field)]',
    'const guards = [access.writes.updates(field)]',
    { seed: 61 },
  ),
  one(
    'links to hidden records are removed with the others',
    'plan/plan-links.ts',
    'printer.fieldGuard(far, row),\n    printer.visible(other),',
    'printer.fieldGuard(far, row),',
    { seed: 67 },
  ),
  one(
    'a new record in a body is judged by nobody',
    'execute-record.ts',
    'plan: runtime.plans.planForWrite(write),',
    'plan: runtime.plans.planForWrite({ ...write, rights: [] }),',
    { seed: 23 },
  ),
  one(
    'a number that is not read is incremented',
    'access/allow-write.ts',
    "if (access.guard(value.field) !== 'always')",
    'if (access.guard(value.field) === null)',
    { seed: 32 },
  ),
  one(
    'a write by filter finds hidden records',
    'plan/plan-matching.ts',
    'and([printer.visible(row), printer.condition(filter, row)])',
    'printer.condition(filter, row)',
  ),
  one('max_affected is not heeded', 'execute-filtered.ts', 'if (ids.length > max)', 'if (ids.length > max + 1)'),
  one(
    'operations are judged by the first of them alone',
    'execute-operations.ts',
    'const access = accessTo(resource, set)',
    "const access = accessTo(resource, set)\n  if (pointer !== '/operations/0') Object.assign(access.writes, { create: 'always', update: 'always', delete: 'always' })",
    { seed: 38 },
  ),
  one(
    'what an action asks of a record is not asked',
    'access/allow-action.ts',
    'allOf([anyOf(held), condition])',
    'anyOf(held)',
    { seed: 13 },
  ),
  one(
    'hidden ids of an action are told from missing ones',
    'plan/plan-action.ts',
    'and([isGiven(before), printer.visible(before)])',
    'isGiven(before)',
    { by: 'twins', seed: 38 },
  ),
  one(
    'a unique value in a hidden record is named',
    'run-write.ts',
    'throw (await seesClash(told.columns, write, given, course.look))',
    'throw told.columns.length > 0',
    { seed: 201 },
  ),
  {
    name: '`detail` of the database is forwarded',
    by: 'twins',
    seed: 52,
    edits: [
      {
        file: 'databases/postgres/to-write-error.ts',
        find: 'if (code === undefined',
        put: "Object.assign(globalThis, { told: String((error as { detail?: unknown }).detail ?? '') })\n  if (code === undefined",
      },
      {
        file: 'respond/explain-refusal.ts',
        find: "'This cannot be done beside what is there.'",
        put: '`This cannot be done beside what is there. ${(globalThis as { told?: string }).told}`',
      },
    ],
  },
  one(
    'links are answered as they were seen before the write',
    'plan/print-written.ts',
    ' || leadsBack(access, own, printer)',
    '',
    { seed: 5006 },
  ),
  one(
    'a document that names another record than its path is passed over',
    'execute-document.ts',
    'if (key === null || (named !== null && resource.naturalKey === null)) throw otherId()',
    'if (key === null || (named !== null && resource.naturalKey === null)) return undefined',
    { seed: 32 },
  ),
  one(
    'a document that links what is hidden is told as a plain body is',
    'respond/point-into-document.ts',
    "if (error.code === 'link_not_found') return withPointer(error, pointer, 'not_found')",
    '',
  ),
  one(
    'what points to a record is freed of it where the caller does not see that it does',
    'plan/plan-linked-here.ts',
    'and([printer.visible(row), printUnder(parent, row, printer)])',
    'printUnder(parent, row, printer)',
    { seed: 3268 },
  ),
  one(
    'links that are added take the place of the others',
    'replace-links.ts',
    "asked.links === 'add' ? [] : present",
    'present',
    { seed: 22016 },
  ),
  one(
    'idempotency keys are everybody’s',
    'idempotency/identify-attempt.ts',
    'digest([id, client, request.method',
    'digest([request.method',
  ),
  one(
    'what was kept is given to who has other rights',
    'idempotency/identify-attempt.ts',
    'digest([roles.id, told])',
    'digest([told.length === 0 && roles.id === null])',
  ),
]
