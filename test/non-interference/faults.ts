// Faults to plant in a copy of the sources, each by an exact text that must be there once: the test must notice every one. Those of writes stand in `test/write-model/faults.ts`.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are code

import { cacheFaults } from './cache-faults.ts'
import type { Fault } from './fault.ts'

const printer = 'plan/printer.ts'
const dialect = 'databases/postgres/dialect.ts'
const resourceObject = 'plan/print-resource-object.ts'

const one = (
  name: string,
  file: string,
  find: string,
  put: string,
  more: Omit<Fault, 'name' | 'edits'> = {},
): Fault => ({ name, edits: [{ file, find, put }], ...more })

export const faults: readonly Fault[] = [
  one(
    'the guard of a field is dropped',
    printer,
    'return row.access ? this.guard(row.access.guard(field), row) : yes',
    'return yes',
  ),
  one(
    'the guard stands outside of not',
    printer,
    'return this.condition(condition.of, row, !negated)',
    'return negated ? this.condition(condition.of, row) : sql`(${this.condition(condition.of, row)}) is not true`',
  ),
  one(
    'the guard of a field that is compared with is dropped',
    printer,
    "if (operand?.kind === 'field') return [this.fieldGuard(operand.field, row)]",
    '',
    { focus: 'compared', seed: 31 },
  ),
  one(
    'the limit of an include comes before access',
    'plan/print-include.ts',
    'sql`select ${object} as j from ${from}${joins} where ${and([...where, filter])} order by ${order} limit ${sql.lit(limit + 1)}`',
    'sql`select v.j from (select ${object} as j, ${and([...where.slice(1), filter])} as ok from ${from}${joins} where ${where[0]} order by ${order} limit ${sql.lit(limit + 1)}) as v where v.ok`',
    { focus: 'includes' },
  ),
  one(
    'hidden rows count in totals and aggregates',
    'plan/print-aggregates.ts',
    'printer.visible(row), printer.condition(read.filter, row)',
    'printer.condition(read.filter, row)',
  ),
  one(
    'the estimate of the planner stands for the count',
    'plan/print-aggregates.ts',
    'sql`(select count(*) from (select from ${from} where ${and(where)} limit ${sql.lit(estimateLimit)}) as e)`',
    'sql`(select greatest(reltuples, 0)::int8 from pg_class where relname = ${sql.lit(read.access.resource.table.name)} and ${and(where)} is not null limit 1)`'.replace(
      ' and ${and(where)} is not null',
      '',
    ),
  ),
  one(
    'claims are constants of the first caller',
    'plan/bind.ts',
    'bindClaim(one, principal)',
    '((globalThis as { first?: Map<unknown, BoundValue> }).first ??= new Map<unknown, BoundValue>()).get(one) ?? ((value: BoundValue) => ((globalThis as { first?: Map<unknown, BoundValue> }).first?.set(one, value), value))(bindClaim(one, principal))',
    { seed: 5 },
  ),
  one(
    'a foreign key to an invisible record is shown',
    printer,
    'if (!row.access || field.keyShown || field.inKey || row.via?.field === field || row.known?.has(field)) return false',
    'if (row !== null) return false',
  ),
  one(
    'the tie-break is dropped',
    'access/allow-sort.ts',
    'for (const field of tieBreakers(access)) add({ path: [], field, descending })',
    '',
  ),
  one(
    'rows without a key are not told apart by spelling',
    'plan/print-order.ts',
    'if (row.resource.key.length === 0) terms.push(...printSpellings(row, printer))',
    '',
    { seed: 8 },
  ),
  {
    name: 'a scope runs raw',
    focus: 'scopes',
    edits: [
      {
        file: 'access/allow-scopes.ts',
        find: 'if (!scope.publishes) return readFilter(',
        put: 'if (entry === null) return readFilter(',
      },
    ],
  },
  {
    name: 'a cast raises, and its message is forwarded',
    edits: [
      {
        file: dialect,
        find: 'return sql`${left} = ${one(value.sqlType)}`',
        put: "return value.type.name === 'text' ? sql`${left}::numeric::text = ${one('text')}` : sql`${left} = ${one(value.sqlType)}`",
      },
      {
        file: 'databases/postgres/to-api-error.ts',
        find: "if (code === '22003')",
        put: "if (code === '22P02') return new ApiError('invalid_value', (error as Error).message)\n  if (code === '22003')",
      },
    ],
  },
  one(
    'suggestions know all names',
    'access/names.ts',
    'names: Iterable<string> = permittedNames(set, access),',
    'names: Iterable<string> = access.resource.fields.keys(),',
  ),
  one(
    'the key that makes a link is not asked for on the row that holds it',
    printer,
    'holder ? this.linkGuard(holder, target, row) : yes',
    'yes',
  ),
  one('a join row need not be visible', printer, 'return [this.visible(row), ...guards]', 'return guards', {
    focus: 'joins',
  }),
  one(
    'a claim that is missing equals null',
    dialect,
    'return sql`${left} = ${one(value.sqlType)}`',
    'return sql`${left} is not distinct from ${one(value.sqlType)}`',
  ),
  one(
    'the complement of a missing claim is true',
    printer,
    "if (operand?.kind !== 'claim' || !negated) return []",
    'return []',
  ),
  one(
    'a nested list stands under an invisible record',
    'plan/print-parent.ts',
    'where: [printer.visible(row), printer.fieldGuard(parent.relationship, row)]',
    'where: [printer.fieldGuard(parent.relationship, row)]',
  ),
  one(
    'a hidden natural key finds its record',
    'plan/print-parent.ts',
    '? and([\n          printer.fieldGuard(field, row),',
    '? and([',
    { focus: 'naturalKeys' },
  ),
  one(
    'hidden values sort',
    'plan/print-order.ts',
    'const shown = printer.shown(field, row)',
    'const shown = printer.value(field, row)',
  ),
  one(
    'hidden values are summed up',
    'plan/print-aggregates.ts',
    'const value = printer.shown(field, row)',
    'const value = printer.value(field, row)',
  ),
  one(
    'hidden values make groups',
    'plan/print-aggregates.ts',
    'const guards = read.group.map(field => printer.fieldGuard(field, row))',
    'const guards: Sql[] = []',
  ),
  one(
    'sums of floats follow the heap',
    dialect,
    'const sorted = order ? sql`${value}::float8 order by ${order}` : sql`${value}::float8 order by ${value}`',
    'const sorted = sql`${value}::float8`; void order',
    { focus: 'floatSums', seed: 8 },
  ),
  one(
    'of equal values the last one met is shown',
    dialect,
    'const sorted = hasOneSpelling(field) ? value : sql`${value} order by ${spelling(value)}`',
    'const sorted = value',
    { focus: 'spellings' },
  ),
  one(
    'a counted record need not be visible',
    printer,
    'const counted = compute.seesAll ? raw(row) : row',
    'const counted = raw(row)',
  ),
  one(
    'a condition that is computed is readable without its fields',
    'access/access.ts',
    'if (field.reads.length === 0) continue',
    'if (field.reads.length >= 0) continue',
  ),
  one(
    'a role keeps the where of the role that it extends to itself',
    'schema/compile-roles.ts',
    "condition: allOf([own.when ? read(own.when, 'when') : always, present, ...wheres]),",
    "condition: allOf([own.when ? read(own.when, 'when') : always, present, ...wheres.slice(-1)]),",
  ),
  one(
    'a wide role lends its fields to rows that it does not grant',
    'access/access.ts',
    "if (having.length === 0) return 'never'",
    "if (having.length === 0) return 'never'\n  if (having.length > 0) return 'always'",
  ),
  one(
    'an expression is reached on rows that are not permitted',
    printer,
    'const allowed = and([this.visible(row), this.fieldGuard(field, row)])',
    'const allowed = yes',
    { fails: true },
  ),
  one(
    'linkage tells of a record that is not visible',
    printer,
    'const values = this.shownKey(field, row)',
    'const values = field.link.own.map(own => column(row.alias, own.name))',
    { focus: 'documents' },
  ),
  one(
    'an included record shows linkage that is hidden on it',
    resourceObject,
    'return guarded(printer.guard(guard, row), [dialect.text(`${marks.relationship}${i}:`), ...linkage], printer)',
    'return guarded(yes, [dialect.text(`${marks.relationship}${i}:`), ...linkage], printer)',
    { focus: 'documents' },
  ),
  one(
    'an included record shows attributes that are hidden on it',
    resourceObject,
    "return guarded(guard, [dialect.text(','), ...text], printer)",
    "return guarded(yes, [dialect.text(','), ...text], printer)",
    { focus: 'documents' },
  ),
  one(
    'records are included in documents that are not visible',
    'plan/print-include.ts',
    'const filter = printer.condition(include.filter, target)',
    "if (form !== 'plain') where.splice(0, where.length, where[0] as Sql)\n  const filter = printer.condition(include.filter, target)",
    { focus: 'documents' },
  ),
  ...cacheFaults,
]
