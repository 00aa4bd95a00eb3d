// Identical reads share a statement that was not sent yet, and nobody is given a result of before his question.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Waiting } from '../databases/database.ts'
import { SingleFlight } from './single-flight.ts'

const here: Waiting = { isGone: () => false }

/** Work that ends when it is told to; each run gives the number of those before it. */
function slowWork() {
  const runs: { readonly waiting: Waiting; readonly end: () => void; readonly fail: (error: Error) => void }[] = []
  let running = 0
  const seen = { most: 0 }
  const work = (waiting: Waiting) => {
    running += 1
    seen.most = Math.max(seen.most, running)
    const number = runs.length
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    runs.push({ waiting, end: () => resolve(number), fail: reject })
    return promise.finally(() => {
      running -= 1
    })
  }
  return { runs, work, seen }
}

describe('SingleFlight', () => {
  it('is joined in the turn in which it began', async () => {
    const flights = new SingleFlight()
    const { runs, work } = slowWork()
    const asked = [1, 2, 3].map(() => flights.run('a', here, work))
    await Promise.resolve()
    asked.push(flights.run('a', here, work))
    expect(runs).toHaveLength(1)
    runs[0]?.end()
    expect(await Promise.all(asked)).toEqual([0, 0, 0, 0])
  })

  it('is not joined later, since its statement may have been sent: one runs, one waits for it', async () => {
    const flights = new SingleFlight()
    const { runs, work, seen } = slowWork()
    const asked = [flights.run('a', here, work)]
    for (let i = 0; i < 5; i += 1) {
      await nextTurn()
      asked.push(flights.run('a', here, work))
      asked.push(flights.run('a', here, work))
    }
    expect(runs).toHaveLength(1)
    runs[0]?.end()
    await asked[0]
    await nextTurn()
    await nextTurn()
    expect(runs).toHaveLength(2)
    // This one came after the second was sent.
    asked.push(flights.run('a', here, work))
    runs[1]?.end()
    await asked[1]
    await nextTurn()
    runs[2]?.end()
    expect(await Promise.all(asked)).toEqual([0, ...Array.from({ length: 10 }, () => 1), 2])
    expect(seen.most).toBe(1)
  })

  it('gives everybody a result that was begun after his question', async () => {
    const flights = new SingleFlight()
    let clock = 0
    const work = async () => {
      await nextTurn()
      const begun = ++clock
      for (let i = begun % 3; i > 0; i -= 1) await nextTurn()
      return begun
    }
    const asked: Promise<void>[] = []
    for (let i = 0; i < 500; i += 1) {
      const since = clock
      asked.push(flights.run('a', here, work).then(begun => expect(begun).toBeGreaterThan(since)))
      if (i % 7 === 0 || i % 11 < 3) await nextTurn()
    }
    await Promise.all(asked)
    expect(clock).toBeLessThan(300)
  })

  it('keeps keys apart', async () => {
    const flights = new SingleFlight()
    const both = [flights.run('a', here, async () => 'a'), flights.run('b', here, async () => 'b')]
    expect(await Promise.all(both)).toEqual(['a', 'b'])
  })

  it('shares an error, and ends by it', async () => {
    const flights = new SingleFlight()
    const { runs, work } = slowWork()
    const first = [flights.run('a', here, work), flights.run('a', here, work)]
    await nextTurn()
    const second = flights.run('a', here, work)
    runs[0]?.fail(new Error('broken'))
    const ended = await Promise.allSettled(first)
    expect(ended.map(one => one.status === 'rejected' && one.reason.message)).toEqual(['broken', 'broken'])
    await nextTurn()
    runs[1]?.fail(new Error('again'))
    await expect(second).rejects.toThrow('again')
    await nextTurn()
    const third = flights.run('a', here, work)
    runs[2]?.end()
    expect(await third).toBe(2)
  })

  it('begins anew once it is over', async () => {
    const flights = new SingleFlight()
    const { runs, work } = slowWork()
    for (let i = 0; i < 3; i += 1) {
      const asked = flights.run('a', here, work)
      runs[i]?.end()
      expect(await asked).toBe(i)
    }
  })

  it('is gone only when all who wait for it are', async () => {
    const flights = new SingleFlight()
    const { runs, work } = slowWork()
    const gone = new Set<string>()
    const waiter = (name: string): Waiting => ({ isGone: () => gone.has(name) })
    const asked = ['one', 'two'].map(name => flights.run('a', waiter(name), work))
    await nextTurn()
    asked.push(flights.run('a', waiter('three'), work))
    const isGone = (run: number) => runs[run]?.waiting.isGone()
    gone.add('one')
    expect(isGone(0)).toBe(false)
    gone.add('two')
    expect(isGone(0)).toBe(true)
    runs[0]?.end()
    await nextTurn()
    expect(isGone(1)).toBe(false)
    gone.add('three')
    expect(isGone(1)).toBe(true)
    runs[1]?.end()
    expect(await Promise.all(asked)).toEqual([0, 0, 1])
  })
})
