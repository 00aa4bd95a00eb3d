// Writes the log: a line a request, a line an error, never a header, a query, a body or anything else that a caller sent.
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
  /** Where lines go; standard error when it is left out. */
  readonly write?: (line: string) => void
}

export interface RequestLine {
  readonly requestId: string
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  readonly method: string
  /** A template; null for a path that names nothing. */
  readonly route: string | null
  readonly status: number
  readonly durationMs: number
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
  write,
}: LogOptions): Log {
  // Lines leave together while an earlier write goes on: nobody waits for the disk.
  const direct = write ? undefined : pino.destination({ fd: 2, sync: false })
  const out = write ?? ((line: string) => void direct?.write(line))
  const isColored = !write && process.stderr.isTTY === true
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: label => ({ level: label }) } },
    { write: format === 'pretty' ? line => out(toPrettyLine(line, isColored)) : out },
  )
  return {
    principal,
    request: line => logger.info(line, 'request'),
    failure(error, requestId) {
      const words = databaseWords && logger.isLevelEnabled('debug')
      logger.error({ ...(requestId !== undefined && { requestId }), error: describeFailure(error, words) }, 'failed')
    },
    info: message => logger.info(message),
    flush: () => direct?.flushSync(),
  }
}
