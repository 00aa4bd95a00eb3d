// Writes the documentation that is generated from code; with --check it only tells whether that is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { catalog } from '../src/errors/catalog.ts'
import { statements } from '../test/jsonapi/statements.ts'
import { describeErrors } from './describe-errors.ts'
import { describeJsonApi } from './describe-json-api.ts'
import { root } from './run-command.ts'

const pages = { 'docs/errors.md': describeErrors(catalog), 'docs/jsonapi.md': describeJsonApi(statements) }
const check = process.argv.includes('--check')
const stale = Object.entries(pages).filter(([file, text]) => readIfThere(join(root, file)) !== text)

for (const [file, text] of stale) {
  if (check) console.error(`${file} is not what the code says: run npm run docs`)
  else writeFileSync(join(root, file), text)
}
if (check && stale.length > 0) process.exitCode = 1
else console.log(`${Object.keys(pages).length} page(s), ${stale.length} written`)

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
