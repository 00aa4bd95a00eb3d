// A PostgreSQL server of a few words: it starts sessions up as the driver expects, keeps prepared statements, and answers by a script.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type pg from 'pg'
import {
  authenticationOk,
  backendKeyData,
  bindComplete,
  closeComplete,
  commandComplete,
  dataRow,
  errorResponse,
  parameterStatus,
  parseComplete,
  type Row,
  readyForQuery,
} from './backend-messages.ts'
import { FrontendReader } from './frontend-reader.ts'

export interface Question {
  readonly text: string
  readonly values: Row
  readonly session: Session
}

/** `raw` goes in place of rows and their end; nothing at all for a statement that hangs. */
export type Answer = { readonly rows: readonly Row[] } | { readonly error: string } | { readonly raw: Buffer }

export interface FakeServerOptions {
  /** What a statement answers; one that is cancelled answers 57014. */
  readonly answer: (question: Question) => Answer | Promise<Answer>
  /** Whether a session is let in; otherwise its socket is closed. */
  readonly admit?: () => boolean
  /** What is sent in place of these bytes, once the session is started up. */
  readonly tamper?: (bytes: Buffer, session: Session) => Buffer
  /** Hears cancels, and goes on. */
  readonly isDeaf?: boolean
  /** False for a server that gives no key to cancel by. */
  readonly withKey?: boolean
}

export interface Session {
  readonly id: number
  readonly socket: Socket
  /** Texts by name. */
  readonly prepared: Map<string, string>
  /** Texts of all statements that were parsed, in order. */
  readonly parsed: string[]
  /** Names of the statements that were closed. */
  readonly closed: string[]
  /** Bytes sent and received since it was started up. */
  sentBytes: number
  receivedBytes: number
  cancel: () => void
}

export interface FakeServer {
  readonly config: pg.ClientConfig
  readonly sessions: readonly Session[]
  /** CancelRequests that came. */
  readonly cancels: readonly number[]
  close(): Promise<void>
}

const firstPid = 1_000

export async function startFakeServer(options: FakeServerOptions): Promise<FakeServer> {
  const sessions: Session[] = []
  const sockets = new Set<Socket>()
  const cancels: number[] = []
  const listener = createServer({ noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    if (options.admit?.() === false) return void socket.destroy()
    serve(socket, options, sessions, pid => {
      cancels.push(pid)
      if (!options.isDeaf) sessions[pid - firstPid]?.cancel()
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return {
    config: { host: '127.0.0.1', port, user: 'fake', database: 'fake', ssl: false },
    sessions,
    cancels,
    async close() {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
      sessions.length = 0
    },
  }
}

function serve(socket: Socket, options: FakeServerOptions, sessions: Session[], onCancel: (pid: number) => void): void {
  const reader = new FrontendReader()
  let session: Session | undefined
  let working = Promise.resolve()
  socket.on('data', chunk => {
    if (session) session.receivedBytes += chunk.length
    const messages = reader.push(chunk as Buffer)
    working = working.then(async () => {
      for (const message of messages) {
        if (message.type === 'cancel') {
          onCancel(message.pid)
          socket.end()
        } else if (message.type === 'ssl') socket.write('N')
        else if (message.type === 'startup') {
          session = startSession(socket, sessions, options.withKey ?? true)
        } else if (message.type === 'Q') socket.write(Buffer.concat([commandComplete(1), readyForQuery()]))
        else if (message.type === 'X') socket.end()
        else if (session) await run(message, session)
      }
      flush()
    })
  })

  let outgoing: Buffer[] = []
  let skipping = false
  let bound: { readonly text: string; readonly values: Row } | null = null

  /** One write for all that is ready, as a server does. */
  function flush(): void {
    if (outgoing.length === 0 || !session) return
    const bytes = Buffer.concat(outgoing)
    outgoing = []
    const sent = options.tamper ? options.tamper(bytes, session) : bytes
    session.sentBytes += sent.length
    if (!socket.destroyed) socket.write(sent)
  }

  function fail(code: string): void {
    outgoing.push(errorResponse(code))
    skipping = true
  }

  async function run(message: ReturnType<FrontendReader['push']>[number], session: Session): Promise<void> {
    if (message.type === 'S') {
      outgoing.push(readyForQuery())
      skipping = false
      return
    }
    if (skipping) return
    if (message.type === 'P') {
      if (message.name !== '' && session.prepared.has(message.name)) return fail('42P05')
      session.prepared.set(message.name, message.text)
      session.parsed.push(message.text)
      outgoing.push(parseComplete())
    } else if (message.type === 'C') {
      session.prepared.delete(message.name)
      session.closed.push(message.name)
      outgoing.push(closeComplete())
    } else if (message.type === 'B') {
      const text = session.prepared.get(message.name)
      if (text === undefined) return fail('26000')
      bound = { text, values: message.values }
      outgoing.push(bindComplete())
    } else if (message.type === 'E' && bound) {
      const question = { ...bound, session }
      const given = options.answer(question)
      if (given instanceof Promise) flush()
      const cancelled = new Promise<Answer>(resolve => {
        session.cancel = () => resolve({ error: '57014' })
      })
      const answer = given instanceof Promise ? await Promise.race([given, cancelled]) : given
      session.cancel = () => undefined
      if ('error' in answer) fail(answer.error)
      else if ('raw' in answer) outgoing.push(answer.raw)
      else outgoing.push(...answer.rows.map(row => dataRow(row)), commandComplete(answer.rows.length))
    }
  }
}

function startSession(socket: Socket, sessions: Session[], withKey: boolean): Session {
  const session: Session = {
    id: sessions.length,
    socket,
    prepared: new Map(),
    parsed: [],
    closed: [],
    sentBytes: 0,
    receivedBytes: 0,
    cancel: () => undefined,
  }
  sessions.push(session)
  const bytes = [
    authenticationOk(),
    parameterStatus('server_version', '18.0'),
    parameterStatus('client_encoding', 'UTF8'),
    parameterStatus('TimeZone', 'UTC'),
    ...(withKey ? [backendKeyData(firstPid + session.id, -5)] : []),
    readyForQuery(),
  ]
  socket.write(Buffer.concat(bytes))
  return session
}
