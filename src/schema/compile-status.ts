// Gives the status of commands its word for people, and numbers in place of states in a version that says so.

import type { ColumnType } from '../types/column-type.ts'
import { columnType } from '../types/index.ts'
import type { Report } from './bind-table.ts'
import type { ColumnField, ComputedField, Field } from './field.ts'
import type { RequestOptions } from './model.ts'
import { type RequestState, requestStates } from './request-columns.ts'
import type { ResourceDefinition } from './resource-definition.ts'

/** What people read in place of a state. */
const descriptions: Readonly<Record<RequestState, string>> = {
  pending: 'Pending',
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/**
 * Adds `status_description` behind `status`, and makes that a number where there are codes.
 * @param fields those of the columns; changed
 * @returns the fields by which it is told whether a command is over; null where the table has none
 */
export function compileStatus(
  { request, options }: ResourceDefinition,
  name: string,
  fields: Map<string, Field>,
  report: Report,
): RequestOptions['state'] | null {
  if (!request) return null
  const served = [...fields.values()].filter(field => field.kind === 'column')
  const status = served.find(({ column }) => column.name === 'status')
  if (!status) return null
  const runAt = served.find(({ column }) => column.name === 'run_at') ?? null
  const codes = request.statusCodes && readCodes(request.statusCodes, name, report)
  const shown = codes ? wordsField(status, status.name, [], codeType(codes), codes) : status
  const described = `${status.name}_description`
  const isTaken = fields.has(described) || Object.hasOwn(options.computed ?? {}, described)
  const description = wordsField(status, described, [status.name], wordType, new Map(Object.entries(descriptions)))
  const before = [...fields.values()]
  fields.clear()
  for (const field of before) {
    fields.set(field.name, field === status ? shown : field)
    if (field === status && !isTaken) fields.set(described, description)
  }
  return { status: shown, column: status.column, runAt }
}

function wordsField(
  { column }: ColumnField,
  name: string,
  reads: readonly string[],
  type: ColumnType,
  words: ReadonlyMap<string, string>,
): ComputedField {
  const compute = { by: 'words', column, words } as const
  return {
    kind: 'computed',
    name,
    definedAs: name,
    explicit: false,
    reads,
    type,
    sqlType: type.name,
    nullable: false,
    compute,
  }
}

/** States without a number get the least that are free, from 1 on, in the order in which a command goes through them. */
function readCodes(
  given: Readonly<Record<string, number>>,
  name: string,
  report: Report,
): ReadonlyMap<string, string> | undefined {
  const where = `${name}.statusCodes`
  for (const [state, code] of Object.entries(given)) {
    if (!requestStates.some(one => one === state))
      report(`${where}: there is no state "${state}"; there are ${requestStates.join(', ')}`)
    if (!Number.isSafeInteger(code) || Math.abs(code) > 2_147_483_647)
      report(`${where}.${state}: must be a whole number of an int4, not ${code}`)
  }
  const taken = new Set(Object.values(given))
  if (taken.size < Object.keys(given).length) report(`${where}: two states have the same number`)
  let next = 1
  return new Map(
    requestStates.map(state => {
      const own = given[state]
      if (own !== undefined) return [state, String(own)]
      while (taken.has(next)) next += 1
      taken.add(next)
      return [state, String(next)]
    }),
  )
}

function codeType(codes: ReadonlyMap<string, string>): ColumnType {
  const int4 = columnType('int4')
  const known = new Set(codes.values())
  const described = [...codes].map(([state, code]) => `${code} (${state})`).join(', ')
  return {
    ...int4,
    parse: value => {
      const text = int4.parse(value)
      return text !== undefined && known.has(text) ? text : undefined
    },
    accepts: `one of ${described}`,
    jsonSchema: { type: 'integer', enum: [...known].map(Number), description: described },
  }
}

const wordType: ColumnType = {
  ...columnType('text'),
  jsonSchema: { type: 'string', enum: Object.values(descriptions) },
}
