// Turns the runs of all rounds into one line a workload and contender.

/** One run of one contender. */
export interface Run {
  readonly workload: string
  readonly contender: string
  /** Requests a second. */
  readonly rps: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** CPU seconds per 10,000 requests; null where it runs in no node, or cannot be told. */
  readonly cpuNode: number | null
  readonly cpuPostgres: number | null
  /** Resident memory of the contender's process. */
  readonly bytes: number | null
}

/** Medians of the rounds. */
export interface Summary extends Run {
  readonly minRps: number
  readonly maxRps: number
}

/** In the order in which workloads and contenders come first. */
export function summarize(runs: readonly Run[]): Summary[] {
  const groups = Map.groupBy(runs, ({ workload, contender }) => `${workload}\n${contender}`)
  return [...groups.values()].map(group => {
    const [first] = group as [Run]
    const all = (pick: (run: Run) => number | null) => group.map(pick).filter(value => value !== null)
    const middle = (pick: (run: Run) => number | null) => (all(pick).length > 0 ? median(all(pick)) : null)
    return {
      workload: first.workload,
      contender: first.contender,
      rps: median(all(run => run.rps)),
      minRps: Math.min(...all(run => run.rps)),
      maxRps: Math.max(...all(run => run.rps)),
      p50: median(all(run => run.p50)),
      p99: median(all(run => run.p99)),
      cpuNode: middle(run => run.cpuNode),
      cpuPostgres: middle(run => run.cpuPostgres),
      bytes: middle(run => run.bytes),
    }
  })
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2
}

/**
 * The smallest value that `rank` of all values do not exceed (nearest rank); 0 of none.
 * @param rank 0.99 for the 99th percentile
 */
export function percentile(values: readonly number[] | Float64Array, rank: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(sorted.length * rank) - 1)] ?? 0
}
