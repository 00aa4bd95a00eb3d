// Writes a statement and its values as a script for pgbench, and reads what pgbench says.
import type { BoundText, TaskStatement } from './contender.ts'

export interface Script {
  readonly script: string
  /** Values that are the same in every transaction, for `--define`. */
  readonly variables: readonly (readonly [name: string, value: string])[]
}

/**
 * Each transaction takes one of the lists of values, at random.
 * @param statement with `$1`, `$2` … in its text
 * @throws Error for values that pgbench cannot vary: it knows whole numbers only
 */
export function writeScript({ text, values }: TaskStatement): Script {
  const [first = []] = values
  const variables: [string, string][] = []
  const lines: string[] = []
  for (const [index, value] of first.entries()) {
    const all = values.map(one => one[index])
    if (all.every(one => one === value)) variables.push([`p${index + 1}`, toText(value)])
    else lines.push(`\\set p${index + 1} ${chooseNumber(all.map(toWhole))}`)
  }
  if (lines.length > 0) lines.unshift(`\\set i random(0, ${values.length - 1})`)
  const statement = text.replace(/\$(\d+)/g, (_, number: string) => `:p${number}`)
  return { script: `${[...lines, statement].join('\n')};\n`, variables }
}

/** The microseconds of each transaction: the third word of each line of a log. */
export function readLatencies(log: string): number[] {
  return log
    .split('\n')
    .filter(line => line !== '')
    .map(line => Number(line.split(' ')[2]))
}

/** @throws Error where transactions failed */
export function readTransactions(report: string): { readonly transactions: number; readonly perSecond: number } {
  const find = (pattern: RegExp) => Number(pattern.exec(report)?.[1] ?? Number.NaN)
  const transactions = find(/^number of transactions actually processed: (\d+)/m)
  const perSecond = find(/^tps = ([\d.]+) /m)
  const failed = find(/^number of failed transactions: (\d+)/m)
  if (!(transactions > 0 && perSecond > 0) || failed > 0) throw new Error(`pgbench failed:\n${report}`)
  return { transactions, perSecond }
}

/** A tree of comparisons on `:i`: pgbench has no lists. */
function chooseNumber(numbers: readonly number[], from = 0): string {
  if (numbers.length === 1) return String(numbers[0])
  const half = numbers.length >> 1
  const [left, right] = [chooseNumber(numbers.slice(0, half), from), chooseNumber(numbers.slice(half), from + half)]
  return left === right ? left : `case when :i < ${from + half} then ${left} else ${right} end`
}

function toText(value: BoundText | undefined): string {
  if (typeof value === 'string') return value
  throw new Error(`pgbench cannot bind ${JSON.stringify(value)}`)
}

function toWhole(value: BoundText | undefined): number {
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value)
  throw new Error(`pgbench varies whole numbers only, not ${JSON.stringify(value)}`)
}
