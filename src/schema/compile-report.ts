// Reads what makes a request a report: its format, its parameters, and for how long its content is there.
import type { Column } from './field.ts'
import type { ReportOptions } from './model.ts'
import { readDuration } from './read-duration.ts'
import type { RequestSurroundings } from './request-surroundings.ts'
import type { ReportDefinition } from './resource-definition.ts'
import { hint } from './suggest.ts'

const reportFormats = ['json', 'ndjson', 'csv'] as const

const dayMs = 86_400_000

export function compileReport(definition: ReportDefinition, around: RequestSurroundings): ReportOptions {
  const { name, report } = around
  const { format, params = [], expiresAfter = '24h', listedFor, reuse = false, generate } = definition
  const expiresMs = readDuration(expiresAfter)
  if (!(expiresMs >= 1_000 && expiresMs <= 3_650 * dayMs))
    report(`${name}.expiresAfter: '24h' or '7d', at least a second, at most ten years`)
  const listedMs = listedFor === undefined ? null : readDuration(listedFor)
  if (listedMs !== null && !(listedMs >= 1_000 && listedMs <= expiresMs))
    report(`${name}.listedFor: '12h', at least a second, and at most as long as expiresAfter, ${expiresAfter}`)
  if (listedMs !== null && !around.bound.columns.has('listed_until'))
    report(`${name}.listedFor: schema.ts does not have listed_until yet. Run: colonnade pull`)
  const isQuery = typeof generate === 'object' && generate !== null && typeof generate.resource === 'string'
  if (typeof generate !== 'function' && !isQuery)
    report(`${name}.generate: a function that gives rows, or a query such as { resource: 'videos' }`)
  if (reuse && params.length === 0)
    report(`${name}.reuse: name in params the columns that say whether it is the same report`)
  if ([...around.known.fields.values()].some(field => field.name === 'content'))
    report(`${name}: a report has its content at the path of a field "content"; rename that`)
  return {
    format: readFormat(format, around),
    params: params.flatMap(one => columnNamed(one, 'params', around) ?? []),
    expiresMs,
    listedMs,
    reuse,
    generate,
  }
}

function readFormat(format: ReportDefinition['format'], around: RequestSurroundings): ReportOptions['format'] {
  if (typeof format === 'object') return columnNamed(format.column, 'format', around) ?? 'json'
  if (!reportFormats.includes(format)) around.report(`${around.name}.format: one of ${reportFormats.join(', ')}`)
  return format
}

function columnNamed(
  name: string,
  place: string,
  { name: resource, bound, report }: RequestSurroundings,
): Column | null {
  const column = bound.columns.get(name)
  if (!column) report(`${resource}.${place}: there is no column "${name}".${hint(name, bound.columns.keys())}`)
  return column ?? null
}
