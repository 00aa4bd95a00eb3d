// A switch as it stands in a data centre: slow, busy, moody, asked in XML over a socket (README.md has the protocol).
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Weather } from './draw-fault.ts'
import { SwitchOperations, type WorkOptions } from './switch-operations.ts'
import { type Port, SwitchTable } from './switch-table.ts'
import { readXml, writeXml, type XmlElement } from './xml.ts'

export interface SwitchOptions {
  readonly host?: string
  /** 0, when left out: any free one. */
  readonly port?: number
  /** How long an operation lasts: from a second to three, when left out. */
  readonly work?: WorkOptions['work']
  /** What goes wrong, and how often: nothing, when left out. */
  readonly weather?: Weather
  /** By how much later a late answer comes: 30 seconds, when left out. */
  readonly lateMs?: number
  /** Of chance: 1, when left out. */
  readonly seed?: number
  readonly now?: () => number
}

export interface RunningSwitch {
  readonly host: string
  readonly port: number
  /** Its own table, as `<table/>` tells it. */
  ports(): readonly Port[]
  /** From now on. */
  setWeather(weather: Weather): void
  close(): Promise<void>
}

const maxRequestLength = 4096

/** Resolves when it listens. @throws where the port is taken */
export async function startSwitch(options: SwitchOptions = {}): Promise<RunningSwitch> {
  const { host = '127.0.0.1', port = 0, weather = {}, now = Date.now } = options
  const { work = { minMs: 1_000, maxMs: 3_000 }, lateMs = 30_000, seed = 1 } = options
  const stop = new AbortController()
  const table = new SwitchTable(now())
  const operations = new SwitchOperations(table, weather, { work, lateMs, seed, signal: stop.signal })
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    const gone = new AbortController()
    socket.once('close', () => {
      sockets.delete(socket)
      gone.abort()
    })
    // Who hangs up is no concern of the switch.
    socket.on('error', () => undefined)
    readLine(socket, line => {
      answer(line, table, operations, gone.signal).then(
        said => (said === 'cut' ? socket.destroy() : said !== 'silent' && socket.end(`${said}\n`)),
        () => socket.destroy(),
      )
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    host,
    port: (server.address() as AddressInfo).port,
    ports: () => table.ports(),
    setWeather(next) {
      operations.weather = next
    },
    async close() {
      stop.abort()
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** @param take given the line, or null where it has no end */
function readLine(socket: Socket, take: (line: string | null) => void): void {
  let text = ''
  const read = (more: string) => {
    text += more
    const end = text.indexOf('\n')
    if (end < 0 && text.length <= maxRequestLength) return
    socket.off('data', read)
    // Read on, or nobody would notice that who asked has gone.
    socket.resume()
    take(end < 0 || end > maxRequestLength ? null : text.slice(0, end))
  }
  socket.setEncoding('utf8').on('data', read)
}

async function answer(
  line: string | null,
  table: SwitchTable,
  operations: SwitchOperations,
  gone: AbortSignal,
): Promise<string> {
  if (line === null) return failed('malformed', 'A request is one line of at most 4 kB.')
  let request: XmlElement
  try {
    request = readXml(line)
  } catch (error) {
    return failed('malformed', (error as Error).message)
  }
  const { name: action, attributes } = request
  if (action === 'table') return writeXml('ports', {}, table.ports().map(writePort))
  const node = attributes.get('node') ?? ''
  const port = Number(attributes.get('port'))
  if (node === '' || !(Number.isInteger(port) && port >= 1 && port <= 48))
    return failed('port_unknown', 'Say node, and port from 1 to 48.')
  if (action === 'status') return writePort(table.port({ node, port }))
  if (action !== 'open' && action !== 'close') return failed('malformed', 'Ask open, close, status or table.')
  const operation = attributes.get('operation') ?? ''
  if (operation === '') return failed('malformed', 'An operation has an id.')
  const result = await operations.operate({ operation, node, port, action }, gone)
  if (typeof result === 'string') return result
  if ('done' in result) {
    const { status, revision } = result.done
    return writeXml('done', { operation, node, port, status, revision })
  }
  if (result.failed === 'busy') return failed('busy', 'The control card is busy. Ask again.', 'no')
  return failed('operation_reused', 'This id is that of another operation.')
}

function writePort(port: Port): string {
  return writeXml('port', { ...port })
}

function failed(code: string, message: string, final: 'yes' | 'no' = 'yes'): string {
  return writeXml('failed', { code, final }, message)
}
