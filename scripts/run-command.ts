// Runs another program from the root of the project and collects what it says.
import { spawn } from 'node:child_process'
import { delimiter, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

interface CommandResult {
  readonly code: number
  /** Standard output alone. */
  readonly text: string
  /** Standard output and standard error, as they came. */
  readonly output: string
}

interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/**
 * Runs `command` with the project's own programs (and its Node) first on the path, without standard input.
 * Never rejects: a program that cannot be started has code 127.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { cwd = root, env = process.env } = options
  const path = [resolve(root, 'node_modules/.bin'), env.PATH].join(delimiter)
  const child = spawn(command, args, {
    cwd,
    env: { ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  let [text, output] = ['', '']
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (part: string) => {
      output += part
      if (stream === child.stdout) text += part
    })
  }
  return new Promise(done => {
    child.on('error', error => done({ code: 127, text, output: `${output}${error.message}\n` }))
    child.on('close', code => done({ code: code ?? 1, text, output }))
  })
}

/** As `runCommand`, but when the program fails, shows what it said and ends this one. */
export async function mustRun(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(command, args)
  if (code === 0) return
  console.error(output.trimEnd())
  console.error(`${command} ${args.join(' ')} failed with code ${code}`)
  process.exit(code)
}
