// Refuses to compare servers that don't answer the same: a faster wrong answer would win.
import type { Task } from './contender.ts'
import { findDifference } from './find-difference.ts'

const samples = 40

/**
 * Asks two servers for some of the paths of a workload.
 * @param servers by name: the one that is right, and the one to check
 * @throws Error with the first difference
 */
export async function checkAnswers(task: Task, right: NamedServer, checked: NamedServer): Promise<void> {
  for (const path of task.paths.slice(0, samples)) {
    const [wanted, given] = await Promise.all([ask(right, path), ask(checked, path)])
    const difference = findDifference(wanted, given)
    if (difference !== null) {
      throw new Error(`${right.name} and ${checked.name} differ on ${path}\n  data${difference}`)
    }
  }
}

export interface NamedServer {
  readonly name: string
  readonly port: number
}

async function ask({ name, port }: NamedServer, path: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${name} answers ${response.status} to ${path}\n  ${text}`)
  return (JSON.parse(text) as { readonly data: unknown }).data
}
