// Lets one process at a time prepare, start or stop the server of a folder, also when a holder was killed.
import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, EmbeddedError } from './embedded-error.ts'
import { processMark } from './process-mark.ts'

interface Holder {
  readonly pid: number
  readonly mark: string
}

export interface LockOptions {
  readonly timeoutMs?: number
  /** Called once when another process holds the lock. */
  readonly onWait?: (pid: number) => void
}

const FREE = 'free'

/**
 * Runs `work` while this process holds the folder's lock.
 *
 * The lock is the file `lock.<n>` with the highest n: it names its holder, or says that it is free. Who finds it free,
 * or its holder dead, takes the lock by creating `lock.<n+1>`, which only one can. The highest file is never removed,
 * so a slow process that comes too late with a lower number sees the higher one and steps back; removing a stale lock
 * and creating it anew under one name would let two in.
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const mine = await takeLock(folder, options)
  try {
    return await work()
  } finally {
    // By rename, so that nobody reads a half-written file.
    await replaceFile(mine, FREE)
  }
}

async function takeLock(folder: string, options: LockOptions): Promise<string> {
  const deadline = Date.now() + (options.timeoutMs ?? 300_000)
  let told = false
  for (;;) {
    const highest = await highestLock(folder)
    const holder = await liveHolder(join(folder, `lock.${highest}`))
    if (!holder) {
      const taken = await createLock(folder, highest + 1)
      if (taken) return taken
      continue
    }
    if (!told) options.onWait?.(holder.pid)
    told = true
    if (Date.now() > deadline) {
      throw new EmbeddedError(
        `Process ${holder.pid} is still starting or stopping the database in ${folder}. ` +
          'Wait for it, or end it, and try again.',
      )
    }
    await sleep(20)
  }
}

async function highestLock(folder: string): Promise<number> {
  const numbers = (await readdir(folder)).map(name => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? 0))
  return Math.max(0, ...numbers)
}

async function liveHolder(path: string): Promise<Holder | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  if (text === FREE) return undefined
  const holder = JSON.parse(text) as Holder
  return processMark(holder.pid) === holder.mark ? holder : undefined
}

async function createLock(folder: string, number: number): Promise<string | undefined> {
  const path = join(folder, `lock.${number}`)
  const holder: Holder = { pid: process.pid, mark: processMark(process.pid) ?? 'running' }
  const draft = join(folder, `lock-${randomUUID()}.draft`)
  await writeFile(draft, JSON.stringify(holder), { mode: 0o644 })
  try {
    // A link appears with its whole content or not at all.
    await link(draft, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined
    throw error
  } finally {
    await rm(draft, { force: true })
  }
  if ((await highestLock(folder)) !== number) {
    await rm(path, { force: true })
    return undefined
  }
  await removeLower(folder, number)
  return path
}

async function removeLower(folder: string, number: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const found = /^lock\.(\d+)$/.exec(name)
    if (found && Number(found[1]) < number) await rm(join(folder, name), { force: true })
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`
  await writeFile(draft, text, { mode: 0o644 })
  await rename(draft, path)
}
