// Writes the results for people, as Markdown, and for programs, as JSON.
import type { Summary } from './summarize.ts'

/** The contenders that the others are compared with; where none of them takes part, all are with the constant answer. */
const references = ['fastify-pg', 'node-pg', 'pgbench'] as const

/**
 * A table a workload.
 * @param twins by a workload's name, that of the one that asks for the same in plain JSON
 */
export function formatTables(summaries: readonly Summary[], twins: Readonly<Record<string, string>> = {}): string {
  const groups = Map.groupBy(summaries, ({ workload }) => workload)
  const table = (workload: string, group: readonly Summary[]) => {
    const plain = twins[workload] ?? ''
    return formatTable(group, { name: plain, group: groups.get(plain) ?? [] })
  }
  return [...groups].map(([workload, group]) => `${workload}\n\n${table(workload, group)}`).join('\n\n')
}

interface Twin {
  readonly name: string
  /** None where it did not run. */
  readonly group: readonly Summary[]
}

/** As `--json` writes it; times in milliseconds, CPU in seconds per 10,000 requests. */
export function toJson(summaries: readonly Summary[]): string {
  const rows = summaries.map(({ workload, contender, rps, p50, p99, cpuNode, cpuPostgres }) => ({
    workload,
    contender,
    rps,
    p50,
    p99,
    cpuNode,
    cpuPostgres,
  }))
  return `${JSON.stringify(rows, null, 2)}\n`
}

function formatTable(group: readonly Summary[], plain: Twin): string {
  const find = (name: string, among = group) => among.find(({ contender }) => contender === name)
  const present = references.filter(name => find(name))
  const compared = present.length > 0 ? present : ['constant']
  const head = [
    'contender',
    'requests/s',
    'min–max',
    'p50 ms',
    'p99 ms',
    ...compared.map(name => `× ${name}`),
    ...(plain.group.length > 0 ? [`× ${plain.name}`] : []),
    'CPU s/10k node',
    'CPU s/10k PostgreSQL',
    'MB',
  ]
  const rows = group.map(one => [
    one.contender,
    formatCount(one.rps),
    `${formatCount(one.minRps)}–${formatCount(one.maxRps)}`,
    one.p50.toFixed(2),
    one.p99.toFixed(2),
    ...compared.map(name => formatRatio(one, find(name))),
    ...(plain.group.length > 0 ? [formatRatio(one, find(one.contender, plain.group))] : []),
    one.cpuNode?.toFixed(2) ?? '',
    one.cpuPostgres?.toFixed(2) ?? '',
    one.bytes === null ? '' : String(Math.round(one.bytes / 1e6)),
  ])
  return formatColumns([head, ...rows])
}

function formatRatio(one: Summary, reference: Summary | undefined): string {
  return reference ? (one.rps / reference.rps).toFixed(2) : ''
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** The first column to the left, numbers to the right. */
function formatColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(3, ...rows.map(row => (row[i] ?? '').length)))
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
  const line = (row: readonly string[]) => `| ${row.map(pad).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  const [head = [], ...body] = rows
  return [line(head), rule, ...body.map(line)].join('\n')
}
