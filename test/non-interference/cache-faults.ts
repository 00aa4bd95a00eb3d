// Faults of what is shared and kept, to plant as those in faults.ts.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are code
import type { Fault } from './fault.ts'

const executeRead = 'execute-read.ts'
const responseCache = 'cache/response-cache.ts'

const one = (name: string, file: string, find: string, put: string, seed = 1): Fault => ({
  name,
  edits: [{ file, find, put }],
  focus: 'caches',
  seed,
})

export const cacheFaults: readonly Fault[] = [
  {
    name: 'an entity tag is made of the time of the last change, hidden or not',
    edits: [
      {
        file: 'plan/plan-read.ts',
        find: "const rows = read.kind === 'item'",
        put: "const time = [...row.resource.fields.values()].find(one => one.kind === 'column' && one.column.type.name === 'timestamptz')\n  const stamp = time?.kind === 'column' ? columns.add(sql`${sql.raw(row.alias)}.${sql.raw(time.column.name)}`) : -1\n  const rows = read.kind === 'item'",
      },
      {
        file: 'plan/plan-read.ts',
        find: 'code: notes.code,',
        put: 'code: notes.code, ...{ stamp: stamp < 0 ? -1 : stamp + offset },',
      },
      {
        file: 'respond/respond-read.ts',
        find: 'entityTag(out.written())',
        put: 'entityTag(stampOf(plan.layout, rows) ?? out.written())',
      },
      {
        file: 'respond/respond-read.ts',
        find: `const opening = '{"data":'`,
        put: `const opening = '{"data":'\nconst stampOf = (layout: Layout, rows: Rows) => {\n  const { stamp } = layout as unknown as { stamp: number }\n  return stamp < 0 ? null : Buffer.from(Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), stamp)).join())\n}`,
      },
    ],
  },
  one(
    'claims are left out of the key of shared reads',
    executeRead,
    'JSON.stringify(principal.id)}\\n${claimed}`',
    'JSON.stringify(principal.id)}`; void claimed',
  ),
  one(
    'the id of the caller is left out of the key of shared reads',
    executeRead,
    "${principal.id === null ? '' : JSON.stringify(principal.id)}",
    '',
    8,
  ),
  one(
    'what is made in TypeScript is shared whatever the claims',
    executeRead,
    'if (plan.layout.code.length > 0) return runWithCode(given)',
    'if (plan.layout.code.length > 0) return runtime.flights.run(`${plan.name}\\n${request.method}\\n${http.target}\\n${JSON.stringify(given.values)}`, http, () => runWithCode(given))',
  ),
  one(
    'claims are not compared with those of a kept answer',
    responseCache,
    'claimsOf(principal, claims) !== kept.claimed',
    'claims.length < 0',
    17,
  ),
  one(
    'the id of the caller is left out of the key of kept answers',
    responseCache,
    'id === null ? `${roles.id}\\n${target}` : `${roles.id}\\n${JSON.stringify(id)}\\n${target}`',
    'id === undefined ? "" : `${roles.id}\\n${target}`',
  ),
  one(
    'the roles are left out of the key of kept answers',
    responseCache,
    '`${roles.id}\\n${JSON.stringify(id)}\\n${target}`',
    '`${JSON.stringify(id)}\\n${target}`',
  ),
  one(
    'the tables of policies are not noted with a kept answer',
    'plan/printer.ts',
    'const from = sql`${this.table(target.resource.table)} as ${sql.raw(alias)}`',
    'const from = sql`${row.access ? this.table(target.resource.table) : tableName(target.resource.table)} as ${sql.raw(alias)}`',
    20,
  ),
  one(
    'a change of the tables of an answer is not heeded',
    responseCache,
    'for (const table of tables) if ((this.#changedAt.get(table) ?? 0) > since) return false',
    'void tables',
  ),
  {
    name: 'the version is left out of the key of kept answers',
    edits: [
      {
        file: executeRead,
        find: 'answers.keep(`${request.version}\\n${http.target}`',
        put: 'answers.keep(http.target',
      },
      {
        file: 'find-kept.ts',
        find: 'answers.find(`${runtime.api.version}\\n${http.target}`',
        put: 'answers.find(http.target',
      },
    ],
    focus: 'caches',
    seed: 1,
  },
  {
    name: 'versions share their plans',
    edits: [
      {
        file: 'runtime.ts',
        find: 'const shared = {',
        put: 'const plans = makePlanCache(database.dialect)\n  const shared = {',
      },
      { file: 'runtime.ts', find: 'plans: makePlanCache(database.dialect) })', put: 'plans })' },
    ],
    focus: 'caches',
    seed: 1,
  },
]
