// Keeps the memory of a process small that streams rows by the million.
import { setFlagsFromString } from 'node:v8'

/**
 * While rows stream through, V8 doubles the space for new objects up to 32 MB, twice over, and lets the rest grow severalfold before it looks at
 * it, though hardly an object lives on. Kept as the process begins, and looked at once it has grown by half, five million rows take a third of the memory
 * and some more time (docs/benchmarks.md). A process that answers requests is better off without it: what many of them hold at a time would be moved to where
 * it is costly to collect.
 *
 * Node warns of flags that are set after the start; V8 reads these two at each collection.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=50')
}
