// Adds up what the steps of `.ci/run` reported and closes with the line `N passed, N failed`.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const [folder = '.', ...codes] = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }

for (const step of codes) {
  const [name = '', code] = step.split('=')
  const counts = readCounts(join(folder, `${name}.json`))
  // A step that broke before it could count (or counts nothing) still failed.
  const failed = code !== '0' && counts.failed === 0 ? 1 : counts.failed
  if (failed > 0) console.log(`failed: ${name}`)
  total.passed += counts.passed
  total.failed += failed
  total.skipped += counts.skipped
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exitCode = total.failed > 0 ? 1 : 0

/** Reads either the JSON of vitest's reporter or our own `{ passed, failed }`. */
function readCounts(file: string): Counts {
  if (!existsSync(file)) return { passed: 0, failed: 0, skipped: 0 }
  const found = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, number | undefined>>
  return {
    passed: found.numPassedTests ?? found.passed ?? 0,
    failed: found.numFailedTests ?? found.failed ?? 0,
    skipped: (found.numPendingTests ?? 0) + (found.numTodoTests ?? 0),
  }
}
