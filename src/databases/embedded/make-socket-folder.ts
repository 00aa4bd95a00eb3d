// Makes the private folder of the server's Unix socket: whoever can enter it is trusted by the server.
import { existsSync, lstatSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { handOver, ownerOf, reaches } from './account.ts'
import { type Home, shortHash } from './choose-home.ts'
import { codeOf, EmbeddedError } from './embedded-error.ts'

/** The port is only part of the socket's name. */
export const SOCKET_PORT = 5432

/** macOS allows 103 bytes, Linux 107. */
const MAX_BYTES = 103

/**
 * Prefers the temporary folder: its path is short, and it is always on a disk that can hold a socket. Where another
 * user has taken the name there, the next place is tried.
 */
export async function makeSocketFolder(home: Home): Promise<string> {
  const name = `colonnade-${shortHash(home.home)}`
  for (const folder of [join(tmpdir(), name), join('/tmp', name), join(home.home, 'socket')]) {
    if (Buffer.byteLength(join(folder, `.s.PGSQL.${SOCKET_PORT}`)) > MAX_BYTES) continue
    if (await makePrivate(folder, home)) return folder
  }
  throw new EmbeddedError(
    `No place was found for the socket of the database in ${home.dir}: ${join(tmpdir(), name)} cannot be made private, ` +
      `and the path of ${home.home} is too long. Set TMPDIR to a short folder of your own, or choose another folder.`,
  )
}

/** Whether a folder was made by `makeSocketFolder`, and not by somebody who started the server by hand. */
export function isSocketFolder(folder: string): boolean {
  return /^colonnade-[0-9a-f]{16}$|^socket$/.test(basename(folder))
}

async function makePrivate(folder: string, { account }: Home): Promise<boolean> {
  const parent = join(folder, '..')
  if (!existsSync(parent) || !reaches(account, parent)) return false
  let created = true
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') return false
    created = false
  }
  const { uid } = lstatSync(folder)
  // A folder of root's was left by a start that was killed right here; anybody else's may be a trap.
  if (!lstatSync(folder).isDirectory() || (uid !== ownerOf(account) && uid !== process.getuid?.())) return false
  if (created || uid !== ownerOf(account)) await handOver(folder, account)
  await chmod(folder, 0o700)
  return true
}
