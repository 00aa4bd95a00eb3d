// Reads the bench's command line.
import { parseArgs } from 'node:util'
import type { VideosSize } from '../examples/videos/seed.ts'

export interface BenchOptions {
  readonly size: Exclude<VideosSize, 'tiny'>
  readonly rounds: number
  /** Of load in one run. */
  readonly seconds: number
  /** Names; null for all. */
  readonly workloads: readonly string[] | null
  readonly contenders: readonly string[] | null
  /** Where the results go as JSON. */
  readonly json: string | null
  /** The folder for CPU profiles of the contenders; whoever writes one is slower. */
  readonly profile: string | null
}

export const usage = `npm run bench -- [options]

  --quick            small data, 3 rounds of 1.5 seconds
  --size SIZE        small (20,000 videos) or large (200,000; the default)
  --rounds N         how often each contender runs each workload (5)
  --seconds N        how long each run takes (5)
  --workloads A,B    only these, such as W1,W3,cached-200
  --contenders A,B   only these, such as node-pg,colonnade
  --json FILE        writes the medians as JSON
  --profile FOLDER   writes a CPU profile of each contender that runs in node`

/** @throws Error with a message for a person */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      size: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      workloads: { type: 'string' },
      contenders: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const size = values.size ?? (values.quick ? 'small' : 'large')
  if (size !== 'small' && size !== 'large') throw new Error(`--size is small or large, not "${size}".`)
  const rounds = toPositive(values.rounds ?? (values.quick ? '3' : '5'), '--rounds')
  if (!Number.isInteger(rounds)) throw new Error(`--rounds is a whole number, not "${values.rounds}".`)
  return {
    size,
    rounds,
    seconds: toPositive(values.seconds ?? (values.quick ? '1.5' : '5'), '--seconds'),
    workloads: toNames(values.workloads),
    contenders: toNames(values.contenders),
    json: values.json ?? null,
    profile: values.profile ?? null,
  }
}

/**
 * The entries that were asked for, in their own order.
 * @throws Error for a name that is none of them
 */
export function pick<T>(
  all: Readonly<Record<string, T>>,
  names: readonly string[] | null,
  what: string,
): [string, T][] {
  const unknown = names?.find(name => !Object.hasOwn(all, name))
  if (unknown !== undefined) throw new Error(`There is no ${what} "${unknown}": ${Object.keys(all).join(', ')}.`)
  return Object.entries(all).filter(([name]) => !names || names.includes(name))
}

function toPositive(text: string, option: string): number {
  const number = Number(text)
  if (!(number > 0 && Number.isFinite(number))) throw new Error(`${option} is a number above 0, not "${text}".`)
  return number
}

function toNames(list: string | undefined): readonly string[] | null {
  return list === undefined ? null : list.split(',').map(name => name.trim())
}
