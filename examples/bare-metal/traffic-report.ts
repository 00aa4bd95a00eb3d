// Gives the rows of a traffic report, as a row of traffic_reports asks for them.
import { type PerformContext, RequestFailure } from 'colonnade'
import type { Schema } from './schema.ts'

/** What is read at a time: the largest page of `traffic`, and all that is held of a report. */
export const samplesAtATime = 250

type Sample = Readonly<{ measured_at: string; bytes_in: string; bytes_out: string }>

/**
 * Walks along the key of the samples, each page beginning after the last one, so that a report may be of any length: no list has to be
 * counted before, no cursor stays open, and no limit of exports is met.
 *
 * @throws RequestFailure `server_gone` where who asked for the report sees the server no longer
 */
export async function* reportTraffic({
  row: { bare_metal_id, measured_from, measured_until },
  query,
  progress,
}: PerformContext<Schema, 'traffic_reports'>): AsyncGenerator<Sample & Readonly<{ server: number }>> {
  // With the rights of who asked, as they are now: a server that went to another client shows no samples.
  const checkServer = async () => {
    const [server] = await query('bare_metals', { filter: { id: bare_metal_id }, fields: ['id'] })
    if (!server) throw new RequestFailure('server_gone', 'The server is not there any more.', { final: true })
  }
  await checkServer()
  let done = 0
  let after: string | null = null
  for (;;) {
    const measured_at = { ...(after === null ? { gte: measured_from } : { gt: after }), lt: measured_until }
    const samples = (await query('traffic', {
      filter: { bare_metal: bare_metal_id, measured_at },
      fields: ['measured_at', 'bytes_in', 'bytes_out'],
      sort: ['measured_at'],
      page: { size: samplesAtATime },
    })) as readonly Sample[]
    for (const sample of samples) {
      yield {
        server: bare_metal_id,
        measured_at: sample.measured_at,
        bytes_in: sample.bytes_in,
        bytes_out: sample.bytes_out,
      }
    }
    done += samples.length
    after = samples.at(-1)?.measured_at ?? after
    if (samples.length < samplesAtATime) break
    progress(done, undefined, `Written down until ${after}`)
  }
  // Else what was hidden among it would look like the end.
  await checkServer()
  progress(done, done)
}
