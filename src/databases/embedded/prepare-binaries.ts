// Makes the binaries usable by the server's user: complete links, and a copy where that user cannot reach them.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { type Account, reaches } from './account.ts'
import { codeOf } from './embedded-error.ts'
import type { Binaries } from './find-binaries.ts'

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * @param copies the folder in which a copy is put where one is needed
 * @returns the folder with `bin`, `lib` and `share`
 */
export async function prepareBinaries(binaries: Binaries, account: Account | undefined, copies: string) {
  if ((await completeLinks(binaries.folder)) && isReachable(binaries.folder, account)) return binaries.folder
  const copy = join(copies, `postgresql-${binaries.key}`)
  if (!existsSync(copy)) await copyBinaries(binaries.folder, copy)
  return copy
}

/**
 * Makes the symbolic links that npm packages cannot hold. The package's postinstall script does so too, but many
 * installations don't run such scripts. False where this user may not write.
 */
async function completeLinks(folder: string): Promise<boolean> {
  for (const { source, target } of readLinks(folder)) {
    const path = join(dirname(folder), target)
    if (existsSync(path)) continue
    try {
      await symlink(relative(dirname(target), source), path)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) return false
      throw error
    }
  }
  return true
}

function readLinks(folder: string): readonly Link[] {
  const list = join(folder, 'pg-symlinks.json')
  return existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as readonly Link[]) : []
}

function isReachable(folder: string, account: Account | undefined): boolean {
  return ['bin/postgres', 'bin/initdb', 'lib/postgresql', 'share/postgresql'].every(part => {
    const path = join(folder, part)
    return !existsSync(path) || reaches(account, path)
  })
}

async function copyBinaries(from: string, to: string): Promise<void> {
  // In a folder of its own first, named `native` as the list of links wants it; the rename makes it whole at once.
  const draft = join(dirname(to), `.${basename(to)}-${randomUUID()}`)
  const native = join(draft, 'native')
  await mkdir(draft, { recursive: true })
  try {
    await cp(from, native, { recursive: true, verbatimSymlinks: true })
    await completeLinks(native)
    await openToAll(native)
    await rename(native, to)
  } catch (error) {
    // Another process was quicker with the same copy.
    if (!existsSync(to)) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644)
  }
}
