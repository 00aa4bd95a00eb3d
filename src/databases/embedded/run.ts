// Runs one of PostgreSQL's programs as the server's user and waits for its end.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import type { Home } from './choose-home.ts'
import { EmbeddedError, messageOf } from './embedded-error.ts'

/** @throws EmbeddedError with what the program said when it fails */
export async function run(program: string, args: readonly string[], home: Home): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(program, args, { ...spawnOptions(home), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', chunk => {
    output += String(chunk)
  })
  child.stderr.on('data', chunk => {
    output += String(chunk)
  })
  child.on('error', error => reject(explainSpawnError(error, program)))
  child.on('close', (code, signal) => {
    if (code === 0) return resolve(output)
    const how = signal ? `was ended by ${signal}` : `failed with exit code ${code}`
    const said = output.trim().split('\n').slice(-15).join('\n')
    // A container that is run with a number for a user.
    const hint = said.includes('could not look up effective user')
      ? '\nPostgreSQL wants its user to stand in /etc/passwd. Run as root or as a user that does, or pass the URL of a server.'
      : ''
    reject(new EmbeddedError(`${basename(program)} ${how}:\n${said}${hint}`))
  })
  return promise
}

/** The user, the working folder (one which that user can enter) and an environment without PostgreSQL's variables. */
export function spawnOptions({ account, home }: Home) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')))
  return { ...account, cwd: home, env: { ...env, LC_ALL: 'C' }, windowsHide: true }
}

export function explainSpawnError(error: unknown, program: string): EmbeddedError {
  const musl = process.platform === 'linux' && existsSync(program) && messageOf(error).includes('ENOENT')
  const reason = musl ? 'it needs glibc, which this system does not have (Alpine?)' : messageOf(error)
  return new EmbeddedError(`${program} could not be run: ${reason}. Pass the URL of a PostgreSQL server instead.`, {
    cause: error,
  })
}
