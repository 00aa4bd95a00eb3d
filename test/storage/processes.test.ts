// Storages in processes of their own: killed in the middle of a write, and measured over 200 MB.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StorageUnderTest, storages } from './storages.ts'

function start(program: string, ...args: readonly string[]) {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  async function line(): Promise<string> {
    for await (const said of createInterface(child.stdout)) return said
    throw new Error(`${program} ended without a word`)
  }
  return { child, exited, line: line() }
}

describe.each(storages)('$title', ({ open }) => {
  let subject: StorageUnderTest
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(() => subject?.stop())

  it('shows nothing of a write whose process was killed, and sweeps what it left once it is old', async () => {
    const { storage } = subject
    const writers = [0, 1, 2].map(i => start('write-and-hang.ts', JSON.stringify(subject.config), `killed-${i}`))
    for (const { child, exited, line } of writers) {
      expect(await line).toBe('hangs')
      await expect.poll(async () => (await subject.leftovers()).length).toBeGreaterThan(0)
      child.kill('SIGKILL')
      await exited
    }
    expect(await storage.read('killed-0')).toBeNull()
    expect(await subject.leftovers()).toHaveLength(3)

    const hour = 3_600_000
    const options = { expiredBefore: new Date(Date.now() + hour), unfinishedBefore: new Date(Date.now() - hour) }
    expect(await storage.sweep(options)).toEqual({ removed: 0, unfinished: 0, hasMore: false })
    expect(await subject.leftovers()).toHaveLength(3)
    await subject.age('leftovers', new Date(Date.now() - 2 * hour))
    expect(await storage.sweep(options)).toEqual({ removed: 0, unfinished: 3, hasMore: false })
    expect([await subject.leftovers(), await storage.read('killed-0')]).toEqual([[], null])
  }, 60_000)

  it('writes 200 MB of short rows and reads them slowly in bounded memory', async () => {
    const { exited, line } = start('measure-memory.ts', JSON.stringify(subject.config))
    const { writing, reading, bytes } = JSON.parse(await line) as Record<string, number>
    expect((await exited)[0]).toBe(0)
    expect(bytes).toBe(200_000_000)
    // What is collected late is counted as well: far below the file, far above what is held.
    expect(writing, 'bytes that writing rose by').toBeLessThan(120_000_000)
    expect(reading, 'bytes that reading rose by').toBeLessThan(120_000_000)
    console.log(
      `rose by ${Math.round((writing ?? 0) / 1e6)} MB writing, ${Math.round((reading ?? 0) / 1e6)} MB reading`,
    )
  }, 180_000)
})
