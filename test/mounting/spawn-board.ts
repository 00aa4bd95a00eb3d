// Starts the board in a process of its own, so that what a test does itself costs the server nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestDatabase } from '../support/databases.ts'

export async function spawnBoard({ config }: TestDatabase): Promise<{ port: number; close(): Promise<void> }> {
  const program = fileURLToPath(new URL('./serve-board.ts', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [port] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`The server ended with code ${code}`))),
  ])
  return {
    port: Number(port),
    async close() {
      child.stdin.end()
      await exited
    },
  }
}
