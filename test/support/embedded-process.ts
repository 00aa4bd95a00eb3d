// Runs `startEmbedded` in a process of its own, so that tests can join it, kill it and start it at the same time.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EmbeddedDatabase } from '../../src/databases/embedded/start-embedded.ts'

export interface EmbeddedProcess extends Omit<EmbeddedDatabase, 'stop'> {
  /** What the process was told while it started. */
  readonly progress: readonly string[]
  /** Ends the process as Ctrl+C does: it calls `stop()` first. */
  stop(): Promise<void>
  /** `kill -9` */
  kill(): Promise<void>
}

const PROGRAM = `
  const { startEmbedded } = await import(process.argv[1])
  const progress = []
  const { stop, ...rest } = await startEmbedded({ dir: process.argv[2], onProgress: (step) => progress.push(step) })
  console.log(JSON.stringify({ ...rest, progress }))
  process.stdin.resume().on('end', () => void stop())
`

export async function spawnEmbedded(dir: string): Promise<EmbeddedProcess> {
  const source = new URL('../../src/databases/embedded/start-embedded.ts', import.meta.url)
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, source.href, dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  })
  const exited = once(child, 'exit')
  const line = await Promise.race([
    firstLine(child),
    exited.then(([code, signal]) => Promise.reject(new Error(`The process ended: ${signal ?? code}`))),
  ])
  return {
    ...(JSON.parse(line) as EmbeddedProcess),
    stop: async () => {
      child.stdin?.end()
      await exited
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The process has no output')
  for await (const line of createInterface(child.stdout)) return line
  return new Promise(() => undefined)
}
