// Says what is not measured, and why: nothing is left out silently.
import { lacks, products } from './product.ts'
import type { Workload } from './workloads.ts'

/** Why a contender that takes part in a workload cannot run it yet, or null. */
export function skipOf(contender: string, { needs }: Pick<Workload, 'needs'>): string | null {
  return products.includes(contender) ? lacks(needs) : null
}

/** A line each, such as `W4 colonnade: it cannot write yet`. */
export function listSkips(
  workloads: readonly (readonly [string, Pick<Workload, 'contenders' | 'needs'>])[],
  contenders: readonly string[],
): string[] {
  return workloads.flatMap(([name, workload]) =>
    workload.contenders
      .filter(contender => contenders.includes(contender))
      .flatMap(contender => {
        const reason = skipOf(contender, workload)
        return reason === null ? [] : [`${name} ${contender}: ${reason}`]
      }),
  )
}

/** One paragraph, or none where nothing is skipped. */
export function formatSkips(skipped: readonly string[]): string[] {
  return skipped.length === 0 ? [] : [skipped.map(line => `skipped: ${line}`).join('\n')]
}
