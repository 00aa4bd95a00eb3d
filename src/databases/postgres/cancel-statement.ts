// Asks the server to cancel what a connection runs, over a socket of its own: a pool that is full does not stand in the way.
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type pg from 'pg'

/** What the driver keeps of a connection. */
interface Connected {
  readonly host: string
  readonly port: number
  readonly ssl: boolean | object | undefined
  readonly processID: number
  readonly secretKey: number
}

const timeoutMs = 5_000

/**
 * Sends CancelRequest (PostgreSQL, "Canceling Requests in Progress"). Resolves once the server closed the socket: by then the signal is sent,
 * so that a statement that runs later on the same connection is safe. What was not cancelled ends by its time limit.
 */
export async function cancelStatement(client: pg.ClientBase): Promise<void> {
  const { host, port, ssl, processID, secretKey } = client as unknown as Connected
  const plain = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
  const closed = untilClosed(plain)
  const socket = ssl && !host.startsWith('/') ? await encrypt(plain, host, ssl) : plain
  socket?.resume().write(message(80_877_102, processID, secretKey))
  await closed
}

function untilClosed(socket: Socket): Promise<void> {
  socket.setTimeout(timeoutMs, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  return new Promise(resolve => socket.once('close', () => resolve()))
}

/** SSLRequest first, as for any connection; undefined where the server has no TLS or the socket broke. */
async function encrypt(plain: Socket, host: string, ssl: boolean | object): Promise<Socket | undefined> {
  plain.write(message(80_877_103))
  const answer = await new Promise<Buffer | undefined>(resolve =>
    plain.once('data', resolve).once('close', () => resolve(undefined)),
  )
  if (answer?.toString('latin1') !== 'S') {
    plain.destroy()
    return undefined
  }
  const secure = connectTls({
    socket: plain,
    ...(isIP(host) === 0 && { servername: host }),
    ...(typeof ssl === 'object' && ssl),
  })
  secure.on('error', () => plain.destroy())
  secure.on('end', () => plain.destroy())
  return secure
}

/** A message of the start-up phase: its length, then 32-bit numbers. */
function message(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + numbers.length * 4)
  bytes.writeInt32BE(bytes.length, 0)
  for (const [i, number] of numbers.entries()) bytes.writeInt32BE(number, 4 + i * 4)
  return bytes
}
