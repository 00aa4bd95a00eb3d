// A program: a worker over the database and the storage that it is given, until it is killed or its input ends. Says what memory a report took.
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { startWork } from '../../src/start-work.ts'
import { pause } from '../requests/tasks.ts'
import { lines, reportsApi } from './reports.ts'

const [config = '{}', storage = '{}', leaseMs = '1000', pauseEvery = '0'] = process.argv.slice(2)
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
  api: () => reportsApi({ generate: ({ row }) => slowly(row.lines) }),
  storage: JSON.parse(storage),
  worker: { leaseMs: Number(leaseMs), pollMs: 500 },
  onError: error => console.error(error),
})
const idle = process.memoryUsage().rss
let peak = idle
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage().rss)
}, 20)
console.log('ready')
process.stdin.resume().on('end', () => {
  console.log(JSON.stringify({ idle, peak }))
  void work
    .stop()
    .then(() => database.close())
    .then(() => process.exit())
})
