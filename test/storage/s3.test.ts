// What only a storage in S3 does: links, lifecycle rules, settings, refusals, and packages that may be missing.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PutBucketLifecycleConfigurationCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStorage } from '../../src/storage/open-storage.ts'
import type { S3Options } from '../../src/storage/s3/s3-options.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { type S3Server, startS3Server } from '../support/s3-server.ts'

let server: S3Server
const opened: Storage[] = []
const warnings: string[] = []
beforeEach(async () => {
  server = await startS3Server()
  warnings.length = 0
})
afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close()
  await server.stop()
})

async function open(options: Partial<S3Options> = {}): Promise<Storage> {
  const config = { s3: { ...server.options, ...options } }
  const storage = await openStorage(config, { warn: message => warnings.push(message) })
  opened.push(storage)
  return storage
}

async function* bytes(count: number): AsyncGenerator<Uint8Array> {
  for (let left = count; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536), 'x')
}
const at = (ms: number) => new Date(Date.now() + ms)

function client(): S3Client {
  const { endpoint = '', region = '' } = server.options
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials })
}

it('links to a file for some seconds, by a name, and kept by nobody', async () => {
  const storage = await open()
  await storage.write('report', bytes(5), { contentType: 'application/json' })
  const link = await storage.link('report', { seconds: 2, contentType: 'text/csv', fileName: 'Årets trafik.csv' })
  const answer = await fetch(link ?? '')
  expect([answer.status, await answer.text()]).toEqual([200, 'xxxxx'])
  const headers = ['content-type', 'cache-control', 'content-disposition'].map(name => answer.headers.get(name))
  expect(headers).toEqual([
    'text/csv',
    'private, no-store',
    `attachment; filename="_rets trafik.csv"; filename*=UTF-8''%C3%85rets%20trafik.csv`,
  ])
  expect(new URL(link ?? '').searchParams.get('X-Amz-Expires')).toBe('2')
  await sleep(3_100)
  expect((await fetch(link ?? '')).status).toBe(403)
})

it.each([0, -1, 1.5, 604_801, Number.NaN])('makes no link for %d seconds', async seconds => {
  const storage = await open()
  const link = storage.link('x', { seconds, contentType: 'text/csv', fileName: 'x' })
  await expect(link).rejects.toMatchObject({ name: 'StorageError' })
})

it('puts its lifecycle rule beside the rules of others, once', async () => {
  const theirs = { ID: 'theirs', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 365 } } as const
  const LifecycleConfiguration = { Rules: [theirs] }
  await client().send(new PutBucketLifecycleConfigurationCommand({ Bucket: 'tests', LifecycleConfiguration }))
  await (await open()).prepare()
  await (await open({ expireAfterDays: 2 })).prepare()
  await (await open({ expireAfterDays: 2 })).prepare()
  const puts = server.requests.filter(request => /^PUT .*lifecycle/.test(request))
  // One is theirs; the last of ours found all as it should be.
  expect([puts.length, warnings]).toEqual([3, []])
  const rules = server.lifecycle?.match(/<Rule>.*?<\/Rule>/g) ?? []
  expect(rules).toHaveLength(2)
  expect(rules[0]).toContain('<ID>theirs</ID>')
  expect(rules[0]).toContain('<Days>365</Days>')
  expect(rules[1]).toContain('<Prefix>files/</Prefix>')
  expect(rules[1]).toContain('<Expiration><Days>2</Days></Expiration>')
  expect(rules[1]).toContain('<DaysAfterInitiation>1</DaysAfterInitiation>')
})

it('goes on where the bucket knows no lifecycle rules and no lists of uploads, and says so', async () => {
  server.isComplete = false
  const storage = await open()
  await storage.prepare()
  expect(warnings).toEqual([expect.stringMatching(/lifecycle rule for tests\/files\/ was not put \(NotImplemented\)/)])
  await storage.write('one', bytes(1))
  server.isComplete = true
  server.refuses = null
  expect(await storage.sweep({ expiredBefore: at(60_000), unfinishedBefore: at(0) })).toMatchObject({ removed: 1 })
  server.isComplete = false
  const none = { expiredBefore: at(-60_000), unfinishedBefore: at(0) }
  expect(await storage.sweep(none)).toEqual({ removed: 0, unfinished: 0, hasMore: false })
  expect(warnings[1]).toMatch(/does not list unfinished uploads/)
})

it('puts no rule where it may not read those that are there', async () => {
  server.refuses = /^GET .*lifecycle/
  await (await open()).prepare()
  expect(warnings).toEqual([expect.stringContaining('(AccessDenied)')])
  expect(server.requests.filter(request => /^PUT .*lifecycle/.test(request))).toEqual([])
})

it.each<[string, Partial<S3Options>, RegExp]>([
  ['there is no such bucket', { bucket: 'nowhere' }, /nowhere is not there/],
  ['the key is unknown', { credentials: { accessKeyId: 'A', secretAccessKey: 'B' } }, /does not take the credentials/],
  ['nobody listens', { endpoint: 'http://127.0.0.1:9' }, /cannot be reached/],
  ['credentials are missing', { credentials: () => Promise.reject(new Error('none')) }, /none/],
])('says at start that %s', async (_, options, message) => {
  const storage = await open(options)
  await expect(storage.prepare()).rejects.toMatchObject({
    name: 'StorageError',
    message: expect.stringMatching(message),
  })
})

