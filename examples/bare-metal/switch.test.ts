// Asks the switch over real sockets: what it does, counts and says, in every weather.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type RunningSwitch, type SwitchOptions, startSwitch } from './switch.ts'
import { readPort, readTable, SwitchError, switchPort } from './switch-client.ts'
import type { Action } from './switch-table.ts'

const running: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

async function start(options: SwitchOptions = {}): Promise<RunningSwitch> {
  const one = await startSwitch({ work: { minMs: 1, maxMs: 5 }, lateMs: 50, ...options })
  running.push(one)
  return one
}

const ask = (at: RunningSwitch, operation: string, action: Action = 'open', port = 19, options = {}) =>
  switchPort(at, { operation, action, node: 'sw2.wdc-02', port }, options)
const port = (at: RunningSwitch, number = 19) => readPort(at, { node: 'sw2.wdc-02', port: number })
const codeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'done',
    error => {
      if (!(error instanceof SwitchError)) throw error
      return error.code
    },
  )

describe('the switch', () => {
  it('opens and closes a port, and each change has a greater number', async () => {
    const at = await start()
    expect(await port(at)).toEqual({
      ...{ node: 'sw2.wdc-02', port: 19, status: 'closed', revision: 0, operations: 0, requests: 0, overlaps: 0 },
    })
    const opened = await ask(at, 'a')
    const closed = await ask(at, 'b', 'close')
    expect([opened.status, closed.status]).toEqual(['opened', 'closed'])
    expect(closed.revision).toBeGreaterThan(opened.revision)
    expect(await port(at)).toMatchObject({ ...closed, operations: 2, requests: 2, overlaps: 0 })
    expect(await readTable(at)).toEqual(at.ports())
  })

  it('carries an operation out once, however often it is asked for, and says the same of it', async () => {
    const at = await start()
    const first = await ask(at, 'a')
    await ask(at, 'b', 'close')
    expect(await ask(at, 'a')).toEqual(first)
    expect(await port(at)).toMatchObject({ status: 'closed', operations: 2, requests: 3 })
  })

  it('carries it out once for those who ask at the same time, and counts that they were', async () => {
    const at = await start({ work: { minMs: 100, maxMs: 100 } })
    const said = await Promise.all([ask(at, 'a'), ask(at, 'a'), ask(at, 'a')])
    expect(new Set(said.map(one => one.revision)).size).toBe(1)
    expect(await port(at)).toMatchObject({ operations: 1, requests: 3, overlaps: 2 })
  })

  it('does one thing at a time on a port, and many on many', async () => {
    const at = await start({ work: { minMs: 60, maxMs: 60 } })
    const from = performance.now()
    await Promise.all(Array.from({ length: 20 }, (_, i) => ask(at, `a${i}`, 'open', i + 1)))
    const many = performance.now() - from
    await Promise.all(Array.from({ length: 5 }, (_, i) => ask(at, `b${i}`, 'close', 1)))
    // Five one after another last 300 ms at least; twenty beside each other far less than one after another.
    expect(performance.now() - from - many).toBeGreaterThan(295)
    expect(many).toBeLessThan(20 * 60)
    expect(await port(at, 1)).toMatchObject({ status: 'closed', operations: 6, overlaps: 4 })
  })

  it('refuses an id that is that of another operation, for good', async () => {
    const at = await start()
    await ask(at, 'a')
    for (const again of [ask(at, 'a', 'close'), ask(at, 'a', 'open', 20)])
      await expect(again).rejects.toMatchObject({ code: 'operation_reused', isFinal: true })
    expect(at.ports()).toMatchObject([{ operations: 1 }])
  })

  it('begins anew with greater numbers', async () => {
    const before = await start()
    const { revision } = await ask(before, 'a')
    await before.close()
    running.length = 0
    await sleep(5)
    const after = await start()
    expect((await ask(after, 'b')).revision).toBeGreaterThan(revision)
  })

  it.each([
    ['<open', 'malformed'],
    ['<hello node="a" port="1"/>', 'malformed'],
    ['<open node="a" port="1"/>', 'malformed'],
    ['<open operation="a" port="1"/>', 'port_unknown'],
    ['<open operation="a" node="a" port="49"/>', 'port_unknown'],
    ['<open operation="a" node="a" port="x"/>', 'port_unknown'],
    [`<open operation="${'a'.repeat(5_000)}" node="a" port="1"/>`, 'malformed'],
  ])('answers %j with %s', async (line, code) => {
    expect(await tell(await start(), `${line}\n`)).toMatch(
      new RegExp(`^<failed code="${code}" final="yes">.+</failed>\n$`),
    )
  })

  it('takes a request in pieces', async () => {
    const at = await start()
    const socket = connect(at.port, at.host).setNoDelay().setEncoding('utf8')
    for (const piece of ['<open oper', 'ation="é" node="a" ', 'port="1"/>', '\n']) {
      socket.write(piece)
      await sleep(5)
    }
    let said = ''
    for await (const more of socket) said += more
    expect(said).toMatch(/^<done operation="é" node="a" port="1" status="opened" revision="\d+"\/>\n$/)
  })

  it('carries out what has begun when whoever asked has gone', async () => {
    const at = await start({ work: { minMs: 50, maxMs: 50 } })
    await expect(ask(at, 'a', 'open', 19, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'switch_silent' })
    await expect.poll(() => at.ports()[0]?.operations).toBe(1)
    expect(await ask(at, 'a')).toMatchObject({ status: 'opened' })
    expect(at.ports()).toMatchObject([{ operations: 1, requests: 2, overlaps: 0 }])
  })

  it('ends at once, whoever waits', async () => {
    const at = await start({ work: { minMs: 60_000, maxMs: 60_000 } })
    const asked = codeOf(ask(at, 'a'))
    await expect.poll(() => at.ports().length).toBe(1)
    await at.close()
    running.length = 0
    expect(await asked).toBe('switch_cut')
    expect(await codeOf(ask(at, 'a'))).toBe('switch_away')
  })

  it('runs by itself', async () => {
    const args = ['--port', '0', '--min-ms', '1', '--max-ms', '2', '--cut-before', '1']
    const child = spawn(process.execPath, [join(import.meta.dirname, 'run-switch.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    running.push({ close: () => child.kill('SIGKILL') })
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
    const [, host = '', at = ''] = /listens on (.+):(\d+)/.exec(line) ?? []
    const address = { host, port: Number(at) }
    expect(await codeOf(switchPort(address, { operation: 'a', action: 'open', node: 'a', port: 1 }))).toBe('switch_cut')
    expect(await readTable(address)).toMatchObject([{ node: 'a', operations: 0, requests: 1 }])
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

describe('in bad weather', () => {
  it.each([
    ['fails', 'busy', 0],
    ['silentBefore', 'switch_silent', 0],
    ['silentAfter', 'switch_silent', 1],
    ['late', 'switch_silent', 1],
    ['cutBefore', 'switch_cut', 0],
    ['cutAfter', 'switch_cut', 1],
  ])('%s: whoever asks hears %s, and %d was done', async (fault, code, done) => {
    const at = await start({ weather: { [fault]: 1 }, lateMs: 60_000 })
    await expect(ask(at, 'a', 'open', 19, { timeoutMs: 150 })).rejects.toMatchObject({ code, isFinal: false })
    expect(await port(at)).toMatchObject({ operations: done, requests: 1 })
    at.setWeather({})
    expect(await ask(at, 'a')).toMatchObject({ status: 'opened' })
    expect(await port(at)).toMatchObject({ operations: 1, requests: 2, overlaps: 0 })
  })

  it('a late answer reaches whoever waits long enough', async () => {
    const at = await start({ weather: { late: 1 }, lateMs: 60 })
    const from = performance.now()
    expect(await ask(at, 'a')).toMatchObject({ status: 'opened' })
    expect(performance.now() - from).toBeGreaterThan(59)
  })

  it('every operation is carried out once in the end, by asking again', async () => {
    const weather = { fails: 0.15, silentBefore: 0.05, silentAfter: 0.05, late: 0.05, cutBefore: 0.1, cutAfter: 0.1 }
    const at = await start({ weather, seed: 3 })
    const untilDone = async (operation: string, number: number) => {
      for (;;) {
        const code = await codeOf(ask(at, operation, 'open', number, { timeoutMs: 100 }))
        if (code === 'done') return
      }
    }
    await Promise.all(Array.from({ length: 96 }, (_, i) => untilDone(`operation ${i}`, 1 + (i % 48))))
    const ports = await readTable(at)
    expect(ports.map(one => one.operations)).toEqual(Array.from({ length: 48 }, () => 2))
    expect(ports.reduce((sum, one) => sum + one.requests, 0)).toBeGreaterThan(96)
  })
})

describe('whoever asks', () => {
  it('ends the waiting with the reason of the signal', async () => {
    const at = await start({ work: { minMs: 60_000, maxMs: 60_000 } })
    const controller = new AbortController()
    const asked = ask(at, 'a', 'open', 19, { signal: controller.signal })
    await expect.poll(() => at.ports().length).toBe(1)
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    await expect(ask(at, 'b', 'open', 19, { signal: controller.signal })).rejects.toThrow('enough')
    expect(at.ports()).toMatchObject([{ requests: 1 }])
  })

  it.each([
    ['nothing', '', 'switch_cut'],
    ['half an answer', '<done operation="a"', 'switch_cut'],
    ['text', 'hello\n', 'switch_garbled'],
    ['another answer', '<done operation="b" status="opened" revision="1"/>\n', 'switch_garbled'],
    ['no number', '<done operation="a" status="opened" revision="new"/>\n', 'switch_garbled'],
    ['no status', '<done operation="a" status="ajar" revision="1"/>\n', 'switch_garbled'],
  ])('says so where the switch says %s', async (_, said, code) => {
    const other = createServer(socket => {
      socket.on('error', () => undefined).once('data', () => socket.end(said))
    }).listen(0, '127.0.0.1')
    running.push({ close: () => new Promise(resolve => other.close(resolve)) })
    await once(other, 'listening')
    const address = { host: '127.0.0.1', port: portOf(other) }
    expect(await codeOf(switchPort(address, { operation: 'a', action: 'open', node: 'a', port: 1 }))).toBe(code)
  })
})

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It does not listen.')
  return address.port
}

async function tell(at: RunningSwitch, text: string): Promise<string> {
  const socket = connect(at.port, at.host).setEncoding('utf8')
  socket.write(text)
  let said = ''
  for await (const more of socket) said += more
  return said
}
