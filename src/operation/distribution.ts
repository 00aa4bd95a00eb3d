// How often what took how long: cheap to add to, and printed by prom-client, whose own histogram looks up its labels each time.
import type { Histogram, Registry } from 'prom-client'

/** Seconds: from what a kept answer takes to the longest statement. */
const bounds = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export type Labels = Readonly<Record<string, string>>

export class Distribution {
  readonly labels: Labels
  /** By bucket; the last one is of what exceeds all bounds. */
  readonly counts: number[] = new Array<number>(bounds.length + 1).fill(0)
  sum = 0

  constructor(labels: Labels) {
    this.labels = labels
  }

  observe(seconds: number): void {
    let at = 0
    while (at < bounds.length && seconds > (bounds[at] as number)) at += 1
    this.counts[at] = (this.counts[at] as number) + 1
    this.sum += seconds
  }
}

/** @param read gives them all, when somebody prints the metrics */
export function registerHistogram(
  registry: Registry,
  { name, help }: { readonly name: string; readonly help: string },
  read: () => Iterable<Distribution>,
): void {
  const get = async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: [...read()].flatMap(valuesOf) })
  const valuesOf = ({ labels, counts, sum }: Distribution) => {
    let count = 0
    const buckets = counts.map((more, at) => {
      count += more
      return { labels: { ...labels, le: bounds[at] ?? '+Inf' }, value: count, metricName: `${name}_bucket` }
    })
    return [
      ...buckets,
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ]
  }
  // Of a metric the registry uses no more than this.
  registry.registerMetric({ name, get } as unknown as Histogram)
}
