// A program: a worker over the database whose address it is given, until it is killed or its input ends. Each request notes when it began and ended.
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { pause, work } from './tasks.ts'

const [config = '{}', leaseMs = '700'] = process.argv.slice(2)
const own = connectPostgres({ config: JSON.parse(config), poolSize: 8 })
const worker = await work(
  { config: JSON.parse(config), url: '', drop: async () => undefined },
  {
    attempts: 1_000,
    backoff: { firstMs: 10, maxMs: 200 },
    concurrency: 8,
    key: ['lane'],
    perform: async ({ row, db }) => {
      // Outside the transaction, as what a switch does is: it stays, whatever becomes of the attempt.
      await own.write(
        {
          name: 'began',
          text: 'insert into attempts (task_id, lane) values ($1::int4, $2::text)',
          values: [String(row.id), row.lane],
        },
        () => undefined,
      )
      await db
        .insertInto('effects')
        .values({ task_id: row.id, what: 'applied', worker: String(process.pid) })
        .execute()
      await pause(Math.random() * 4)
    },
  },
  { leaseMs: Number(leaseMs), pollMs: 500, transactions: 8 },
)
console.log('ready')
process.stdin.resume().on('end', () => {
  void worker
    .close()
    .then(() => own.close())
    .then(() => process.exit())
})
