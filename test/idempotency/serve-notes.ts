// A program: serves notes over the database whose address it is given, prints its port, and ends when it is killed or its input ends.
import { createServer } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { notesApi } from './notes-api.ts'

const server = await createServer({
  database: connectPostgres({ config: JSON.parse(process.argv[2] ?? '{}') }),
  api: () => notesApi(),
  onError: error => console.error(error),
})
console.log(server.port)
process.stdin.resume().on('end', () => void server.close())
