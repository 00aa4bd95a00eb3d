// Runs every check that needs no database, says what each one found, and fails when any of them did.
import { runCommand } from './run-command.ts'

const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '--max-diagnostics=50'],
  ['types', 'tsc', '--noEmit', '-p', '.'],
  ['floors', 'node', 'scripts/check-floors.ts'],
  ['unused', 'knip'],
  ['generated docs', 'node', 'scripts/docs.ts', '--check'],
]

const failed: string[] = []
for (const [name, command, ...args] of steps) {
  process.stdout.write(`${name} … `)
  const started = performance.now()
  const { code, output } = await runCommand(command, args)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)`)
  if (code === 0) continue
  failed.push(name)
  console.log(output.trimEnd(), '\n')
}

console.log(failed.length === 0 ? `${steps.length} checks passed` : `failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
