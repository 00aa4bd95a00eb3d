// Lets the driver connect and authenticate (TLS, SCRAM, certificates, .pgpass, time-outs), then takes its socket.
import type { Socket } from 'node:net'
import pg from 'pg'
import { endClient, socketOf } from '../end-client.ts'
import { makeReadingSocket } from './reading-socket.ts'

/** A connection that the driver has left to us, idle and ready for a query. */
export interface TakenOver {
  readonly socket: Socket
  /** The driver's client, which knows how to end and to cancel. */
  readonly client: pg.Client
}

/**
 * @param settings one statement that pins the session
 * @throws what the driver says where there is no connection
 */
export async function takeOver(config: pg.ClientConfig, settings: string): Promise<TakenOver> {
  const timeoutMs = config.connectionTimeoutMillis || 5_000
  const given = { keepAlive: true, ...config, connectionTimeoutMillis: timeoutMs }
  const reading = usesTls(given) ? null : makeReadingSocket()
  const client = new pg.Client(reading ? { ...given, stream: () => reading.socket } : given)
  // What becomes of the connection is told by its socket.
  client.on('error', () => undefined)
  // The driver's own time limit ends with the start-up: a server that falls silent after it would be waited for without end.
  const timer = setTimeout(() => socketOf(client).destroy(new Error('timeout expired')), timeoutMs)
  try {
    await client.connect()
    await client.query(settings)
  } catch (error) {
    void endClient(client)
    throw error
  } finally {
    clearTimeout(timer)
  }
  const socket = socketOf(client)
  // Nothing but the driver's parser listens for data; its other listeners go on, and tell the client when the socket closes.
  socket.removeAllListeners('data')
  reading?.lend()
  return { socket, client }
}

/** Said in the configuration, in its URL or in the environment: the driver works it out. */
function usesTls(config: pg.ClientConfig): boolean {
  return Boolean((new pg.Client(config) as unknown as { readonly ssl: unknown }).ssl)
}
