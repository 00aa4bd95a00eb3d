// Makes a line of the log readable for a person at a terminal.
import pc from 'picocolors'
import type { Failure } from './describe-failure.ts'

interface Line {
  readonly time: string
  readonly level: string
  readonly msg: string
  readonly method?: string
  readonly route?: string | null
  readonly status?: number
  readonly durationMs?: number
  readonly bytes?: number
  readonly requestId?: string
  readonly error?: Failure
}

/** @param json a line as the log makes it */
export function toPrettyLine(json: string, isColored: boolean): string {
  const { dim, red, yellow, green } = pc.createColors(isColored)
  const line = JSON.parse(json) as Line
  const time = dim(line.time.slice(11, 23))
  if (line.status !== undefined) {
    const color = line.status >= 500 ? red : line.status >= 400 ? yellow : green
    const rest = `${line.durationMs} ms, ${line.bytes} bytes`
    return `${time} ${color(String(line.status))} ${line.method} ${line.route ?? '(no route)'} ${dim(`${rest}, ${line.requestId}`)}\n`
  }
  if (!line.error) return `${time} ${line.msg}\n`
  const about = line.requestId === undefined ? '' : ` ${dim(line.requestId)}`
  return `${time} ${red(line.level)}${about} ${describe(line.error)}\n`
}

function describe({ type, message, stack = [], cause, errors = [] }: Failure): string {
  const places = stack.map(place => `\n    ${place}`).join('')
  const why = [...(cause ? [cause] : []), ...errors].map(one => `\n  because of ${describe(one)}`).join('')
  return `${type}: ${message}${places}${why}`
}
