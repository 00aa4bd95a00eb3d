// Writes the progress of one attempt, not oftener than somebody would look.
import { type Progress, toProgress } from './to-progress.ts'

export interface ProgressWriter {
  report(done: number, total?: number, note?: string): void
  /** Nothing is written once this has resolved: with what was told and not written yet, as JSON text, for the outcome to bring along. */
  stop(): Promise<string | null>
}

/** @param write of JSON text; its failure is nobody's concern but `onError`'s */
export function makeProgressWriter(
  write: (progress: string) => Promise<unknown>,
  everyMs: number,
  onError: (error: unknown) => void,
): ProgressWriter {
  let latest: Progress | null = null
  let writing: Promise<unknown> | null = null
  let timer: NodeJS.Timeout | undefined
  let isOver = false

  function next(): void {
    timer = undefined
    if (latest === null || isOver) return
    const text = JSON.stringify(latest)
    latest = null
    writing = write(text)
      .catch(onError)
      .then(() => {
        writing = null
        if (!isOver) timer = setTimeout(next, everyMs)
      })
  }
  return {
    report(done, total, note) {
      if (isOver) return
      const said = toProgress(done, total, note)
      if (!said) return
      latest = said
      if (timer === undefined && writing === null) next()
    },
    async stop() {
      isOver = true
      clearTimeout(timer)
      await writing
      return latest && JSON.stringify(latest)
    },
  }
}
