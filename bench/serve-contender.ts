// The process of one contender: starts its server, and says what it used.
import { answerParent } from './child.ts'
import type { Serving, Setup, Task } from './contender.ts'
import { contenders } from './contenders/index.ts'

export type ServeQuestion =
  | { readonly kind: 'serve'; readonly setup: Setup }
  | { readonly kind: 'prepare'; readonly task: Task }
  | { readonly kind: 'usage' }

export interface Ports {
  readonly port: number
  readonly cachedPort: number | undefined
}

export interface Usage {
  /** CPU seconds so far. */
  readonly cpu: number
  /** Resident memory. */
  readonly bytes: number
}

const name = process.argv[2] ?? ''
let serving: Serving | undefined

answerParent<ServeQuestion>(
  async question => {
    switch (question.kind) {
      case 'serve': {
        const contender = await contenders[name]?.()
        if (contender?.kind !== 'server') throw new Error(`${name} is no server`)
        serving = await contender.serve(question.setup)
        const { port, cachedPort } = serving
        return { port, cachedPort } satisfies Ports
      }
      case 'prepare':
        serving?.prepare?.(question.task)
        return null
      case 'usage':
        return readUsage()
    }
  },
  async () => serving?.close(),
)

function readUsage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpu: (user + system) / 1e6, bytes: process.memoryUsage.rss() }
}
