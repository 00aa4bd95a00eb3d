// What every storage does alike: whole files or none, ranges, aborts, sweeps.
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Storage, StoredFile } from '../../src/storage/storage.ts'
import { type StorageUnderTest, storages } from './storages.ts'

const mebibyte = 1024 * 1024
const minute = 60_000
const at = (ms: number) => new Date(Date.now() + ms)

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

/** Yields so many MiB, then does what it is told. */
async function* megabytes(count: number, then: () => Promise<unknown>): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i += 1) yield randomBytes(mebibyte)
  await then()
}

async function contentOf(storage: Storage, name: string, range?: { first: number; last?: number }): Promise<Buffer> {
  const file = await storage.read(name, range)
  if (!file) throw new Error(`There is no ${name}`)
  return buffer(file.content)
}

async function isThere(storage: Storage, name: string): Promise<boolean> {
  const file = await storage.read(name)
  file?.content.destroy()
  return file !== null
}

describe.each(storages)('$title', ({ open }) => {
  let subject: StorageUnderTest
  let storage: Storage
  beforeAll(async () => {
    subject = await open()
    storage = subject.storage
  })
  afterAll(() => subject?.stop())
  afterEach(async () => {
    const everything = { expiredBefore: at(minute), unfinishedBefore: at(minute) }
    await storage.sweep(everything)
    expect(await storage.sweep(everything)).toEqual({ removed: 0, unfinished: 0, hasMore: false })
  })

  it('gives back what was written, with its size and checksum', async () => {
    // More than two parts, in chunks that fit nothing.
    const content = randomBytes(11 * mebibyte + 17)
    const pieces = Array.from({ length: 120 }, (_, i) => content.subarray(i * 99_991, (i + 1) * 99_991))
    const written = await storage.write('whole', chunks(...pieces), { contentType: 'text/csv' })
    expect(written).toEqual({ size: content.length, sha256: createHash('sha256').update(content).digest('hex') })
    const { content: stream, ...span } = (await storage.read('whole')) as StoredFile
    expect(span).toEqual({ size: content.length, first: 0, last: content.length - 1 })
    expect((await buffer(stream)).equals(content)).toBe(true)
    expect(await subject.leftovers()).toEqual([])
  })

  it('takes a stream of node and a web stream', async () => {
    await storage.write('node', Readable.from([Buffer.from('a'), Buffer.from('b')]))
    await storage.write('web', new Blob(['web']).stream())
    expect([String(await contentOf(storage, 'node')), String(await contentOf(storage, 'web'))]).toEqual(['ab', 'web'])
  })

  it('keeps an empty file', async () => {
    const { size, sha256 } = await storage.write('empty', chunks())
    expect([size, sha256]).toEqual([0, createHash('sha256').digest('hex')])
    const file = (await storage.read('empty')) as StoredFile
    expect([file.size, file.first, file.last]).toEqual([0, 0, -1])
    expect(await buffer(file.content)).toHaveLength(0)
    await expect(storage.read('empty', { first: 0 })).rejects.toMatchObject({ code: 'bad_range' })
  })

  it('reads ranges', async () => {
    await storage.write('digits', chunks(Buffer.from('0123456789')))
    const part = async (first: number, last?: number) =>
      String(await contentOf(storage, 'digits', last === undefined ? { first } : { first, last }))
    expect([await part(0, 0), await part(2, 4), await part(7), await part(8, 99)]).toEqual(['0', '234', '789', '89'])
    const { content, ...span } = (await storage.read('digits', { first: 8, last: 99 })) as StoredFile
    content.destroy()
    expect(span).toEqual({ size: 10, first: 8, last: 9 })
    for (const range of [{ first: 10 }, { first: -1 }, { first: 3, last: 2 }, { first: 0.5 }, { first: Number.NaN }]) {
      await expect(storage.read('digits', range), JSON.stringify(range)).rejects.toMatchObject({ code: 'bad_range' })
    }
    expect(await storage.read('missing', { first: 1 })).toBeNull()
  })

  it('tells a missing file by null, and removes it again without complaint', async () => {
    expect(await storage.read('missing')).toBeNull()
    await storage.write('gone', chunks(Buffer.from('x')))
    await storage.remove('gone')
    await storage.remove('gone')
    expect(await storage.read('gone')).toBeNull()
  })

  it('refuses every name that is not one of its own', async () => {
    const link = { seconds: 60, contentType: 'text/plain', fileName: 'x' }
    const hostile = [
      '',
      '.',
      '..',
      '../x',
      '/etc/passwd',
      'a/b',
      'a\\b',
      'a.b',
      'a b',
      'a\0',
      'a\n',
      'å',
      '%2e',
      'a'.repeat(129),
    ]
    for (const name of hostile) {
      const attempts = [
        () => storage.write(name, chunks(Buffer.from('x'))),
        () => storage.read(name),
        () => storage.link(name, link),
        () => storage.remove(name),
      ]
      for (const attempt of attempts) {
        await expect(attempt(), JSON.stringify(name)).rejects.toMatchObject({ name: 'StorageError', code: 'bad_name' })
      }
    }
    await storage.write('A-z_0'.repeat(25), chunks(Buffer.from('x')))
  })

  it('shows nothing of a file before it is whole, and the old one until then', async () => {
    let seen: unknown
    await storage.write(
      'fresh',
      megabytes(12, async () => {
        seen = await storage.read('fresh')
      }),
    )
    expect([seen, await isThere(storage, 'fresh')]).toEqual([null, true])
    await storage.write('again', chunks(Buffer.from('old')))
    await storage.write(
      'again',
      megabytes(12, async () => {
        seen = String(await contentOf(storage, 'again'))
      }),
    )
    expect([seen, (await contentOf(storage, 'again')).length]).toEqual(['old', 12 * mebibyte])
  })

  it.each([0, 1, 12])('leaves nothing when the source fails after %i MiB, and throws what it threw', async count => {
    const failure = new Error('the cursor broke')
    const source = megabytes(count, () => Promise.reject(failure))
    await expect(storage.write('failed', source)).rejects.toBe(failure)
    expect([await storage.read('failed'), await subject.leftovers()]).toEqual([null, []])
  })

  it.each([0, 1, 12])(
    'leaves nothing when it is aborted after %i MiB, at once though the source hangs',
    async count => {
      const controller = new AbortController()
      const reason = new Error('cancelled')
      const source = megabytes(count, () => {
        setTimeout(() => controller.abort(reason), 100)
        return new Promise(() => undefined)
      })
      const started = performance.now()
      await expect(storage.write('aborted', source, { signal: controller.signal })).rejects.toBe(reason)
      expect(performance.now() - started).toBeLessThan(10_000)
      expect([await storage.read('aborted'), await subject.leftovers()]).toEqual([null, []])
    },
  )

  it('begins nothing once aborted, and closes the stream that it was given', async () => {
    const source = Readable.from([Buffer.from('x')])
    const reason = new Error('too late')
    await expect(storage.write('late', source, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect([source.destroyed, await storage.read('late')]).toEqual([true, null])
  })

  it('closes a stream that hangs when it is aborted', async () => {
    const source = new Readable({ read: () => undefined })
    const signal = AbortSignal.timeout(100)
    await expect(storage.write('hung', source, { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(source.destroyed).toBe(true)
  })

  it('ends a source that waits between two chunks when it is aborted', async () => {
    const controller = new AbortController()
    let isEnded = false
    async function* source() {
      try {
        for (;;) {
          yield randomBytes(mebibyte)
          await sleep(1)
        }
      } finally {
        isEnded = true
      }
    }
    const onProgress = (bytes: number) => bytes > 2 * mebibyte && controller.abort(new Error('enough'))
    const write = storage.write('endless', source(), { signal: controller.signal, onProgress })
    await expect(write).rejects.toThrow('enough')
    await expect.poll(() => isEnded).toBe(true)
  })

  it('waits for no source that hangs as it is ended, once aborted', async () => {
    const controller = new AbortController()
    async function* source() {
      try {
        for (;;) yield randomBytes(mebibyte)
      } finally {
        await new Promise(() => undefined)
      }
    }
    const onProgress = (bytes: number) => bytes > 2 * mebibyte && controller.abort(new Error('enough'))
    const write = storage.write('hangs-in-finally', source(), { signal: controller.signal, onProgress })
    await expect(write).rejects.toThrow('enough')
    expect(await storage.read('hangs-in-finally')).toBeNull()
  })

  it('tells its progress in bytes', async () => {
    const told: number[] = []
    await storage.write('told', chunks(randomBytes(mebibyte), randomBytes(5)), {
      onProgress: bytes => told.push(bytes),
    })
    expect(told).toEqual([262_144, 524_288, 786_432, 1_048_576, 1_048_581])
  })

  it('ends a write with what its progress throws', async () => {
    const failure = new Error('no longer wanted')
    const onProgress = (bytes: number) => {
      if (bytes > mebibyte) throw failure
    }
    await expect(
      storage.write(
        'unwanted',
        megabytes(12, () => sleep(1)),
        { onProgress },
      ),
    ).rejects.toBe(failure)
    expect([await storage.read('unwanted'), await subject.leftovers()]).toEqual([null, []])
  })

  it('copies what it takes, so that a source may use its buffer again', async () => {
    const shared = Buffer.alloc(100_000)
    async function* source() {
      for (let i = 0; i < 120; i += 1) yield shared.fill(i)
    }
    await storage.write('shared', source())
    const content = await contentOf(storage, 'shared')
    expect([0, 59, 119].map(i => content[i * 100_000])).toEqual([0, 59, 119])
  })

  it('refuses a source of text', async () => {
    const source = Readable.from(['text']) as AsyncIterable<Uint8Array>
    await expect(storage.write('text', source)).rejects.toThrow(TypeError)
    expect(await storage.read('text')).toBeNull()
  })

  it('keeps one whole file of two that are written under one name at the same time', async () => {
    const [a, b] = [Buffer.alloc(11 * mebibyte, 'a'), Buffer.alloc(12 * mebibyte, 'b')]
    await Promise.all([storage.write('same', chunks(a)), storage.write('same', chunks(b))])
    const content = await contentOf(storage, 'same')
    expect(content.equals(a) || content.equals(b)).toBe(true)
    expect(await subject.leftovers()).toEqual([])
  })

  it('serves a slow reader to the end, and one that leaves', async () => {
    const content = randomBytes(3 * mebibyte)
    await storage.write('slow', chunks(content))
    const file = (await storage.read('slow')) as StoredFile
    const taken: Buffer[] = []
    for await (const chunk of file.content) {
      taken.push(chunk as Buffer)
      await sleep(5)
    }
    expect(Buffer.concat(taken).equals(content)).toBe(true)
    // More than there are connections: one that leaves gives its own back.
    for (let i = 0; i < 100; i += 1) {
      const left = (await storage.read('slow')) as StoredFile
      left.content.destroy()
    }
    expect(await isThere(storage, 'slow')).toBe(true)
  })

  it('sweeps what is expired, without what is kept', async () => {
    for (const name of ['old', 'kept', 'fresh']) await storage.write(name, chunks(Buffer.from(name)))
    for (const name of ['old', 'kept']) await subject.age({ name }, at(-60 * minute))
    const asked: string[] = []
    const swept = await storage.sweep({
      expiredBefore: at(-30 * minute),
      unfinishedBefore: at(-30 * minute),
      isKept: async names => {
        asked.push(...names)
        return new Set(['kept'])
      },
    })
    expect(swept).toEqual({ removed: 1, unfinished: 0, hasMore: false })
    expect(asked.sort()).toEqual(['kept', 'old'])
    expect([await isThere(storage, 'old'), await isThere(storage, 'kept'), await isThere(storage, 'fresh')]).toEqual([
      false,
      true,
      true,
    ])
  })

  it('removes no more than it was told in one sweep', async () => {
    for (let i = 0; i < 5; i += 1) await storage.write(`file-${i}`, chunks(Buffer.from('x')))
    const options = { expiredBefore: at(minute), unfinishedBefore: at(-minute), maxFiles: 3 }
    expect(await storage.sweep(options)).toEqual({ removed: 3, unfinished: 0, hasMore: true })
    expect(await storage.sweep(options)).toEqual({ removed: 2, unfinished: 0, hasMore: false })
  })

  it('sweeps more files than one batch has', async () => {
    const names = Array.from({ length: 1_100 }, (_, i) => `many-${i}`)
    for (let i = 0; i < names.length; i += 20) {
      await Promise.all(names.slice(i, i + 20).map(name => storage.write(name, chunks(Buffer.from('x')))))
    }
    const sizes: number[] = []
    const isKept = async (batch: readonly string[]) => {
      sizes.push(batch.length)
      return new Set(batch.filter(name => name === 'many-7'))
    }
    const swept = await storage.sweep({ expiredBefore: at(minute), unfinishedBefore: at(-minute), isKept })
    expect([swept, sizes]).toEqual([{ removed: 1_099, unfinished: 0, hasMore: false }, [1_000, 100]])
    expect(await isThere(storage, 'many-7')).toBe(true)
  }, 120_000)

  it('sweeps beside writes and other sweeps', async () => {
    for (let i = 0; i < 40; i += 1) {
      await storage.write(`old-${i}`, chunks(Buffer.from('x')))
      await subject.age({ name: `old-${i}` }, at(-60 * minute))
    }
    const options = { expiredBefore: at(-30 * minute), unfinishedBefore: at(-30 * minute) }
    const writes = Array.from({ length: 8 }, (_, i) =>
      storage.write(
        `new-${i}`,
        megabytes(6, () => sleep(50)),
      ),
    )
    const sweeps = [storage.sweep(options), storage.sweep(options), sleep(20).then(() => storage.sweep(options))]
    const [written] = await Promise.all([Promise.all(writes), Promise.all(sweeps)])
    expect(written.map(({ size }) => size)).toEqual(Array(8).fill(6 * mebibyte))
    for (let i = 0; i < 8; i += 1) expect((await contentOf(storage, `new-${i}`)).length).toBe(6 * mebibyte)
    expect(await isThere(storage, 'old-0')).toBe(false)
  })

  it('stops a sweep that is aborted', async () => {
    await storage.write('stays', chunks(Buffer.from('x')))
    const signal = AbortSignal.abort(new Error('shutting down'))
    await expect(storage.sweep({ expiredBefore: at(minute), unfinishedBefore: at(minute), signal })).rejects.toThrow()
    expect(await isThere(storage, 'stays')).toBe(true)
  })
})
