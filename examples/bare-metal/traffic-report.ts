// Gives the rows of a traffic report, as a row of traffic_reports asks for them.
import { type PerformContext, RequestFailure } from 'colonnade'
import type { Schema } from './schema.ts'

type Sample = Readonly<{ measured_at: string; bytes_in: string; bytes_out: string }>

/** Samples between two words of progress. */
const tellEvery = 1_000

/**
 * All samples of the time, however many, as who asked for the report may read them now: a server that went to another client shows none.
 *
 * @throws RequestFailure `server_gone` where who asked for the report sees the server no longer
 */
export async function* reportTraffic({
  row: { bare_metal_id, measured_from, measured_until },
  query,
  stream,
  progress,
}: PerformContext<Schema, 'traffic_reports'>): AsyncGenerator<Sample & Readonly<{ server: number }>> {
  const checkServer = async () => {
    const [server] = await query('bare_metals', { filter: { id: bare_metal_id }, fields: ['id'] })
    if (!server) throw new RequestFailure('server_gone', 'The server is not there any more.', { final: true })
  }
  await checkServer()
  let done = 0
  const samples = stream('traffic', {
    filter: { bare_metal: bare_metal_id, measured_at: { gte: measured_from, lt: measured_until } },
    fields: ['measured_at', 'bytes_in', 'bytes_out'],
    sort: ['measured_at'],
  })
  for await (const { measured_at, bytes_in, bytes_out } of samples) {
    yield { server: bare_metal_id, measured_at, bytes_in, bytes_out }
    done += 1
    if (done % tellEvery === 0) progress(done, undefined, `Written down until ${measured_at}`)
  }
  // Else what was hidden among it would look like the end.
  await checkServer()
  progress(done, done)
}
