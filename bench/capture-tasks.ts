// Asks the product once for every path of the workloads, and notes the statement, the values and the size of the answers.
import api from '../examples/videos/api.ts'
import { createServer } from '../src/create-server.ts'
import type { Statement } from '../src/databases/database.ts'
import { connectPostgres } from '../src/databases/postgres/connect.ts'
import { withClient } from '../src/databases/postgres/with-client.ts'
import type { Setup, Task } from './contender.ts'
import type { Workload } from './workloads.ts'

/**
 * @throws Error where an answer is no 200, or a workload takes more than one shape of statement
 */
export async function captureTasks(
  workloads: readonly (readonly [string, Workload])[],
  { config }: Setup,
): Promise<Task[]> {
  const statements: Statement[] = []
  const database = connectPostgres({ config, poolSize: 1 })
  const server = await createServer({
    database: {
      ...database,
      read: (statement, waiting) => {
        statements.push(statement)
        return database.read(statement, waiting)
      },
    },
    api: () => api,
    onError: error => console.error(error),
  })
  try {
    const tasks: Task[] = []
    for (const [workload, makePaths] of workloads) {
      const paths = await withClient(config, makePaths)
      statements.length = 0
      const bodies = await askAll(server.port, paths)
      const [{ text } = { text: '' }] = statements
      if (statements.length !== paths.length || statements.some(one => one.text !== text)) {
        throw new Error(`The requests of ${workload} do not all take the same one statement.`)
      }
      const bytes = Math.round(bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0) / bodies.length)
      tasks.push({
        workload,
        paths,
        text,
        values: statements.map(({ values }) => values),
        body: bodies[0] ?? '',
        bytes,
      })
    }
    return tasks
  } finally {
    await server.close()
  }
}

/** One after the other: the statements then stand in the order of the paths. */
async function askAll(port: number, paths: readonly string[]): Promise<string[]> {
  const bodies: string[] = []
  for (const path of paths) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    const body = await response.text()
    if (response.status !== 200) throw new Error(`${path} is answered ${response.status}: ${body}`)
    bodies.push(body)
  }
  return bodies
}
