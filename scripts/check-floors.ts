// Checks that every room imports from its own floor or below, and that every file was really looked at.
import { existsSync, globSync } from 'node:fs'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractConfiguration from 'dependency-cruiser/config-utl/extract-depcruise-config'
import extractTypeScriptConfiguration from 'dependency-cruiser/config-utl/extract-ts-config'
import { root } from './run-command.ts'

process.chdir(root)

const folders = ['src', 'examples', 'test', 'bench', 'scripts'].filter(folder => existsSync(folder))
const { options, ...ruleSet } = await extractConfiguration(`${root}/.dependency-cruiser.mjs`)
const { output } = await cruise(folders, { ...options, ruleSet, validate: true }, undefined, {
  tsConfig: extractTypeScriptConfiguration('tsconfig.json'),
})
const { modules, summary } = output as ICruiseResult
const problems = summary.violations.map(({ rule, from, to, cycle }) => {
  const way = cycle?.length ? [from, ...cycle.map(({ name }) => name)] : [from, to]
  return `${rule.name}: ${way.join(' → ')}`
})

// A cruise that saw nothing (of a TypeScript that it cannot read, say) must not pass for a clean one.
const seen = new Set(modules.map(({ source }) => source))
const files = globSync(folders.map(folder => `${folder}/**/*.ts`)).map(file => file.replaceAll('\\', '/'))
const unseen = files.filter(file => !seen.has(file))
const imports = modules.filter(({ source }) => source.startsWith('src/')).flatMap(({ dependencies }) => dependencies)
if (!files.some(file => file.startsWith('src/'))) problems.push('no file was found below src/')
if (unseen.length > 0) problems.push(`${unseen.length} of ${files.length} files were not looked at: ${unseen[0]} …`)
if (imports.length === 0) problems.push('no import was found in any file below src/')

for (const problem of problems) console.error(problem)
console.log(`${files.length} files, ${imports.length} imports in src/, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
