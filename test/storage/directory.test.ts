// What only a storage in a folder does: permissions, disks that are full, links in the folder.
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStorage } from '../../src/storage/open-storage.ts'

let parent: string
let folder: string
const warnings: string[] = []
const warn = (message: string) => warnings.push(message)

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'colonnade-directory-'))
  folder = join(parent, 'a', 'files')
  warnings.length = 0
})
afterEach(() => rm(parent, { recursive: true, force: true }))

async function* text(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content)
}
const everything = { expiredBefore: new Date(Date.now() + 1e8), unfinishedBefore: new Date(Date.now() + 1e8) }
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

it('makes folder and files for its own account alone', async () => {
  const storage = await openStorage({ directory: folder }, { warn })
  await storage.prepare()
  let during: string[] = []
  async function* source() {
    yield Buffer.from('x')
    during = await Promise.all((await readdir(folder)).map(entry => modeOf(join(folder, entry))))
  }
  await storage.write('private', source())
  expect([await modeOf(folder), await modeOf(join(parent, 'a')), await modeOf(join(folder, 'private'))]).toEqual([
    '700',
    '700',
    '600',
  ])
  expect([during, await readdir(folder), warnings]).toEqual([['600'], ['private'], []])
})

it('says so when others may look into the folder, and refuses one that everybody may write in', async () => {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  const storage = await openStorage({ directory: folder }, { warn })
  await storage.prepare()
  expect([warnings.length, await modeOf(folder)]).toEqual([1, '755'])
  await chmod(folder, 0o777)
  await expect(storage.prepare()).rejects.toMatchObject({ code: 'bad_setup', message: expect.stringContaining(folder) })
})

it('says what stands in the way of the folder', async () => {
  await writeFile(join(parent, 'a'), '')
  for (const directory of [join(parent, 'a'), folder]) {
    const storage = await openStorage({ directory })
    await expect(storage.prepare()).rejects.toMatchObject({
      code: 'bad_setup',
      message: expect.stringMatching(/^There is a file in the place of the storage folder /),
    })
  }
})

it('says that the folder is gone', async () => {
  const storage = await openStorage({ directory: folder })
  for (const attempt of [() => storage.write('x', text('x')), () => storage.sweep(everything)]) {
    await expect(attempt()).rejects.toMatchObject({ code: 'bad_setup', message: expect.stringContaining('no more') })
  }
  expect(await storage.read('x')).toBeNull()
})

it.skipIf(!process.seteuid)('says that its account may not write in the folder', async () => {
  const isRoot = process.geteuid?.() === 0
  await mkdir(folder, { recursive: true })
  await chmod(parent, 0o755)
  await chmod(join(parent, 'a'), 0o755)
  await chmod(folder, 0o555)
  const storage = await openStorage({ directory: folder })
  // Root may write anywhere.
  if (isRoot) process.seteuid?.(65_534)
  try {
    const refusal = { code: 'bad_setup', message: expect.stringMatching(/^This account may not write in .*EACCES/) }
    await expect(storage.prepare()).rejects.toMatchObject(refusal)
    await expect(storage.write('x', text('x'))).rejects.toMatchObject(refusal)
  } finally {
    if (isRoot) process.seteuid?.(0)
    await chmod(folder, 0o755)
  }
})

// A disk of 2 MiB, where a process may have mounts of its own.
const onSmallDisk = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=2m tmpfs "$1" && shift && exec "$@"', 'sh']
const mayMount = spawnSync('unshare', [...onSmallDisk, tmpdir(), 'true']).status === 0

it.skipIf(!mayMount)('says that the disk is full, and leaves room again', () => {
  const program = `
    const { openStorage } = await import(process.argv[1])
    const { readdirSync } = await import('node:fs')
    const storage = await openStorage({ directory: process.argv[2] })
    await storage.prepare()
    async function* source() { for (let i = 0; i < 64; i++) yield Buffer.alloc(65536, 1) }
    const error = await storage.write('large', source()).catch(error => error)
    const left = readdirSync(process.argv[2])
    await storage.write('small', (async function* () { yield Buffer.alloc(1000000) })())
    console.log(JSON.stringify([error.name, error.code, error.message, left, readdirSync(process.argv[2])]))`
  const module = fileURLToPath(new URL('../../src/storage/open-storage.ts', import.meta.url))
  const disk = join(parent, 'disk')
  const node = [process.execPath, '--input-type=module', '-e', program, module, join(disk, 'files')]
  const made = spawnSync('unshare', ['-rm', 'sh', '-c', `mkdir "$1" && ${onSmallDisk[3]}`, 'sh', disk, ...node])
  expect(String(made.stderr)).toBe('')
  const [name, code, message, left, files] = JSON.parse(String(made.stdout)) as unknown[]
  expect([name, code, left, files]).toEqual(['StorageError', 'full', [], ['small']])
  expect(message).toMatch(/^There is no room left on the disk of the storage folder .*ENOSPC/)
})

it.skipIf(process.platform === 'win32')('follows no link out of the folder', async () => {
  const storage = await openStorage({ directory: folder })
  await storage.prepare()
  await writeFile(join(parent, 'secret'), 'secret')
  await symlink(join(parent, 'secret'), join(folder, 'link'))
  await expect(storage.read('link')).rejects.toMatchObject({ name: 'StorageError' })
  // Written over, the link is replaced and what it led to stays.
  await storage.write('link', text('new'))
  expect([(await stat(join(parent, 'secret'))).size, (await storage.read('link'))?.size]).toEqual([6, 3])
})

it('leaves what is not its own', async () => {
  const storage = await openStorage({ directory: folder })
  await storage.prepare()
  await storage.write('ours', text('x'))
  await writeFile(join(folder, 'README.md'), 'x')
  await writeFile(join(folder, 'notes.part'), 'x')
  await mkdir(join(folder, 'folder'))
  expect(await storage.sweep(everything)).toEqual({ removed: 1, unfinished: 0, hasMore: false })
  expect((await readdir(folder)).sort()).toEqual(['README.md', 'folder', 'notes.part'])
  expect(await storage.read('folder')).toBeNull()
})

it('has no links: its content is served by us', async () => {
  const storage = await openStorage({ directory: folder })
  expect(await storage.link('x', { seconds: 60, contentType: 'text/csv', fileName: 'x.csv' })).toBeNull()
})
