// One connection against a server of a few words on a real socket: every read gets the rows that are its own, or is told that it got none.
import { afterEach, describe, expect, it } from 'vitest'
import {
  bindComplete,
  commandComplete,
  dataRow,
  errorResponse,
  message,
  noticeResponse,
  notification,
  parameterStatus,
  readyForQuery,
} from '../../../../test/wire/backend-messages.ts'
import {
  type FakeServer,
  type FakeServerOptions,
  type Question,
  type Session,
  startFakeServer,
} from '../../../../test/wire/fake-server.ts'
import { type Asked, makeRead } from '../../../../test/wire/make-read.ts'
import type { PendingRead } from './pending-read.ts'
import { ServerError } from './server-error.ts'
import { takeOver } from './take-over.ts'
import { WireConnection, type WireOptions } from './wire-connection.ts'
import { LostConnectionError, ResultTooLargeError } from './wire-errors.ts'

interface Line {
  readonly connection: WireConnection
  readonly session: Session
  /** Reads that were to be sent again. */
  readonly again: PendingRead[]
  /** Why it is gone, and what was on it. */
  readonly lost: { error: Error | null; reads: readonly PendingRead[] }
  /** Adds all, sends them in one write, and waits for what becomes of them. */
  ask(asked: readonly Asked[], cost?: number): Promise<PromiseSettledResult<unknown>[]>
}

const longError = errorResponse('22012')
longError.writeInt32BE(longError.length - 1 + bindComplete().length, 1)

const echo = ({ text, values }: Question) => ({ rows: [[`${text}:${values.join()}`]] })
const options: WireOptions = { prepare: true, maxPrepared: 100, maxResultBytes: 10_000 }

