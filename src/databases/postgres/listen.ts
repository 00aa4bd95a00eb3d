// Listens for NOTIFY on a connection of its own, and connects again when that is cut.
import pg from 'pg'

const channel = 'colonnade'
const longestWaitMs = 30_000

/**
 * Calls back with each payload. What was sent while the connection was away is lost, so after a reconnection it calls back with `reload`.
 * @returns a function that stops and closes
 */
export async function listenTo(
  config: pg.ClientConfig,
  onMessage: (payload: string) => void,
  onError: (error: Error) => void,
): Promise<() => Promise<void>> {
  let client: pg.Client | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  async function connect(waitMs: number, again: boolean): Promise<void> {
    // A connection that only listens would not notice that the other side has gone.
    const next = new pg.Client({ ...config, keepAlive: true })
    next.on('notification', ({ payload }) => onMessage(payload ?? ''))
    const lost = (error?: Error) => {
      if (client !== next || stopped) return
      client = undefined
      if (error) onError(error)
      retry(100)
    }
    next.on('error', lost)
    next.on('end', () => lost())
    try {
      await next.connect()
      await next.query(`listen ${channel}`)
      if (stopped) return await next.end()
      client = next
      if (again) onMessage('reload')
    } catch (error) {
      await next.end().catch(() => undefined)
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
    await client?.end().catch(() => undefined)
  }
}
