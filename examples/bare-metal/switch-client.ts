// Asks a switch: one request over one connection, with an end to the waiting.
import { connect } from 'node:net'
import type { Operation, Port, PortName, PortStatus } from './switch-table.ts'
import { readXml, writeXml, type XmlElement } from './xml.ts'

export interface SwitchAddress {
  readonly host: string
  readonly port: number
  /** How long an answer to a command may take: 15 seconds, when left out. */
  readonly answerMs?: number
}

export interface AskOptions {
  /** How long an answer may take: 10 seconds, when left out. */
  readonly timeoutMs?: number
  /** Ends the waiting; the promise is rejected with its reason. */
  readonly signal?: AbortSignal
}

/** What the switch said in place of an answer, or that it said nothing of use. */
export class SwitchError extends Error {
  /** Of the switch, such as `busy`; or `switch_away`, `switch_silent`, `switch_cut`, `switch_garbled`. */
  readonly code: string
  /** Asking again would not help. */
  readonly isFinal: boolean

  constructor(code: string, message: string, { final = false, cause }: { final?: boolean; cause?: unknown } = {}) {
    super(message, { cause })
    this.name = 'SwitchError'
    this.code = code
    this.isFinal = final
  }
}

const maxAnswerLength = 16_000_000

/**
 * Opens or closes a port. Who gets no answer cannot know whether it was done, and asks again with the same operation: the
 * switch carries it out once, and tells what came of it as often as it is asked.
 *
 * @throws SwitchError
 * @example await switchPort(address, { operation: request.id, action: 'open', node: 'sw2.wdc-02', port: 19 }, { signal })
 */
export async function switchPort(
  address: SwitchAddress,
  { action, operation, node, port }: Operation,
  options: AskOptions = {},
): Promise<{ readonly status: PortStatus; readonly revision: number }> {
  const said = await ask(address, writeXml(action, { operation, node, port }), options)
  if (said.name !== 'done' || said.attributes.get('operation') !== operation) throw garbled()
  return { status: readStatus(said), revision: readNumber(said, 'revision') }
}

/** What the switch knows of one port. @throws SwitchError */
export async function readPort(address: SwitchAddress, name: PortName, options: AskOptions = {}): Promise<Port> {
  return toPort(await ask(address, writeXml('status', { node: name.node, port: name.port }), options))
}

/** What the switch knows of all ports that somebody has touched. @throws SwitchError */
export async function readTable(address: SwitchAddress, options: AskOptions = {}): Promise<readonly Port[]> {
  const said = await ask(address, writeXml('table', {}), options)
  if (said.name !== 'ports') throw garbled()
  return said.children.map(toPort)
}

async function ask(
  { host, port }: SwitchAddress,
  request: string,
  { timeoutMs = 10_000, signal }: AskOptions,
): Promise<XmlElement> {
  signal?.throwIfAborted()
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host, port })
    const end = (settle: () => void) => {
      clearTimeout(tooLate)
      signal?.removeEventListener('abort', onAbort)
      socket.destroy()
      settle()
    }
    const fail = (code: string, message: string, cause?: unknown) =>
      end(() => reject(new SwitchError(code, message, { cause })))
    const onAbort = () => end(() => reject(signal?.reason))
    signal?.addEventListener('abort', onAbort, { once: true })
    const tooLate = setTimeout(() => fail('switch_silent', `The switch said nothing for ${timeoutMs} ms.`), timeoutMs)
    let said = ''
    let connected = false
    socket.setEncoding('utf8')
    socket.once('connect', () => {
      connected = true
      socket.write(`${request}\n`)
    })
    socket.on('data', (more: string) => {
      said += more
      const at = said.indexOf('\n')
      if (at >= 0) end(() => resolve(said.slice(0, at)))
      else if (said.length > maxAnswerLength) end(() => reject(garbled()))
    })
    socket.once('error', error => {
      if (connected) fail('switch_cut', 'The switch cut the connection.', error)
      else fail('switch_away', 'The switch cannot be reached.', error)
    })
    socket.once('close', () => fail('switch_cut', 'The switch cut the connection.'))
  })
  const element = readAnswer(text)
  if (element.name !== 'failed') return element
  const code = element.attributes.get('code') ?? 'switch_failed'
  throw new SwitchError(code, element.text, { final: element.attributes.get('final') === 'yes' })
}

function readAnswer(text: string): XmlElement {
  try {
    return readXml(text)
  } catch (error) {
    throw garbled(error)
  }
}

function toPort(element: XmlElement): Port {
  const node = element.attributes.get('node')
  if (element.name !== 'port' || node === undefined) throw garbled()
  const number = (name: string) => readNumber(element, name)
  return {
    node,
    port: number('port'),
    status: readStatus(element),
    revision: number('revision'),
    operations: number('operations'),
    requests: number('requests'),
    overlaps: number('overlaps'),
  }
}

function readStatus({ attributes }: XmlElement): PortStatus {
  const status = attributes.get('status')
  if (status === 'opened' || status === 'closed') return status
  throw garbled()
}

function readNumber({ attributes }: XmlElement, name: string): number {
  const text = attributes.get(name) ?? ''
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw garbled()
}

function garbled(cause?: unknown): SwitchError {
  return new SwitchError('switch_garbled', 'The switch said something that is no answer.', { cause })
}

/** @param text `HOST:PORT`; where nothing is given, where `run-switch.ts` listens */
export function switchAddress(text = '127.0.0.1:7070'): SwitchAddress {
  const [, host, port] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) throw new Error(`A switch is at HOST:PORT, not at "${text}".`)
  return { host, port: Number(port) }
}