describe('WireConnection', () => {
  const servers: FakeServer[] = []
  const lines: WireConnection[] = []
  afterEach(async () => {
    for (const connection of lines.splice(0)) connection.destroy(new Error('The test is over.'))
    for (const server of servers.splice(0)) await server.close()
  })

  async function start(given: FakeServerOptions): Promise<FakeServer> {
    const server = await startFakeServer(given)
    servers.push(server)
    return server
  }

  async function connectTo(server: FakeServer, given: Partial<WireOptions> = {}): Promise<Line> {
    const { socket } = await takeOver(server.config, 'select settings')
    const again: PendingRead[] = []
    const lost: Line['lost'] = { error: null, reads: [] }
    const connection = new WireConnection(
      socket,
      { ...options, ...given },
      {
        again(reads) {
          again.push(...reads)
          for (const read of reads) connection.add(read, 0)
          setImmediate(() => connection.send())
        },
        answered: () => undefined,
        drained: () => undefined,
        down(error, reads) {
          Object.assign(lost, { error, reads })
          for (const read of reads) read.fail(error)
        },
      },
    )
    lines.push(connection)
    return {
      ...{ connection, again, lost, session: server.sessions.at(-1) as Session },
      ask(asked, cost = 0) {
        for (const { read } of asked) connection.add(read, cost)
        connection.send()
        return Promise.allSettled(asked.map(({ result }) => result))
      },
    }
  }

  const right = (...texts: readonly string[]) => texts.map(text => ({ status: 'fulfilled', value: [[text]] }))

  it.each([0, 0.1, 1])('gives the answers of one write to the reads in order (expected to take %d ms)', async cost => {
    const line = await connectTo(await start({ answer: echo }))
    const asked = Array.from({ length: 50 }, (_, i) => makeRead(`text ${i % 3}`, [`${i}`, 'ä€😀']))
    expect(await line.ask(asked, cost)).toEqual(right(...asked.map((_, i) => `text ${i % 3}:${i},ä€😀`)))
    expect(line.session.parsed).toEqual(['text 0', 'text 1', 'text 2'])
    expect([line.connection.depth, line.connection.backlogMs, line.again]).toEqual([0, 0, []])
  })

  it('parses anew each time where nothing is to be prepared', async () => {
    const line = await connectTo(await start({ answer: echo }), { prepare: false })
    expect(await line.ask([makeRead('a', ['1']), makeRead('b', ['2']), makeRead('a', ['3'])])).toEqual(
      right('a:1', 'b:2', 'a:3'),
    )
    expect([...line.session.prepared.keys()]).toEqual([''])
    expect(line.session.parsed).toEqual(['a', 'b', 'a'])
  })

  it('fails the read that fails, sends those behind it up to the Sync again, and harms none before it', async () => {
    const answer = (question: Question) => (question.text === 'bad' ? { error: '22012' } : echo(question))
    const line = await connectTo(await start({ answer }))
    for (let round = 0; round < 3; round += 1) {
      const asked = ['a', 'b', 'bad', 'c', 'a', 'bad', 'd'].map((text, i) => makeRead(text, [`${i}`]))
      const [a, b, bad, c, other, worse, d] = await line.ask(asked)
      expect([a, b, c, other, d]).toEqual(right('a:0', 'b:1', 'c:3', 'a:4', 'd:6'))
      for (const failed of [bad, worse]) {
        expect(failed).toMatchObject({ status: 'rejected', reason: { code: '22012', fatal: false } })
        expect((failed as PromiseRejectedResult).reason).toBeInstanceOf(ServerError)
        expect(String((failed as PromiseRejectedResult).reason)).not.toMatch(/secret/)
      }
      expect(asked.map(({ read }) => read.sent)).toEqual([1, 1, 1, 2, 2, 2, 3])
      expect(asked.every(({ settled }) => settled() === 1)).toBe(true)
    }
    expect(line.session.parsed.toSorted()).toEqual(['a', 'b', 'bad', 'c', 'd'])
    expect(line.connection.depth).toBe(0)
  })

  it('sends nothing again where each statement has a Sync of its own', async () => {
    const answer = (question: Question) => (question.text === 'bad' ? { error: '22012' } : echo(question))
    const line = await connectTo(await start({ answer }))
    const settled = await line.ask([makeRead('a'), makeRead('bad'), makeRead('b')], 1)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(line.again).toEqual([])
  })

  it.each(['0A000', '26000', '42P05'])('prepares a statement anew that is stale by %s, once', async code => {
    let stale = false
    const answer = (question: Question) => (stale && code === '0A000' ? { error: code } : echo(question))
    const line = await connectTo(await start({ answer }))
    const { session } = line
    if (code !== '42P05') await line.ask([makeRead('a', ['0'])])
    if (code === '0A000') {
      stale = true
      const parse = session.parsed.push.bind(session.parsed)
      session.parsed.push = text => {
        stale = false
        return parse(text)
      }
    } else if (code === '26000') session.prepared.clear()
    else session.prepared.set('a', 'another text')
    const asked = [makeRead('b', ['1']), makeRead('a', ['2']), makeRead('c', ['3']), makeRead('a', ['4'])]
    expect(await line.ask(asked)).toEqual(right('b:1', 'a:2', 'c:3', 'a:4'))
    expect(await line.ask([makeRead('a', ['5'])])).toEqual(right('a:5'))
    expect(line.connection.closed).toBe(false)
  })

  it('fails a read that is found stale again', async () => {
    const answer = (question: Question) => (question.text === 'a' ? { error: '0A000' } : echo(question))
    const line = await connectTo(await start({ answer }))
    const asked = [makeRead('a'), makeRead('b')]
    const [a, b] = await line.ask(asked)
    expect(a).toMatchObject({ status: 'rejected', reason: { code: '0A000' } })
    expect(b).toEqual(right('b:')[0])
    expect(asked[0]?.read.sent).toBe(2)
  })

  it('closes what has to go also where the server skipped it, so that it never keeps more than it may', async () => {
    const answer = (question: Question) => (question.text === 'bad' ? { error: '22012' } : echo(question))
    const line = await connectTo(await start({ answer }), { maxPrepared: 3 })
    for (let i = 0; i < 30; i += 1) {
      const [bad, one] = await line.ask([makeRead('bad'), makeRead(`text ${i}`), makeRead(`text ${i + 1}`)])
      expect(bad).toMatchObject({ reason: { code: '22012' } })
      expect(one).toEqual(right(`text ${i}:`)[0])
      expect(line.session.prepared.size).toBeLessThanOrEqual(4)
    }
    expect(line.session.closed.length).toBeGreaterThan(20)
  })

  it.each(['FATAL', 'PANIC'])('gives the connection up at %s, and its reads back', async severity => {
    const raw = errorResponse('57P01', severity)
    const answer = (question: Question) => (question.text === 'die' ? { raw } : echo(question))
    const line = await connectTo(await start({ answer }))
    const asked = [makeRead('a'), makeRead('die'), makeRead('b')]
    const [a, die, b] = await line.ask(asked)
    expect(a).toEqual(right('a:')[0])
    for (const lost of [die, b]) expect((lost as PromiseRejectedResult).reason).toBeInstanceOf(LostConnectionError)
    expect(line.lost.reads).toEqual(asked.slice(1).map(({ read }) => read))
    expect(line.connection.closed).toBe(true)
  })

  it.each([
    ['TimeZone', 'Europe/Berlin'],
    ['DateStyle', 'German, DMY'],
    ['client_encoding', 'LATIN1'],
    ['standard_conforming_strings', 'off'],
  ])('gives the connection up when its %s becomes %s', async (name, value) => {
    const raw = Buffer.concat([parameterStatus(name, value), dataRow(['x']), commandComplete(1)])
    const line = await connectTo(await start({ answer: () => ({ raw }) }))
    const [settled] = await line.ask([makeRead('a')])
    expect((settled as PromiseRejectedResult).reason).toBeInstanceOf(LostConnectionError)
    expect(line.connection.closed).toBe(true)
  })

  it('overlooks notices, notifications, and settings that are as they were', async () => {
    const between = Buffer.concat([
      noticeResponse(),
      notification(),
      parameterStatus('TimeZone', 'UTC'),
      parameterStatus('application_name', 'x'),
    ])
    const raw = Buffer.concat([between, dataRow(['1']), between, dataRow(['2']), between, commandComplete(2), between])
    const server = await start({ answer: ({ text }) => (text === 'raw' ? { raw } : { rows: [[text]] }) })
    const line = await connectTo(server)
    const settled = await line.ask([makeRead('raw'), makeRead('after')])
    expect(settled.map(one => (one as PromiseFulfilledResult<unknown>).value)).toEqual([[['1'], ['2']], [['after']]])
  })

  it('fails only the read whose result is too large', async () => {
    const large = { rows: Array.from({ length: 300 }, (_, i) => [`${i}`.padEnd(100)]) }
    const line = await connectTo(
      await start({ answer: question => (question.text === 'large' ? large : echo(question)) }),
    )
    const [a, failed, b] = await line.ask([makeRead('a'), makeRead('large'), makeRead('b')])
    expect([a, b]).toEqual(right('a:', 'b:'))
    expect((failed as PromiseRejectedResult).reason).toBeInstanceOf(ResultTooLargeError)
    expect(line.again).toEqual([])
    expect(line.connection.closed).toBe(false)
  })

  it.each([
    ['a second ReadyForQuery', Buffer.concat([commandComplete(0), readyForQuery(), readyForQuery()])],
    ['ReadyForQuery before the end', readyForQuery()],
    ['rows and ends that nobody asked for', Buffer.concat(Array.from({ length: 9 }, () => commandComplete(0)))],
    ['a message of another protocol', message('?', 'x')],
    ['a description of rows', message('T', Buffer.from([0, 0]))],
    ['a length of less than its own', message('D', 'x', 2)],
    ['a length beyond all bounds', message('D', 'x', 2 ** 31 - 1)],
  ])('settles every read where the server sends %s', async (_, raw) => {
    const line = await connectTo(
      await start({ answer: question => (question.text === 'raw' ? { raw } : echo(question)) }),
    )
    const asked = [makeRead('a'), makeRead('raw'), makeRead('b'), makeRead('c')]
    const [first] = await line.ask(asked.slice(0, 1))
    expect(first).toEqual(right('a:')[0])
    await line.ask(asked.slice(1), 1)
    expect(asked.map(({ settled }) => settled())).toEqual([1, 1, 1, 1])
    expect(line.connection.closed).toBe(true)
  })

  it.each([
    ['the end of an answer is lost', dataRow(['lost'])],
    ['a row comes after the end', Buffer.concat([commandComplete(0), dataRow(['late'])])],
    ['an answer ends twice', Buffer.concat([commandComplete(0), commandComplete(0)])],
    ['an answer begins twice', Buffer.concat([message('2'), dataRow(['again']), commandComplete(1)])],
    ['an end swallows what follows', message('C', Buffer.concat([Buffer.from('SELECT 0\0'), bindComplete()]))],
    ['an error swallows what follows', Buffer.concat([longError, bindComplete()])],
    ['a Sync is answered at length', Buffer.concat([commandComplete(0), message('Z', Buffer.from('I2'))])],
  ])('never gives a read the rows of another where %s', async (_, raw) => {
    const answer = (question: Question) => (question.text === 'raw' ? { raw } : echo(question))
    const line = await connectTo(await start({ answer }))
    const asked = [makeRead('raw'), makeRead('a'), makeRead('b')]
    const [first, ...others] = await line.ask(asked)
    if (first?.status === 'fulfilled') expect(first.value).toEqual([])
    for (const one of others) expect(one).toMatchObject({ status: 'rejected' })
    expect(line.connection.closed).toBe(true)
  })

  it('never gives a read the rows of the next where the beginning of an answer is long enough to swallow its end', async () => {
    const begin = bindComplete()
    const server = await start({
      answer: echo,
      tamper(bytes) {
        const first = bytes.indexOf(begin)
        const second = bytes.indexOf(begin, first + begin.length)
        if (second < 0) return bytes
        const spoilt = Buffer.from(bytes)
        spoilt.writeInt32BE(second + begin.length - first - 1, first + 1)
        return spoilt
      },
    })
    const line = await connectTo(server)
    for (const one of await line.ask([makeRead('a', ['1']), makeRead('b', ['2'])]))
      expect(one).toMatchObject({ status: 'rejected', reason: expect.any(LostConnectionError) })
    expect(line.connection.closed).toBe(true)
  })

  it('gives each read its own rows or none, wherever the connection is cut', async () => {
    const texts = ['one', 'bad', 'two', 'three', 'one']
    let limit = Number.POSITIVE_INFINITY
    const server = await start({
      answer: question => (question.text === 'bad' ? { error: '22012' } : echo(question)),
      tamper(bytes, session) {
        const left = limit - session.sentBytes
        if (bytes.length >= left) setImmediate(() => session.socket.destroySoon())
        return bytes.length >= left ? bytes.subarray(0, Math.max(0, left)) : bytes
      },
    })
    const talk = async (line: Line): Promise<number> => {
      const asked = texts.map((text, i) => makeRead(text, [`${i}`]))
      let answered = 0
      for (const [i, settled] of (await line.ask(asked, 0.1)).entries()) {
        if (settled.status === 'fulfilled') {
          expect(settled.value).toEqual([[`${texts[i]}:${i}`]])
          answered += 1
        } else if (texts[i] === 'bad' && settled.reason instanceof ServerError) answered += 1
        else expect(settled.reason).toBeInstanceOf(LostConnectionError)
      }
      expect(asked.map(({ settled }) => settled())).toEqual(texts.map(() => 1))
      return answered
    }
    const whole = await connectTo(server)
    expect(await talk(whole)).toBe(texts.length)
    const total = whole.session.sentBytes
    const counts: number[] = []
    for (limit = 0; limit < total; limit += 1) counts.push(await talk(await connectTo(server)))
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(new Set(counts)).toEqual(new Set([0, 1, 2, 3, 4, 5]))
  })
})
