// Reads records for a command, with the rights of who gave it: as he may read them now, and with no role that he did not hold then.
import { rolesHeld } from './access/roles-held.ts'
import { SingleFlight } from './cache/single-flight.ts'
import type { Database } from './databases/database.ts'
import { executeExport } from './execute-export.ts'
import { ndjson } from './formats/ndjson.ts'
import type { RunQuery } from './jobs/perform-attempt.ts'
import { planRecords, readRecords } from './read-records.ts'
import type { StreamQuery } from './reports/make-report.ts'
import type { ReportRow } from './reports/report-formats.ts'
import type { HttpRequest } from './request/http-request.ts'
import { readRequest } from './request/read-request.ts'
import type { Runtime } from './runtime.ts'
import type { Api } from './schema/model.ts'
import { timingOf } from './timing.ts'

/** @throws ApiError as the same query over HTTP */
export function makeRunQuery(runtime: () => Runtime): RunQuery {
  return async ({ principal, roles }, name, query, transaction) => {
    const current = runtime()
    const { database, api } = current
    const http = askFor(name, query, api)
    const request = await readRequest(http, api)
    const held: Api = { ...api, holders: new Map([...api.holders].filter(([role]) => roles.has(role))) }
    const access = current.accessFor(rolesHeld(held, principal))
    const within: Database = { ...database, read: (statement, _, take) => transaction.run(statement, take) }
    const answer = await readRecords({
      ...{
        id: current.newRequestId(undefined),
        http,
        request,
        format: 'plain',
        principal,
        access,
        timing: timingOf(http),
      },
      // What the command has changed so far is seen, by itself alone.
      runtime: {
        ...current,
        answers: null,
        flights: new SingleFlight(),
        database: transaction.isOpen ? within : database,
      },
    })
    const { data } = JSON.parse(Buffer.from(answer.body, 'latin1').toString()) as { data: readonly unknown[] }
    return data
  }
}

/** @throws ApiError as the same export over HTTP: as many records as `maxExportRows` allows */
export function makeStreamQuery(runtime: () => Runtime): StreamQuery {
  return async function* ({ principal, roles }, { resource, query = {} }, signal) {
    const current = runtime()
    const { api } = current
    const http = { ...askFor(resource, query, api), isGone: () => signal.aborted }
    const request = await readRequest(http, api)
    const held: Api = { ...api, holders: new Map([...api.holders].filter(([role]) => roles.has(role))) }
    const access = current.accessFor(rolesHeld(held, principal))
    const walk = { id: current.newRequestId(undefined), http, request, format: ndjson, principal, access }
    const asked = {
      ...walk,
      runtime: { ...current, answers: null, flights: new SingleFlight() },
      timing: timingOf(http),
    }
    const { stream } = await executeExport({ ...asked, ...planRecords(asked) })
    let rest = ''
    for await (const text of stream ?? []) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(Buffer.from(line, 'latin1').toString()) as ReportRow
    }
  }
}

function askFor(name: string, query: Readonly<Record<string, unknown>>, { resources, basePath }: Api): HttpRequest {
  const body = Buffer.from(JSON.stringify(query))
  return {
    method: 'POST',
    target: `${basePath}/${resources.get(name)?.path ?? name}/query`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: async () => body,
    isGone: () => false,
  }
}
