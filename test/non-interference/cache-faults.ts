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
        find: "const rows =\n    read.kind === 'item'",
        put: "const time = [...row.resource.fields.values()].find(one => one.kind === 'column' && one.column.type.name === 'timestamptz')\n  const stamp = time?.kind === 'column' ? columns.add(sql`${sql.raw(row.alias)}.${sql.raw(time.column.name)}`) : -1\n  const rows =\n    read.kind === 'item'",
      },
      {
        file: 'plan/plan-read.ts',
        find: 'code: notes.code,',
        put: 'code: notes.code, ...{ stamp: stamp < 0 ? -1 : stamp + offset },',
      },
      {
        file: 'respond/validators.ts',
        find: 'entityTag(body, cacheVersion)',
        put: 'entityTag(stampOf(plan.layout, rows) ?? body, cacheVersion)',
      },
      {
        file: 'respond/validators.ts',
        find: '/** RFC 9110 8.8.2',
        put: `const stampOf = (layout: Layout, rows: Rows) => {\n  const { stamp } = layout as unknown as { stamp: number }\n  return stamp < 0 ? null : Buffer.from(Array.from({ length: rows.length }, (_, i) => textOf(rows.at(i), stamp)).join())\n}\n/** RFC 9110 8.8.2`,
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
    'if (plan.layout.code.length > 0) return given.runtime.flights.run(`${plan.name}\\n${given.request.method}\\n${given.http.target}\\n${JSON.stringify(given.values)}`, given.http, () => runWithCode(given))',
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
    210,
  ),
  one(
    'the roles are left out of the key of kept answers',
    responseCache,
    '`${roles.id}\\n${JSON.stringify(id)}\\n${target}`',
    '`${JSON.stringify(id)}\\n${target}`',
    214,
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
    name: 'an item is dated by a time that is hidden on it',
    focus: 'validators',
    edits: [
      {
        file: 'plan/plan-read.ts',
        find: 'printer.dialect.seconds(printer.shown(changed, row))',
        put: 'printer.dialect.seconds(printer.value(changed, row))',
      },
      {
        file: 'access/allow-validators.ts',
        find: "return isReadable(field, access, 'somewhere') && isOfRow(selection, set) ? field : null",
        put: 'return isOfRow(selection, set) ? field : null',
      },
    ],
  },
  {
    name: 'hidden rows stand in the validator of a list',
    focus: 'validators',
    edits: [
      {
        file: 'plan/print-aggregates.ts',
        find: 'printer.dialect.validator(printer.shown(read.validator, row))} from ${from} where ${and(where)}',
        put: 'printer.dialect.validator(printer.shown(read.validator, row))} from ${from} where ${and([])}',
      },
    ],
  },
  {
    name: 'what a claim decides is shared with everybody',
    edits: [
      {
        file: 'plan/plan-cache.ts',
        find: "caching && layout.code.length === 0 && parameters.every(one => one.kind !== 'claim') && isForEveryone(read)",
        put: 'caching && (parameters.length >= 0 || isForEveryone(read))',
      },
    ],
  },
  {
    name: 'the ends of a range are compared with hidden values',
    edits: [
      {
        file: 'plan/print-order.ts',
        find: 'const shown = printer.shown(field, row)',
        put: 'const shown = printer.value(field, row)',
      },
    ],
  },
  {
    name: 'the version is left out of the key of kept answers',
    edits: [
      {
        file: 'find-kept.ts',
        find: 'return `${version}\\n${form}\\n${target}`',
        put: 'return `${version.slice(0, 0)}${form}\\n${target}`',
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
