// A program: a worker over the database and the storage that it is given, until it is killed or its input ends. Says what memory a report took.
import { keepHeapSmall } from '../../src/cli/keep-heap-small.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { startWork } from '../../src/start-work.ts'
import { pause } from '../requests/tasks.ts'
import { lines, reportsApi } from './reports.ts'

const [config = '{}', storage = '{}', leaseMs = '1000', pauseEvery = '0', settleMs = '0'] = process.argv.slice(2)
// As `colonnade worker` does.
keepHeapSmall()
const database = connectPostgres({ config: JSON.parse(config) })

/** Slowly, where it is asked to, so that somebody has the time to look. */
async function* slowly(count: number) {
  let n = 0
  for await (const line of lines(count)) {
    yield line
    n += 1
    if (Number(pauseEvery) > 0 && n % Number(pauseEvery) === 0) await pause(20)
  }
}

const work = await startWork({
  database,
  // As many lines as it says; fewer than none are the records of a query.
  api: () => reportsApi({ generate: ({ row }) => (row.lines < 0 ? { resource: 'servers' } : slowly(row.lines)) }),
  storage: JSON.parse(storage),
  worker: { leaseMs: Number(leaseMs), pollMs: 500 },
  onError: error => console.error(error),
})
/** In bytes: of the process, and of what its own code holds. */
function measure() {
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, held: heapUsed + external }
}
// A worker opens its storage within a second, to sweep it: what the packages of S3 take is taken idle.
await pause(Number(settleMs))
const idle = measure()
const peak = { ...idle }
setInterval(() => {
  const { rss, held } = measure()
  peak.rss = Math.max(peak.rss, rss)
  peak.held = Math.max(peak.held, held)
}, 20)
console.log('ready')
process.stdin.resume().on('end', () => {
  console.log(JSON.stringify({ idle, peak }))
  void work
    .stop()
    .then(() => database.close())
    .then(() => process.exit())
})
