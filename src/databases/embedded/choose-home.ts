// Decides in which folder the data, the log and the lock of an embedded database live.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Account, chooseAccount, reaches } from './account.ts'
import { codeOf, EmbeddedError, messageOf } from './embedded-error.ts'

export interface Home {
  /** The folder that was asked for, as a real path. */
  readonly dir: string
  /** Where the data is: `dir`, or a folder elsewhere that the server's user can reach. */
  readonly home: string
  readonly data: string
  readonly account: Account | undefined
}

/** Where root keeps what the server's user could not reach otherwise. */
export const SHARED_FOLDER = '/var/lib/colonnade'

/** In `dir`, the path of the folder elsewhere. */
const SIGNPOST = 'data-is-in'

/**
 * Below a folder that only root may enter, the server's user cannot work: the data is then kept below
 * /var/lib/colonnade, and a file `data-is-in` in `dir` says where. The file is believed at the next start, so that
 * neither a changed permission nor a moved folder makes an empty database of a full one.
 */
export async function chooseHome(wanted: string): Promise<Home> {
  const dir = await makeFolder(wanted)
  const elsewhere = await readSignpost(dir)
  if (elsewhere) return homeIn(dir, elsewhere)

  const here = homeIn(dir, dir)
  if (reaches(here.account, existsSync(here.data) ? here.data : dir)) return here
  if (existsSync(here.data)) {
    throw new EmbeddedError(
      `The user with the id ${here.account?.uid}, who owns ${here.data}, cannot enter ${dirname(here.data)}. ` +
        'Allow it, or start Colonnade as that user.',
    )
  }
  const home = join(SHARED_FOLDER, shortHash(dir))
  await mkdir(home, { recursive: true, mode: 0o755 })
  // By rename: another process may be reading it right now.
  const draft = join(dir, `${SIGNPOST}-${process.pid}.draft`)
  await writeFile(draft, `${home}\n`)
  await rename(draft, join(dir, SIGNPOST))
  return homeIn(dir, home)
}

/** 16 hexadecimal digits that stand for a path. */
export function shortHash(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}

function homeIn(dir: string, home: string): Home {
  const data = join(home, 'data')
  return { dir, home, data, account: chooseAccount(data) }
}

async function makeFolder(dir: string): Promise<string> {
  try {
    await mkdir(dir, { recursive: true })
    return await realpath(dir)
  } catch (error) {
    throw new EmbeddedError(
      `The folder ${dir} for the embedded database cannot be created: ${messageOf(error)}. ` +
        'Choose another folder, or pass the URL of a PostgreSQL server.',
      { cause: error },
    )
  }
}

async function readSignpost(dir: string): Promise<string | undefined> {
  const path = join(dir, SIGNPOST)
  let home: string
  try {
    home = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  if (existsSync(home)) return home
  throw new EmbeddedError(
    `The data of ${dir} was kept in ${home}, which is gone. Bring it back, or remove ${path} to begin with an empty database.`,
  )
}
