// Runs the example of docs/signatures.md as it stands there: its programs, its command, what they print.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { seedVideos } from '../../examples/videos/seed.ts'
import { makeFolder, startCli } from '../support/cli.ts'
import { cloneDatabase, createTemplate, describeEachServer } from '../support/databases.ts'

const root = resolve(import.meta.dirname, '../..')
const guide = await readFile(resolve(root, 'docs/signatures.md'), 'utf8')

/** The program that begins with this comment. */
function program(name: string): string {
  const [, code] = new RegExp(`\`\`\`js\\n// ${name}\\n([\\s\\S]*?)\`\`\``).exec(guide) ?? []
  if (code === undefined) throw new Error(`The guide has no ${name}.`)
  return code
}

describeEachServer('docs/signatures.md', server => {
  it('shows what is printed', async () => {
    const template = await createTemplate(server, 'videos', client => seedVideos(client, { size: 'tiny' }))
    const database = await cloneDatabase(server, template)
    const folder = makeFolder()
    const run = async (name: string, env: Readonly<Record<string, string>> = {}) => {
      // Names of packages are found from here, files from there.
      const code = `process.chdir(${JSON.stringify(folder.path)})\n${program(name)}`
      const args = ['--conditions=colonnade-source', '--input-type=module', '--eval', code]
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        cwd: root,
        env: { ...process.env, ...env },
      })
      return stdout.trim()
    }
    try {
      await run('make-keys.js')
      const args = ['serve', database.url, '--api', resolve(root, 'examples/videos/api.ts'), '--json', '--port', '0']
      const serving = startCli(args, { cwd: folder.path, env: { COLONNADE_SIGNATURES: 'signatures.json' } })
      const { url } = JSON.parse(await serving.ready)
      try {
        const [, printed] = /```\n(200 [\s\S]*?)\n```/.exec(guide) ?? []
        expect(await run('ask.js', { API: url, NO_COLOR: '1' })).toBe(printed)
      } finally {
        expect(await serving.end()).toBe(0)
      }
    } finally {
      folder.remove()
    }
  })
})
