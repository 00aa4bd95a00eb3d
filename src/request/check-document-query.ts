// Refuses what a query may not say in JSON:API: it knows families of parameters, and everything else is an error (1.1, section 7.1).
import { ApiError } from '../errors/api-error.ts'
import { hint } from '../schema/suggest.ts'
import type { IncludeEntry, Query } from './query.ts'

const known: ReadonlySet<string> = new Set(
  'include fields filter sort page aggregate_by group_by scope_by max_affected v'.split(' '),
)
const shown = [...known].filter(name => name !== 'v' && name !== 'max_affected')

/** @throws ApiError 400 */
export function checkDocumentQuery({ baseNames, fields, include }: Query): void {
  for (const name of baseNames ?? [])
    if (!known.has(name))
      throw new ApiError(
        'unknown_parameter',
        `JSON:API takes ${shown.join(', ')}; a field is filtered by as filter[${name.slice(0, 60)}].${hint(name, known)}`,
        { source: { parameter: name } },
      )
  const list = fields.find(entry => entry.kind === 'names')
  if (list)
    throw new ApiError('invalid_value', 'JSON:API names fields by their type: fields[TYPE]=title,user.', {
      source: list.source,
    })
  refuseFields(include ?? [])
}

/** Linkage has no members that could be chosen, and includes nothing. @throws ApiError 400 */
export function checkLinkageQuery({ fields, include }: Query): void {
  const source = fields[0]?.source ?? include?.[0]?.source
  if (source)
    throw new ApiError('unknown_parameter', 'Linkage is types and ids alone; ask for the records by their own path.', {
      source,
    })
}

/** What many records that were written include is put together for none of them. @throws ApiError 400 */
export function checkBulkQuery({ include }: Query): void {
  const source = include?.find(one => one.wanted)?.source
  if (source)
    throw new ApiError(
      'unknown_parameter',
      'In JSON:API a write of several records includes nothing. Write them one by one, or read them afterwards.',
      {
        source,
      },
    )
}

function refuseFields(entries: readonly IncludeEntry[]): void {
  for (const { fields, include } of entries) {
    const [entry] = fields
    if (entry)
      throw new ApiError('unknown_parameter', 'JSON:API names fields by their type: fields[TYPE]=title,user.', {
        source: entry.source,
      })
    refuseFields(include)
  }
}
