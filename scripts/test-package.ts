// Tests the package as it would be published: packed, installed into an empty folder, started, asked.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { outsideEnvironment } from './outside-environment.ts'
import { root, runCommand } from './run-command.ts'
import { startInstalled } from './start-installed.ts'

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const folder = mkdtempSync(join(tmpdir(), 'colonnade-package-'))
// The embedded database runs as a user of few rights, who must be able to enter.
chmodSync(folder, 0o755)
const counts = { passed: 0, failed: 0 }

try {
  await testPackage()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const [results] = process.argv.slice(2)
if (results) writeFileSync(results, JSON.stringify(counts))
console.log(`package: ${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed > 0 ? 1 : 0

async function testPackage(): Promise<void> {
  const packed = await check('is packed', async () => {
    const output = await mustSucceed(root, 'npm', 'pack', '--silent', '--pack-destination', folder)
    return join(folder, output.trim().split('\n').at(-1) ?? '')
  })
  if (!packed) return

  await check('holds no test and no secret', async () => {
    const files = (await mustSucceed(folder, 'tar', '-tzf', packed)).split('\n')
    const strange = files.filter(file => /\.test\.|\.test-d\.|\.env|node_modules|\.colonnade\/|tsbuildinfo/.test(file))
    if (strange.length > 0) throw new Error(strange.join(', '))
  })
  await check('is well formed (publint)', () => mustSucceed(folder, 'publint', 'run', packed, '--strict'))
  await check('has types that resolve (attw)', () => mustSucceed(folder, 'attw', packed, '--profile', 'esm-only'))

  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  const installed = await check('installs into an empty folder', async () => {
    await mustSucceed(folder, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', packed)
    return true
  })
  if (!installed) return

  await check('says its version', async () => {
    const said = (await mustSucceed(folder, 'npx', '--no-install', 'colonnade', '--version')).trim()
    if (said !== version) throw new Error(`said ${said}, not ${version}`)
  })
  await check('is imported by its name', async () => {
    const program = "const names = Object.keys(await import('colonnade')); if (names.length === 0) process.exit(1)"
    await mustSucceed(folder, 'node', '--input-type=module', '--eval', program)
  })
  await testDemo()
}

async function testDemo(): Promise<void> {
  const demo = await check('starts the demo', () => startInstalled(folder, ['demo', 'videos', '--json', '--port', '0']))
  if (!demo) return
  await check('answers a guest', async () => {
    const { status, body } = await ask(`${demo.url}/videos?fields=title&page[size]=2`)
    if (status !== 200 || body.data?.length !== 2) throw new Error(`${status} ${JSON.stringify(body)}`)
  })
  await check('knows the owner by his token', async () => {
    const { status, body } = await ask(`${demo.url}/users/18`, demo.tokens.owner)
    if (status !== 200 || !body.data) throw new Error(`${status} ${JSON.stringify(body)}`)
  })
  await check('stops when told', () => demo.stop())
}

async function ask(url: string, token?: string | null) {
  const response = await fetch(url, token ? { headers: { authorization: `Bearer ${token}` } } : {})
  return { status: response.status, body: (await response.json()) as { data?: { length?: number } } }
}

/** Counts one check; undefined when it failed. */
async function check<T>(title: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await run()
    counts.passed += 1
    console.log(`ok      the package ${title}`)
    return result
  } catch (error) {
    counts.failed += 1
    console.log(`FAILED  the package ${title}\n${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

async function mustSucceed(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, output, text } = await runCommand(command, args, { cwd, env: outsideEnvironment() })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: code ${code}\n${output.trimEnd()}`)
  return text
}
