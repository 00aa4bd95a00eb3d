// Compiles the product and its examples to `dist/`, as they are published.
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { mustRun, root } from './run-command.ts'

const dist = join(root, 'dist')
rmSync(dist, { recursive: true, force: true })

// The examples come second: they are compiled against the types of the built product.
await mustRun('tsc', ['-p', 'tsconfig.build.json'])
const examples = globSync('examples/**/*.ts', { cwd: root })
if (examples.length > 0) await mustRun('tsc', ['-p', 'tsconfig.examples.json'])

// What is read at run time and is no TypeScript: SQL, JSON, HTML.
for (const [from, to] of [
  ['src', ''],
  ['examples', 'examples'],
] as const) {
  for (const file of globSync('**/*.*', { cwd: join(root, from), exclude: ['**/*.ts', '**/*.md'] })) {
    const target = join(dist, to, file)
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(join(root, from, file), target)
  }
}

const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: Record<string, string> }
for (const [name, path] of Object.entries(bin)) {
  const file = join(root, path)
  if (!existsSync(file)) throw new Error(`The command ${name} is missing: ${path} was not built.`)
  if (!readFileSync(file, 'utf8').startsWith('#!')) throw new Error(`${path} has no #! line, so npx cannot start it.`)
  chmodSync(file, 0o755)
}

const built = globSync('**/*.js', { cwd: dist }).length
console.log(`dist/ holds ${built} modules, ${examples.length > 0 ? 'examples included' : 'without examples'}`)
