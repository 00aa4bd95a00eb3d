// Asks the product once for everything that the workloads read, and notes the statement, the values and the size of the answers.
import api from '../examples/videos/api.ts'
import { createServer } from '../src/create-server.ts'
import type { Statement } from '../src/databases/database.ts'
import { connectPostgres } from '../src/databases/postgres/connect.ts'
import { withClient } from '../src/databases/postgres/with-client.ts'
import type { BenchRequest, Setup, Task } from './contender.ts'
import { skipOf } from './skips.ts'
import type { Workload } from './workloads.ts'

/** Makes a workload's task. */
type Capture = (name: string, workload: Workload) => Promise<Task>

/**
 * @throws Error where an answer is no 200, or a workload reads with more than one shape of statement
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
      read: (statement, ...rest) => {
        statements.push(statement)
        return database.read(statement, ...rest)
      },
    },
    api: () => api,
    onError: error => console.error(error),
  })
  const capture: Capture = async (name, workload) => {
    const requests = await withClient(config, workload.makeRequests)
    const described = workload.describe && (await withClient(config, workload.describe))
    if (described) return makeTask(name, workload, { ...described, requests, bytes: Buffer.byteLength(described.body) })
    statements.length = 0
    const reads = requests.filter(({ method }) => method === 'GET')
    const answers = await askAll(server.port, reads)
    const [{ text } = { text: '' }] = statements
    if (statements.length !== reads.length || statements.some(one => one.text !== text)) {
      throw new Error(`The requests of ${name} do not all take the same one statement.`)
    }
    return makeTask(name, workload, {
      requests: workload.conditional ? reads.map((read, i) => toConditional(read, answers[i])) : requests,
      statement: { text, values: statements.map(({ values }) => values) },
      body: answers[0]?.body ?? '',
      bytes: Math.round(answers.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0) / answers.length),
    })
  }
  try {
    const tasks: Task[] = []
    for (const [name, workload] of workloads) tasks.push(await capture(name, workload))
    return tasks
  } finally {
    await server.close()
  }
}

function makeTask(
  name: string,
  workload: Workload,
  captured: Pick<Task, 'requests' | 'statement' | 'body' | 'bytes'>,
): Task {
  const { statuses = [200], writes = false, cached = false } = workload
  const contenders = workload.contenders.filter(contender => skipOf(contender, workload) === null)
  return { workload: name, contenders, statuses, writes, cached, ...captured }
}

interface Answer {
  readonly body: string
  readonly etag: string | null
}

/** One after the other: the statements then stand in the order of the requests. */
async function askAll(port: number, requests: readonly BenchRequest[]): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const { path, headers = {} } of requests) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    const body = await response.text()
    if (response.status !== 200) throw new Error(`${path} is answered ${response.status}: ${body}`)
    answers.push({ body, etag: response.headers.get('etag') })
  }
  return answers
}

/** An answer without an ETag is compared with one that nothing has: only `constant` says 304 to it. */
function toConditional(request: BenchRequest, answer: Answer | undefined): BenchRequest {
  return { ...request, headers: { ...request.headers, 'if-none-match': answer?.etag ?? '"none"' } }
}
