// Writes the log: a line a request, a line an error, never a header, a query, a body or anything else that a caller sent.
import { isatty } from 'node:tty'
import pino from 'pino'
import { describeFailure } from './describe-failure.ts'
import { toPrettyLine } from './pretty-line.ts'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LogOptions {
  readonly level?: LogLevel
  /** `json` for machines, `pretty` for people. */
  readonly format?: 'json' | 'pretty'
  /** Whether the id of the principal stands in the line of a request. */
  readonly principal?: boolean
  /** Whether a database's own words are told, at the level `debug`: they may print values. */
  readonly databaseWords?: boolean
  /** The open file that lines go to; standard error (2) when it is left out. */
  readonly fd?: number
  /** Gets each line in place of a file. */
  readonly write?: (line: string) => void
}

const togetherBytes = 4_096
/** A line waits no longer for others. */
const heldMs = 100

export interface RequestLine {
  readonly requestId: string
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  readonly method: string
  /** A template; null for a path that names nothing. */
  readonly route: string | null
  readonly status: number
  readonly durationMs: number
  /** Of the duration: what was waited for on purpose, for an outcome or as an event stream. */
  readonly heldMs?: number
  readonly bytes: number
  readonly principal?: string | null
  /** The caller hung up, or the answer was cut off. */
  readonly cut?: true
}

export interface Log {
  readonly principal: boolean
  request(line: RequestLine): void
  failure(error: unknown, requestId?: string): void
  info(message: string): void
  /** Writes out what is held. */
  flush(): void
}

export function makeLog({
  level = 'info',
  format = 'json',
  principal = false,
  databaseWords = false,
  fd = 2,
  write,
}: LogOptions): Log {
  // Lines leave together, as each write costs more than to make ten of them; for people, each at once.
  const together = format === 'json' ? { minLength: togetherBytes, periodicFlush: heldMs } : {}
  const direct = write ? undefined : pino.destination({ fd, sync: false, ...together })
  const out = write ?? ((line: string) => void direct?.write(line))
  const isColored = !write && isatty(fd)
  const logger = pino(
    { level, base: null, timestamp: stampTime(), formatters: { level: label => ({ level: label }) } },
    { write: format === 'pretty' ? line => out(toPrettyLine(line, isColored)) : out },
  )
  return {
    principal,
    request: line => logger.info(line, 'request'),
    failure(error, requestId) {
      const words = databaseWords && logger.isLevelEnabled('debug')
      logger.error({ ...(requestId !== undefined && { requestId }), error: describeFailure(error, words) }, 'failed')
      direct?.flush()
    },
    info: message => logger.info(message),
    flush: () => direct?.flushSync(),
  }
}

/** As ISO 8601; the second is spelled once. */
function stampTime(): () => string {
  let second = -1
  let text = ''
  return () => {
    const now = Date.now()
    const ms = now % 1000
    if (now - ms !== second) {
      second = now - ms
      text = new Date(second).toISOString().slice(0, 20)
    }
    return `,"time":"${text}${String(ms).padStart(3, '0')}Z"`
  }
}
