// Serves notes in a process of its own, so that a test can kill it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestDatabase } from '../support/databases.ts'

export interface NotesProcess {
  readonly url: string
  /** `kill -9` */
  kill(): Promise<void>
}

export async function spawnNotes({ config }: TestDatabase): Promise<NotesProcess> {
  const program = fileURLToPath(new URL('./serve-notes.ts', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [port] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`The server ended with code ${code}`))),
  ])
  return {
    url: `http://127.0.0.1:${port}/api`,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
