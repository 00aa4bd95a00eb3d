// Faults to plant in a copy of the sources, each by an exact text that must be there once: the naive model must notice every one.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are code
import type { Fault } from '../non-interference/fault.ts'

const plan = 'plan/plan-write.ts'
const after = 'plan/print-after.ts'

export interface WriteFault extends Fault {
  /** What has to notice it; the model, where nothing is said. */
  readonly by?: 'model' | 'twins'
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
]
