// Runs the programs of docs/guide/json-api-clients.md as they stand there, and holds what they print to what stands below them.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

const root = resolve(import.meta.dirname, '../..')
const guide = await readFile(resolve(root, 'docs/guide/json-api-clients.md'), 'utf8')

describeEachServer('docs/guide/json-api-clients.md', server => {
  let api: VideosUnderTest
  beforeAll(async () => {
    api = await startVideos(server)
  })
  afterAll(async () => {
    await api.close()
    expect(api.errors).toEqual([])
  })

  // In its own process: which build of WarpDrive is found is said at its start.
  it.each(['kitsu.js', 'warp-drive.js'])('shows what %s prints', async name => {
    const [, code, printed] =
      new RegExp(`\`\`\`js\\n// ${name}\\n([\\s\\S]*?)\`\`\`\\n\\n\`\`\`\\n([\\s\\S]*?)\\n\`\`\``).exec(guide) ?? []
    const args = ['--conditions=unpkg', '--input-type=module', '--eval', code ?? '']
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: root,
      env: { ...process.env, API: api.url, TOKEN: api.tokens.regular, NO_COLOR: '1' },
    })
    expect(stdout.trim()).toBe(printed)
  })
})
