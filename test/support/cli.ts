// Starts the real command line as a process of its own, and listens to what it says.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const main = resolve(import.meta.dirname, '../../src/cli/main.ts')

export interface CliOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

export interface CliProcess {
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves with the first line on stdout; rejects when the command ends before. */
  readonly ready: Promise<string>
  /** Resolves when stderr says it. */
  hears(text: string): Promise<void>
  /** Sends a signal, and resolves with the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

export function startCli(args: readonly string[], { cwd, env = {} }: CliOptions): CliProcess {
  const child = spawn(process.execPath, ['--conditions=colonnade-source', main, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', NODE_ENV: '', COLONNADE_DEBUG: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
      child.emit('said')
    })
  }
  const closed = once(child, 'close') as Promise<[number | null]>
  const until = async (done: () => boolean) => {
    const ended = closed.then(() => 'ended' as const)
    while (!done()) {
      if ((await Promise.race([once(child, 'said'), ended])) !== 'ended') continue
      throw new Error(`colonnade ${args.join(' ')} ended with ${child.exitCode}:\n${said.stdout}${said.stderr}`)
    }
  }
  const ready = until(() => said.stdout.includes('\n')).then(() => said.stdout.split('\n')[0] ?? '')
  // Who does not wait for it learns from the exit code.
  ready.catch(() => undefined)
  return {
    child,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    ready,
    hears: text => until(() => said.stderr.includes(text)),
    async end(signal = 'SIGTERM') {
      child.kill(signal)
      return (await closed)[0]
    },
  }
}

/** Runs a command to its end. */
export async function runCli(args: readonly string[], options: CliOptions) {
  const { child, stdout, stderr } = startCli(args, options)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: stdout(), stderr: stderr() }
}

/** An empty folder in which the embedded database's user may walk, too. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'colonnade-cli-'))
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
