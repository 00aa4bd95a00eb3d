// The binaries where npm ran no scripts, and where the server's user cannot reach them.
import { existsSync, lstatSync } from 'node:fs'
import { chmod, cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findBinaries } from './find-binaries.ts'
import { prepareBinaries } from './prepare-binaries.ts'
import { run } from './run.ts'

const NOBODY = { uid: 65534, gid: 65534 }
let folder: string
let native: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colonnade-binaries-'))
  await chmod(folder, 0o755)
  native = join(folder, 'native')
  // As npm unpacks them: without a single link.
  const filter = (path: string) => !lstatSync(path).isSymbolicLink()
  await cp(findBinaries().folder, native, { recursive: true, filter })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const versionOf = (binaries: string, account?: typeof NOBODY) =>
  run(join(binaries, 'bin', 'postgres'), ['--version'], { dir: '/', home: '/', data: '/', account })

describe.skipIf(process.platform === 'win32')('prepareBinaries', () => {
  it('makes the links that npm did not make', async () => {
    await expect(versionOf(native)).rejects.toThrow('libicui18n')
    expect(await prepareBinaries({ folder: native, key: '18-test' }, undefined, folder)).toBe(native)
    expect(await versionOf(native)).toMatch(/^postgres \(PostgreSQL\) 18/)
  })

  it.skipIf(process.getuid?.() !== 0)('makes one copy, with links, where the account cannot enter', async () => {
    await chmod(native, 0o700)
    const binaries = { folder: native, key: '18-test' }
    const copies = await Promise.all([1, 2].map(() => prepareBinaries(binaries, NOBODY, folder)))
    expect(new Set(copies)).toEqual(new Set([join(folder, 'postgresql-18-test')]))
    expect(await versionOf(copies[0] ?? '', NOBODY)).toMatch(/^postgres \(PostgreSQL\) 18/)
    expect((await readdir(folder)).sort()).toEqual(['native', 'postgresql-18-test'])
    expect(existsSync(join(folder, 'postgresql-18-test', 'share', 'postgresql', 'postgres.bki'))).toBe(true)
  })
})
