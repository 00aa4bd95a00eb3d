// Rows become bytes, and let others have their turn.
import { expect, it } from 'vitest'
import { encodeRows } from './report-formats.ts'

async function* endless(isOver: () => boolean) {
  for (let n = 1; !isOver(); n += 1) yield { n }
}

it('lets timers come although the rows never wait', async () => {
  let ticks = 0
  const timer = setInterval(() => {
    ticks += 1
  }, 5)
  const rows = endless(() => ticks >= 3)
  let bytes = 0
  const counter = { onRow: () => undefined, onEnd: () => undefined }
  for await (const piece of encodeRows('ndjson', rows, counter)) bytes += piece.length
  clearInterval(timer)
  expect(ticks).toBeGreaterThanOrEqual(3)
  expect(bytes).toBeGreaterThan(0)
})
