// Starts `npx colonnade …` in a folder where the package was installed, until it says that it is ready.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { outsideEnvironment } from './outside-environment.ts'
import { root } from './run-command.ts'

interface Ready {
  readonly url: string
  readonly tokens: Readonly<Record<string, string | null>>
}

export interface Installed extends Ready {
  /** Asks it to end as a terminal does; rejects when it has to be killed. */
  readonly stop: () => Promise<void>
}

const readyMs = 180_000
const stopMs = 15_000

/** Resolves with the line of JSON that the command prints when it answers; rejects when it ends or takes too long. */
export async function startInstalled(folder: string, args: readonly string[]): Promise<Installed> {
  const env = outsideEnvironment()
  const child = spawn('npx', ['--no-install', 'colonnade', ...args], {
    cwd: folder,
    env: { ...env, PATH: [join(root, 'node_modules/.bin'), env.PATH].join(delimiter) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, since npx stands between us and the server.
    detached: true,
  })
  const ended = once(child, 'close')
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))

  const ready = await new Promise<Ready>((resolve, reject) => {
    const tooLate = setTimeout(() => fail(`was not ready after ${readyMs / 1000} s`), readyMs)
    const fail = (why: string) => {
      clearTimeout(tooLate)
      end(child.pid, 'SIGKILL')
      reject(new Error(`colonnade ${args.join(' ')} ${why}\n${said.join('')}`))
    }
    child.on('error', error => fail(error.message))
    child.on('close', code => fail(`ended with code ${code}`))
    createInterface(child.stdout).on('line', line => {
      said.push(`${line}\n`)
      if (!line.startsWith('{')) return
      clearTimeout(tooLate)
      resolve(JSON.parse(line) as Ready)
    })
  })

  return {
    ...ready,
    async stop() {
      end(child.pid, 'SIGINT')
      const tooLate = new Promise<'late'>(resolve => setTimeout(() => resolve('late'), stopMs).unref())
      if ((await Promise.race([ended, tooLate])) !== 'late') return
      end(child.pid, 'SIGKILL')
      throw new Error(`did not end within ${stopMs / 1000} s of SIGINT`)
    },
  }
}

function end(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, signal)
  } catch {
    // It has ended by itself.
  }
}
