// The lock of a folder: one holder at a time, and none that is dead.
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withFolderLock } from './folder-lock.ts'
import { processMark } from './process-mark.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colonnade-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('withFolderLock', () => {
  it('lets one in at a time, and keeps one file', async () => {
    let inside = 0
    let most = 0
    const work = async () => {
      inside += 1
      most = Math.max(most, inside)
      await sleep(2)
      inside -= 1
    }
    await Promise.all(Array.from({ length: 20 }, () => withFolderLock(folder, work)))
    expect(most).toBe(1)
    expect(await readdir(folder)).toEqual(['lock.20'])
  })

  it('is free again after work that failed', async () => {
    const failing = withFolderLock(folder, () => Promise.reject(new Error('broken')))
    await expect(failing).rejects.toThrow('broken')
    expect(await withFolderLock(folder, async () => 'done')).toBe('done')
  })

  it('passes over a holder that was killed', async () => {
    const { pid } = spawnSync('true')
    await writeFile(join(folder, 'lock.7'), JSON.stringify({ pid, mark: 'started 1' }))
    expect(await withFolderLock(folder, async () => 'done')).toBe('done')
  })

  it.skipIf(process.platform !== 'linux')('is not fooled by another process with the id of the holder', async () => {
    await writeFile(join(folder, 'lock.7'), JSON.stringify({ pid: process.pid, mark: 'started 1' }))
    expect(await withFolderLock(folder, async () => 'done')).toBe('done')
  })

  it('names the holder when waiting takes too long', async () => {
    const holder = { pid: process.ppid, mark: processMark(process.ppid) }
    await writeFile(join(folder, 'lock.7'), JSON.stringify(holder))
    const waited: number[] = []
    const options = { timeoutMs: 50, onWait: (pid: number) => waited.push(pid) }
    await expect(withFolderLock(folder, async () => 'done', options)).rejects.toThrow(
      `Process ${process.ppid} is still`,
    )
    expect(waited).toEqual([process.ppid])
  })
})
