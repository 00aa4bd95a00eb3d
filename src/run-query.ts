// Reads records for a command, with the rights of who gave it: as he may read them now, and with no role that he did not hold then.
import type { Principal } from './access/principal.ts'
import { rolesHeld } from './access/roles-held.ts'
import { SingleFlight } from './cache/single-flight.ts'
import type { Database } from './databases/database.ts'
import { executeExport } from './execute-export.ts'
import type { ExportQuery } from './jobs/export-query.ts'
import type { RunQuery } from './jobs/perform-attempt.ts'
import { planRecords, readRecords } from './read-records.ts'
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

/** However many there are: how long a command may take bounds them. */
const noLimit = Number.MAX_SAFE_INTEGER - 1

/** All records that a query means, batch by batch. @throws ApiError as the same export over HTTP */
export function makeExportQuery(runtime: () => Runtime): ExportQuery {
  return async function* ({ principal, roles }, { resource, query = {} }, format, signal) {
    const current = runtime()
    const { api } = current
    const http = { ...askFor(resource, query, api), isGone: () => signal.aborted }
    const request = await readRequest(http, api)
    const held: Api = { ...api, holders: new Map([...api.holders].filter(([role]) => roles.has(role))) }
    const access = current.accessFor(rolesHeld(held, principal))
    const asked = {
      ...{ id: current.newRequestId(undefined), http, request, format, access, maxExportRows: noLimit },
      principal: withoutEnd(principal),
      runtime: { ...current, answers: null, flights: new SingleFlight(), database: streaming(current.database) },
      timing: timingOf(http),
    }
    const { stream, trailers } = await executeExport({ ...asked, ...planRecords(asked) })
    for await (const text of stream ?? []) yield { text, records: Number(trailers?.values()['Record-Count']) }
  }
}

/** Workers see to it themselves how many they are, and what is made of the records may take long. */
function streaming(database: Database): Database {
  return { ...database, stream: (statement, waiting) => database.stream(statement, waiting, { isOfWorker: true }) }
}

/** The rights of a command are not over with the token that it was given with (ACCESS R38). */
function withoutEnd(principal: Principal): Principal {
  return { ...principal, claims: new Map([...principal.claims].filter(([name]) => name !== 'exp')) }
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
