// Refuses to compare servers that don't answer the same: a faster wrong answer would win.
import type { BenchRequest, Task } from './contender.ts'
import { findDifference } from './find-difference.ts'

const samples = 40

/** What is another in each row that is inserted. */
const madeAnew = ['id', 'created_at', 'updated_at']
/** A foreign key is an object to the product, and a number to others. */
const keys = ['user', 'video', 'post', 'comment', 'group'].flatMap(name => [name, `${name}_id`])

/**
 * Asks two servers for some of what a workload asks for.
 * @param servers by name: the one that is right, and the one to check
 * @throws Error with the first difference
 */
export async function checkAnswers(task: Task, right: NamedServer, checked: NamedServer): Promise<void> {
  for (const request of task.requests.slice(0, samples)) {
    const [wanted, given] = await Promise.all([ask(right, request, task), ask(checked, request, task)])
    const difference = findDifference(
      wanted,
      given,
      request.method === 'POST' ? ['links', ...madeAnew, ...keys] : undefined,
    )
    if (difference !== null) {
      throw new Error(
        `${right.name} and ${checked.name} differ on ${request.method} ${request.path}\n  data${difference}`,
      )
    }
  }
}

export interface NamedServer {
  readonly name: string
  readonly port: number
}

async function ask(
  { name, port }: NamedServer,
  { method, path, headers = {}, body }: BenchRequest,
  { statuses }: Task,
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...(body && { body }) })
  const text = await response.text()
  if (!statuses.includes(response.status)) throw new Error(`${name} answers ${response.status} to ${path}\n  ${text}`)
  return text === '' ? null : (JSON.parse(text) as { readonly data: unknown }).data
}
