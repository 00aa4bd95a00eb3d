// Compares what a definition says of a column with what the database says now.
import type { Difference, DifferenceKind } from './difference.ts'
import type { ColumnDefinition } from './schema-definition.ts'

/** A column's word taken apart. */
export interface ColumnFacts {
  /** `text[]`, or `enum`. */
  readonly type: string
  readonly labels: readonly string[] | null
  readonly null: boolean
  readonly default: boolean
  readonly generated: boolean
}

/**
 * `'text[] null default'` → its type and flags.
 *
 * @example
 * readColumn('int4 default') // { type: 'int4', labels: null, null: false, default: true, generated: false }
 */
export function readColumn(definition: ColumnDefinition): ColumnFacts {
  if (typeof definition === 'string') {
    const [type = '', ...flags] = definition.split(' ')
    const has = (flag: string) => flags.includes(flag)
    return { type, labels: null, null: has('null'), default: has('default'), generated: has('generated') }
  }
  return {
    type: definition.array ? 'enum[]' : 'enum',
    labels: definition.enum,
    null: definition.null ?? false,
    default: definition.default ?? false,
    generated: definition.generated ?? false,
  }
}

export function compareColumn(
  table: string,
  name: string,
  defined: ColumnDefinition,
  actual: ColumnDefinition,
): readonly Difference[] {
  const was = readColumn(defined)
  const is = readColumn(actual)
  const at = `${table}.${name}`
  const differ = (kind: DifferenceKind, breaking: boolean, message: string): Difference => ({
    kind,
    table,
    name,
    breaking,
    message: `${at} ${message}`,
  })
  if (was.type !== is.type)
    return [differ('typeChanged', true, `is ${is.type} in the database and ${was.type} in the definition.`)]
  const found = compareLabels(was.labels ?? [], is.labels ?? [], differ)
  if (was.generated !== is.generated) {
    const message = is.generated
      ? 'is computed by the database now and cannot be written.'
      : 'is not computed by the database any more.'
    return [...found, differ('defaultChanged', true, message)]
  }
  // A generated column does not say whether it can be null.
  if (was.null !== is.null && !is.generated) {
    found.push(differ('nullabilityChanged', true, is.null ? 'can be null now.' : 'cannot be null any more.'))
  }
  if (was.default !== is.default) {
    const mustBeGiven = !is.default && !is.null
    const lost = mustBeGiven ? 'has no default any more, so that new rows have to say it.' : 'has no default any more.'
    found.push(differ('defaultChanged', mustBeGiven, is.default ? 'has a default now.' : lost))
  }
  return found
}

function compareLabels(
  was: readonly string[],
  is: readonly string[],
  differ: (kind: DifferenceKind, breaking: boolean, message: string) => Difference,
): Difference[] {
  const added = is.filter(label => !was.includes(label))
  const removed = was.filter(label => !is.includes(label))
  const found: Difference[] = []
  if (added.length > 0) found.push(differ('labelsAdded', false, `has the new ${listLabels(added)}.`))
  if (removed.length > 0) found.push(differ('labelsRemoved', true, `has lost the ${listLabels(removed)}.`))
  const moved = added.length + removed.length === 0 && was.some((label, i) => label !== is[i])
  if (moved) found.push(differ('labelsReordered', false, 'sorts otherwise: its labels stand in another order now.'))
  return found
}

const listLabels = (labels: readonly string[]) =>
  `label${labels.length === 1 ? '' : 's'} ${labels.map(label => `"${label}"`).join(', ')}`
