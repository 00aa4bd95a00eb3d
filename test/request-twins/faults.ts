// Faults of commands and reports to plant in a copy of the sources, each by a text that must be there once: the twins must notice every one.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are code
import type { Planting } from '../support/plant-fault.ts'

export interface Fault {
  readonly name: string
  readonly edits: readonly Planting[]
  /** The first case to try: one soon after it shows the fault. */
  readonly seed: number
}

const one = (name: string, seed: number, file: string, find: string, put: string): Fault => ({
  ...{ name, seed },
  edits: [{ file, find, put }],
})

export const faults: readonly Fault[] = [
  one(
    'the content of a report goes to whoever sees the row',
    19,
    'read-content.ts',
    'if (!isGiver(walk, found) && !(await namesContent(item, resource, found)))',
    'if (!isGiver(walk, found) && !(await namesContent(item, resource, found)) && found.key === null)',
  ),
  one(
    'content goes to who holds a role that names it, whatever the row',
    50,
    'read-content.ts',
    'if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return false',
    'if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return true',
  ),
  one(
    'the content of a report that is pending tells that it is there to who does not see it',
    5,
    'read-content.ts',
    'const shown = await readRecords(item)',
    `const shown = await readRecords(item).catch((error: unknown) => {
      if (found?.status !== 'pending') throw error
      return { body: '', headers: {}, state: { key: found.key, status: null, runAt: null } } as ReadAnswer
    })`,
  ),
  {
    name: 'the cause of a failed report is told to who may not read it',
    seed: 121,
    edits: [
      {
        file: 'reports/find-content.ts',
        find: 'concat(${quoteName(name)})',
        put: 'concat(${quoteName(name)}), error::text',
      },
      { file: 'reports/find-content.ts', find: '{ length: 9 }', put: '{ length: 10 }' },
      { file: 'reports/find-content.ts', find: 'left, key] =', put: 'left, key, cause] =' },
      { file: 'reports/find-content.ts', find: "key: key ?? '',", put: "...{ cause }, key: key ?? ''," },
      {
        file: 'read-content.ts',
        find: 'throw notMade(status, shown)',
        put: 'throw notMade(status, { ...shown, body: `{"data":{"error":${(found as { cause?: string }).cause ?? \'null\'}}}` })',
      },
    ],
  },
  one('a report is used again whoever asked for it', 42, 'reuse-report.ts', "[rights('o'), ...same]", 'same'),
  one(
    'a report is used again whatever its parameters',
    35,
    'reuse-report.ts',
    "[rights('o'), ...same]",
    "[rights('o')]",
  ),
  {
    name: 'a report is used again that its giver does not see any more',
    seed: 54,
    edits: [
      {
        file: 'reuse-report.ts',
        find: 'for (const id of ids) if (await readShown(walk, id)) return id\n  return null',
        put: 'return ids[0] ?? null',
      },
      {
        file: 'reuse-report.ts',
        find: 'const answer = shown ? { status: 200, ...shown } : await write(inner)',
        put: 'const answer = { status: 200, ...(shown ?? { body: "", headers: { location: toCommandPath(walk, found).request.path } }) }',
      },
    ],
  },
  one(
    'an event stream goes on for who does not see the record any more',
    32,
    'follow-command.ts',
    "if (error instanceof ApiError && error.status < 500) this.#say('end')",
    'if (error instanceof ApiError && error.status < 500) return',
  ),
  {
    name: 'an event stream reads the record with the rights of anybody',
    seed: 4,
    edits: [
      {
        file: 'join-command.ts',
        find: 'read: () => readRecords(asked),',
        put: 'read: () => readRecords(asked).then(answer => (last = answer), () => ({ ...last, headers: { ...last?.headers, etag: `"${performance.now()}"` } }) as ReadAnswer),',
      },
      {
        file: 'join-command.ts',
        find: 'const asked: Walk =',
        put: 'let last: ReadAnswer | undefined\n  const asked: Walk =',
      },
    ],
  },
  {
    name: 'a wait is answered with a record that its caller has lost',
    seed: 143,
    edits: [
      { file: 'hold-command.ts', find: 'told(answer) {', put: 'told(answer) {\n        last = answer' },
      {
        file: 'hold-command.ts',
        find: 'failed: reject,',
        put: 'failed: error => (last ? resolve(last) : reject(error)),',
      },
      {
        file: 'hold-command.ts',
        find: 'let isOver = false',
        put: 'let isOver = false\n  let last: ReadAnswer | undefined',
      },
    ],
  },
  one(
    'a wait ends with the state whoever may know it',
    16,
    'plan/plan-read.ts',
    'status: columns.add(guard === yes ? stored : sql`case when ${guard} then ${stored} end`),',
    'status: columns.add(guard === stored ? sql`null` : stored),',
  ),
  {
    name: 'Retry-After tells when a command is due to who may not read that',
    seed: 256,
    edits: [
      {
        file: 'access/allow-state.ts',
        find: "runAt: runAt && access.guard(runAt) !== 'never' ? runAt : null",
        put: 'runAt',
      },
      {
        file: 'plan/plan-read.ts',
        find: 'printer.dialect.seconds(printer.shown(runAt, row))',
        put: 'printer.dialect.seconds(printer.value(runAt, row))',
      },
    ],
  },
  {
    name: 'a cancellation tells whether a command is over to who may not cancel it',
    seed: 41,
    edits: [
      {
        file: 'respond/respond-write.ts',
        find: 'for (const [i, right] of isThere ? rights.entries() : []) {',
        put: "if (isThere && plan.over >= 0 && isTrue(row, plan.over)) return new ApiError('already_finished', '')\n  for (const [i, right] of isThere ? rights.entries() : []) {",
      },
    ],
  },
  one(
    'the word for a state is shown and filtered by where the state is hidden',
    49,
    'schema/compile-status.ts',
    'const description = wordsField(status, described, [status.name], wordType',
    'const description = wordsField(status, described, [], wordType',
  ),
  {
    name: 'a command reads with the rights of somebody else',
    seed: 14,
    edits: [
      {
        file: 'run-query.ts',
        find: 'return async ({ principal, roles }, name, query, transaction) => {',
        put: "return async (_, name, query, transaction) => {\n    const principal = { id: '1', claims: new Map<string, unknown>([['role', 'chief']]) }\n    const roles = new Set(runtime().api.holders.keys())",
      },
    ],
  },
  {
    name: 'a report is made with the rights of somebody else',
    seed: 201,
    edits: [
      {
        file: 'run-query.ts',
        find: 'return async function* ({ principal, roles }, { resource, query = {} }, format, signal) {',
        put: "return async function* (_, { resource, query = {} }, format, signal) {\n    const principal = { id: '1', claims: new Map<string, unknown>([['role', 'chief']]) }\n    const roles = new Set(runtime().api.holders.keys())",
      },
    ],
  },
  one(
    'NOTIFY carries a value',
    1,
    'jobs/request-table-sql.ts',
    "perform pg_notify('colonnade', 'changed ' || topic);",
    "perform pg_notify('colonnade', 'changed ' || topic || ' ' || new.status);",
  ),
]
