// Listens for NOTIFY on a connection of its own, and connects again when that is cut.
import pg from 'pg'
import type { Listener } from '../database.ts'
import { endClient } from './end-client.ts'

const longestWaitMs = 30_000
const timeoutMs = 5_000

/** Of connecting, and of the one statement. */
const limits = { connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs }

/**
 * Calls back with each payload. What was sent while the connection was away is lost, so after a reconnection it calls back with `reload`.
 * @param channel a name of ours, of letters and underscores
 * @returns a function that stops and closes
 */
export async function listenTo(
  config: pg.ClientConfig,
  { onMessage, onLost }: Listener,
  onError: (error: Error) => void,
  channel = 'colonnade',
): Promise<() => Promise<void>> {
  let client: pg.Client | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  async function connect(waitMs: number, again: boolean): Promise<void> {
    // A connection that only listens would not notice that the other side has gone.
    const next = new pg.Client({ ...config, ...limits, keepAlive: true })
    next.on('notification', ({ payload }) => onMessage(payload ?? ''))
    const lost = (error?: Error) => {
      if (client !== next || stopped) return
      client = undefined
      onLost()
      if (error) onError(error)
      retry(100)
    }
    next.on('error', lost)
    next.on('end', () => lost())
    try {
      await next.connect()
      await next.query(`listen ${channel}`)
      if (stopped) return await endClient(next)
      client = next
      if (again) onMessage('reload')
    } catch (error) {
      await endClient(next)
      if (!again) throw error
      retry(Math.min(waitMs * 2, longestWaitMs))
    }
  }
  function retry(waitMs: number): void {
    if (stopped) return
    timer = setTimeout(() => void connect(waitMs, true), waitMs)
    timer.unref()
  }

  await connect(100, false)
  return async () => {
    stopped = true
    clearTimeout(timer)
    if (client) await endClient(client)
  }
}
