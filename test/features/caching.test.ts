// Entity tags follow what the caller sees and nothing else, and identical reads share statements without showing what is old.
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Library, openLibrary } from '../caching/library.ts'
import { type RequestOptions, signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

const json = { 'content-type': 'application/json' }

describeEachServer('caching', server => {
  let library: Library
  beforeAll(async () => {
    library = await openLibrary(server)
  })
  afterAll(async () => {
    await library.close()
    expect(library.api.errors).toEqual([])
  })
  const get = (path: string, options?: RequestOptions) => library.api.get(path, options)
  const tagOf = async (path: string, options?: RequestOptions) => {
    const { headers, text } = await library.ask(path, options)
    return { tag: headers.get('etag') as string, text }
  }

  describe('entity tags', () => {
    it.each<[string, RequestOptions]>([
      ['/books/1', {}],
      ['/people/person%201', {}],
      ['/books?page[size]=2&include=tags', {}],
      ['/people/2/books', {}],
      ['/books?fields=whisper', {}],
      ['/books', { method: 'QUERY', headers: json, body: '{"filter":{"shelf":"1"}}' }],
    ])('names %s, and answers 304 without a body to who has it', async (path, options) => {
      const { headers, status, text } = await get(path, options)
      expect([status, headers.get('etag')]).toEqual([200, expect.stringMatching(/^"[\w-]{27}"$/)])
      const tag = headers.get('etag') as string
      const again = await get(path, { ...options, headers: { ...options.headers, 'if-none-match': tag } })
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', tag])
      const other = await get(path, { ...options, headers: { ...options.headers, 'if-none-match': '"other"' } })
      expect([other.status, other.text]).toEqual([200, text])
    })

    it('is the same by HEAD, which is answered 304 too', async () => {
      const { tag } = await tagOf('/books/1')
      const head = await get('/books/1', { method: 'HEAD' })
      expect([head.status, head.headers.get('etag'), head.text]).toEqual([200, tag, ''])
      expect((await get('/books/1', { method: 'HEAD', headers: { 'if-none-match': tag } })).status).toBe(304)
    })

    it.each([
      ['POST', '/books/query', 200],
      ['OPTIONS', '/books', 200],
      ['OPTIONS', '/books/1', 200],
      ['GET', '/books/999', 404],
      ['GET', '/books?nothing=1', 400],
      ['GET', '/nothing', 404],
      ['DELETE', '/books', 405],
    ])('does not name what %s %s answers, and no condition changes it', async (method, path, status) => {
      const options = { method, ...(method === 'POST' && { body: '{}' }) }
      for (const condition of ['*', '"a"']) {
        const reply = await get(path, { ...options, headers: { ...json, 'if-none-match': condition } })
        expect([reply.status, reply.headers.get('etag')]).toEqual([status, null])
      }
    })

    it('tells with 304 what a cache needs, and nothing of a body', async () => {
      for (const [path, more] of [
        ['/books', []],
        ['/people/person%201', ['content-location']],
      ] as const) {
        const { tag } = await tagOf(path)
        const { status, headers, body } = await exchange(path, { 'if-none-match': tag })
        expect([status, body]).toEqual([304, ''])
        const ofConnection = ['connection', 'keep-alive']
        expect(
          Object.keys(headers)
            .filter(name => !ofConnection.includes(name))
            .sort(),
        ).toEqual(['cache-control', ...more, 'date', 'etag', 'request-id', 'vary'])
        expect(headers).toMatchObject({
          'cache-control': 'private, no-cache',
          vary: 'Accept, Authorization',
          etag: tag,
        })
      }
    })

    it('is found in lists, as a weak one, as *, and beside Cache-Control: no-cache', async () => {
      const { tag } = await tagOf('/books/1')
      for (const condition of ['*', `"a", ${tag}`, `W/${tag}`, `"a" , W/${tag},"b"`])
        expect((await get('/books/1', { headers: { 'if-none-match': condition } })).status, condition).toBe(304)
      for (const condition of ['', tag.slice(1, -1), `"a", "b"`, tag.toLowerCase() === tag ? '"x"' : tag.toLowerCase()])
        expect((await get('/books/1', { headers: { 'if-none-match': condition } })).status, condition).toBe(200)
      const headers = { 'if-none-match': tag, 'cache-control': 'no-cache', pragma: 'no-cache' }
      expect((await get('/books/1', { headers })).status).toBe(304)
    })

    it('changes exactly when the bytes do', async () => {
      const owner = await signToken('2')
      const asked = [
        ['/books', {}],
        ['/books/1', {}],
        ['/books?fields=title&include=person', {}],
        ['/books?page[size]=1&page[total]=exact&aggregate[shelf]=sum', {}],
        ['/people/2', {}],
        ['/people/2', { token: owner }],
        ['/books/1', { token: owner }],
      ] as const
      const look = () =>
        Promise.all(
          asked.map(async ([path, options]) => {
            const { status, headers, text } = await get(path, options)
            return status === 404 ? { tag: 'none', text: 'none' } : { tag: headers.get('etag'), text }
          }),
        )
      const writes = [
        `update books set secret = 'changed'`,
        `update books set updated_at = now()`,
        `update people set phone = '0', updated_at = now()`,
        `insert into books values (101, 'hidden', null, 1, false)`,
        `delete from books where id = 101`,
        `update books set title = 'other' where id = 1`,
        `update books set title = 'book 1' where id = 1`,
        `insert into books values (102, 'seen')`,
        `delete from books where id = 102`,
        `update people set name = 'p' where id = 2`,
        `insert into bans values (1, 2)`,
        `delete from bans`,
        `update people set name = 'person 2' where id = 2`,
      ]
      let before = await look()
      const first = before
      let same = 0
      for (const write of writes) {
        await library.write(write)
        const after = await look()
        for (const [i, one] of after.entries()) {
          const old = before[i] as typeof one
          expect(one.tag === old.tag, `${write}: ${asked[i]?.[0]}`).toBe(one.text === old.text)
          if (one.tag === old.tag) same += 1
        }
        // Guests see neither, and book 1 is of person 2.
        if (writes.indexOf(write) < 2) expect(after.slice(0, 5)).toEqual(before.slice(0, 5))
        if (writes.indexOf(write) < 2) expect(after[6]?.tag).not.toBe(before[6]?.tag)
        before = after
      }
      expect(same).toBeGreaterThan(20)
      expect(same).toBeLessThan(asked.length * writes.length - 10)
      expect(before.slice(0, 5)).toEqual(first.slice(0, 5))
    })
  })

  describe('identical reads at the same time', () => {
    /** Asks while the books are locked, so that nothing ends before all have asked. */
    async function askLocked(asked: readonly (readonly [string, RequestOptions])[]) {
      let arrived = 0
      const count = () => {
        arrived += 1
      }
      library.api.server.server.on('request', count)
      const before = library.api.statements.length
      await library.write('begin; lock table books in access exclusive mode')
      const replies = asked.map(([path, options]) => get(path, options))
      await vi.waitFor(() => expect(arrived).toBe(asked.length), { timeout: 10_000 })
      await library.write('rollback')
      library.api.server.server.off('request', count)
      return { replies: await Promise.all(replies), statements: library.api.statements.length - before }
    }

    it('take two statements, however many they are', async () => {
      const { replies, statements } = await askLocked(Array.from({ length: 50 }, () => ['/books?sort=-title', {}]))
      expect(statements).toBeLessThanOrEqual(2)
      expect(new Set(replies.map(one => one.text)).size).toBe(1)
      expect(replies.every(one => one.status === 200)).toBe(true)
      const bodies = Array.from(
        { length: 30 },
        () => ['/books', { method: 'QUERY', headers: json, body: '{}' }] as const,
      )
      expect((await askLocked(bodies)).statements).toBeLessThanOrEqual(2)
    })

    it('are never shared among different callers, roles or claims', async () => {
      const tokens = [
        null,
        await signToken('2'),
        await signToken('3'),
        await signToken('2', { librarian: true }),
        await signToken('2', { team: 1 }),
        await signToken('2', { team: 0 }),
        await signToken('3', { team: 0 }),
      ]
      const path = '/people?include=books&fields=phone'
      const alone: string[] = []
      for (const token of tokens) alone.push((await get(path, { token })).text)
      expect(new Set(alone).size).toBeGreaterThan(4)
      const asked = Array.from({ length: 5 }, () => tokens.map(token => [path, { token }] as const)).flat()
      const { replies, statements } = await askLocked(asked)
      expect(replies.map(one => one.text)).toEqual(Array.from({ length: 5 }, () => alone).flat())
      expect(statements).toBeGreaterThanOrEqual(tokens.length)
      expect(statements).toBeLessThanOrEqual(tokens.length * 2)
    })

    it('are shared by one caller whose claims differ where the statement binds none of them', async () => {
      const tokens = await Promise.all([1, 2, 3, 4].map(age => signToken('2', { age, name: 'x'.repeat(age) })))
      const { statements } = await askLocked(tokens.map(token => ['/books', { token }]))
      expect(statements).toBeLessThanOrEqual(2)
    })

    it('are not shared where something is computed in TypeScript', async () => {
      const { statements } = await askLocked(Array.from({ length: 5 }, () => ['/books?fields=whisper', {}]))
      expect(statements).toBe(5)
    })

    it('show what was written before the question, under load of the same question', async () => {
      let running = true
      const load = Array.from({ length: 6 }, async () => {
        for (; running; ) await get('/books/7')
      })
      try {
        const before = library.api.statements.length
        for (let i = 0; i < 100; i += 1) {
          await library.write(`update books set title = 'round ${i}' where id = 7`)
          expect((await get('/books/7')).json.data.title).toBe(`round ${i}`)
        }
        expect(library.api.statements.length - before).toBeGreaterThan(100)
      } finally {
        running = false
        await Promise.all(load)
      }
    })
  })

  /** As the bytes say, for fetch adds and hides headers. */
  function exchange(path: string, headers: Readonly<Record<string, string>>) {
    return new Promise<{ readonly status: number | undefined; readonly headers: object; readonly body: string }>(
      (resolve, reject) => {
        httpRequest(library.api.url + path, { headers, agent: false }, response => {
          let body = ''
          response.on('data', (chunk: Buffer) => {
            body += chunk.toString()
          })
          response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
        })
          .on('error', reject)
          .end()
      },
    )
  }
})