it('says at start which permissions it needs', async () => {
  server.refuses = /^PUT/
  const refusal = { code: 'bad_setup', message: expect.stringContaining('s3:PutObject') }
  await expect((await open()).prepare()).rejects.toMatchObject(refusal)
})

it.each<Partial<S3Options>>([
  { bucket: '' },
  { prefix: '' },
  { prefix: '/' },
  { prefix: '../x' },
  { prefix: 'a//b' },
  { partBytes: 1_000 },
  { parallelParts: 0 },
  { expireAfterDays: 0 },
])('refuses the settings %o', async options => {
  await expect(open(options)).rejects.toMatchObject({ name: 'StorageError', code: 'bad_setup' })
})

it('tells why a part failed, and leaves nothing', async () => {
  const storage = await open()
  server.refuses = /partNumber=2/
  const write = storage.write('broken', bytes(20_000_000))
  await expect(write).rejects.toMatchObject({ code: 'bad_setup', cause: { name: 'AccessDenied' } })
  expect([await server.uploads(), await storage.read('broken')]).toEqual([[], null])
})

it('tells the error that ended a write, also when the upload cannot be given up', async () => {
  const storage = await open()
  server.refuses = /partNumber=2|^DELETE/
  await expect(storage.write('broken', bytes(20_000_000))).rejects.toMatchObject({ cause: { name: 'AccessDenied' } })
  expect([(await server.uploads()).length, warnings]).toEqual([1, [expect.stringContaining('left for the sweep')]])
  server.refuses = null
  expect(await storage.sweep({ expiredBefore: at(0), unfinishedBefore: at(60_000) })).toMatchObject({ unfinished: 1 })
})

const arrived = (pattern: RegExp) =>
  expect.poll(() => server.requests.some(request => pattern.test(request))).toBe(true)

it('ends a write at once when it is aborted, though its last part hangs', async () => {
  const storage = await open()
  const controller = new AbortController()
  server.holds = { pattern: /partNumber=3/, until: new Promise(() => undefined) }
  const write = storage.write('hung', bytes(20_000_000), { signal: controller.signal })
  write.catch(() => undefined)
  await arrived(/partNumber=3/)
  controller.abort(new Error('cancelled'))
  await expect(write).rejects.toThrow('cancelled')
  expect([await server.uploads(), await storage.read('hung')]).toEqual([[], null])
  expect(server.requests.filter(request => /^POST .*uploadId=/.test(request))).toEqual([])
}, 15_000)

it.each([
  ['parts', 20_000_000, /^POST .*uploadId=/],
  ['one request', 1_000, /^PUT .*late/],
])('does not interrupt the request by which a file in %s appears', async (_, count, pattern) => {
  const storage = await open()
  const controller = new AbortController()
  const gate = Promise.withResolvers<void>()
  server.holds = { pattern, until: gate.promise }
  const write = storage.write('late', bytes(count), { signal: controller.signal })
  await arrived(pattern)
  controller.abort(new Error('cancelled'))
  await sleep(100)
  gate.resolve()
  expect((await write).size).toBe(count)
  expect((await storage.read('late'))?.size).toBe(count)
})

it('leaves what is not its own', async () => {
  const storage = await open()
  await storage.write('ours', bytes(1))
  for (const Key of ['ours', 'filesystem', 'files/a.txt', 'files/deeper/x', 'other/x']) {
    await client().send(new PutObjectCommand({ Bucket: 'tests', Key, Body: 'x' }))
  }
  expect(await storage.sweep({ expiredBefore: at(60_000), unfinishedBefore: at(60_000) })).toMatchObject({ removed: 1 })
  const other = await open({ prefix: 'other' })
  expect((await other.read('x'))?.size).toBe(1)
})

it('names the packages to install where they are missing, and asks for none of them over a directory', () => {
  // The rooms alone, where no package can be found.
  const folder = mkdtempSync(join(tmpdir(), 'colonnade-bare-'))
  try {
    for (const room of ['storage', 'respond/to-content-disposition.ts']) {
      cpSync(fileURLToPath(new URL(`../../src/${room}`, import.meta.url)), join(folder, room), { recursive: true })
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    const program = `
      import { openStorage } from './storage/open-storage.ts'
      await (await openStorage({ directory: 'files' })).prepare()
      await openStorage({ s3: { bucket: 'b' } }).catch(error => console.log(error.code, error.message))`
    writeFileSync(join(folder, 'main.ts'), program)
    const { stdout, stderr } = spawnSync(process.execPath, ['main.ts'], { cwd: folder, encoding: 'utf8' })
    expect([stderr, stdout.trim()]).toEqual([
      '',
      'bad_setup Storage in S3 needs packages that are not installed: ' +
        'npm install @aws-sdk/client-s3 @aws-sdk/lib-storage @aws-sdk/s3-request-presigner',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
