// A program: serves the board over the database whose address it is given, prints its port, and ends when its input does.
import { createServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { boardApi } from './board-api.ts'

const server = await createServer({
  database: connectPostgres({ config: JSON.parse(process.argv[2] ?? '{}') }),
  api: () => boardApi(),
  onError: error => console.error(error),
})
console.log(server.port)
process.stdin.resume().on('end', () => void server.close())
