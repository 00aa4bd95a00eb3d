// Says as which user the server runs, since PostgreSQL refuses to run as root, and what that user can reach.
import { readFileSync, statSync } from 'node:fs'
import { chown } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { EmbeddedError, messageOf } from './embedded-error.ts'

/** Another user than this process's; `undefined` everywhere means: the same user. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** For root: the owner of a data folder that exists already, else `nobody`. For everybody else: themselves. */
export function chooseAccount(dataFolder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const data = statSync(dataFolder, { throwIfNoEntry: false })
  return data && data.uid !== 0 ? { uid: data.uid, gid: data.gid } : nobody()
}

/** The user id that the server's files belong to; `undefined` on Windows, where files have none. */
export function ownerOf(account: Account | undefined): number | undefined {
  return account?.uid ?? process.getuid?.()
}

/**
 * Whether the account may enter every folder above `path` and read `path` itself (and enter it, if it is a folder).
 * Goes by the permission bits.
 */
export function reaches(account: Account | undefined, path: string): boolean {
  if (!account) return true
  let current = resolve(path)
  if (!allows(account, current, 4)) return false
  if (statSync(current).isDirectory() && !allows(account, current, 1)) return false
  while (dirname(current) !== current) {
    current = dirname(current)
    if (!allows(account, current, 1)) return false
  }
  return true
}

/** Gives a file or folder to the server's user. */
export async function handOver(path: string, account: Account | undefined): Promise<void> {
  if (!account) return
  try {
    await chown(path, account.uid, account.gid)
  } catch (error) {
    throw new EmbeddedError(
      `PostgreSQL does not run as root, and ${path} could not be given to another user (${messageOf(error)}). ` +
        'Start Colonnade as a normal user, or pass the URL of a PostgreSQL server.',
      { cause: error },
    )
  }
}

function allows(account: Account, path: string, bit: 1 | 4): boolean {
  const { mode, uid, gid } = statSync(path)
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
  return ((mode >> shift) & bit) !== 0
}

function nobody(): Account {
  let line: string | undefined
  try {
    line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find(entry => entry.startsWith('nobody:'))
  } catch {
    // Reported below, as a passwd without the entry is.
  }
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid && gid) return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
  throw new EmbeddedError(
    'PostgreSQL does not run as root, and this machine has no user "nobody" to run it as. ' +
      'Start Colonnade as a normal user, or pass the URL of a PostgreSQL server.',
  )
}
