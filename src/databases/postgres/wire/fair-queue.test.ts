// Plans take turns, and within a plan the first to come is the first to go.
import { describe, expect, it } from 'vitest'
import { FairQueue } from './fair-queue.ts'
import type { PendingRead } from './pending-read.ts'
import { ServiceTimes } from './service-times.ts'

function pending(name: string, id: string): PendingRead {
  return {
    statement: { name, text: id, values: [] },
    values: [],
    waiting: { isGone: () => false },
    since: 0,
    succeed: () => undefined,
    fail: () => undefined,
    flush: 0,
    settled: false,
    sent: 0,
    lost: 0,
    stale: false,
    writes: false,
  }
}

function queueOf(...ids: readonly string[]): FairQueue {
  const queue = new FairQueue()
  for (const id of ids) queue.add(pending(id.charAt(0), id))
  return queue
}

/** Takes by turns, as the pool does. */
function drain(queue: FairQueue): string[] {
  const taken: string[] = []
  for (let [plan] = queue.plans(); plan !== undefined; [plan] = queue.plans())
    taken.push(queue.take(plan)?.statement.text ?? 'none')
  return taken
}

describe('FairQueue', () => {
  it('gives each plan its turn, however many reads another has', () => {
    expect(drain(queueOf('a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'c2'))).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4'])
  })

  it('puts a plan that was served behind those that came meanwhile', () => {
    const queue = queueOf('a1', 'a2', 'b1')
    expect(queue.take('a')?.statement.text).toBe('a1')
    queue.add(pending('c', 'c1'))
    expect([...queue.plans()]).toEqual(['b', 'a', 'c'])
  })

  it('puts a read that has waited already before all others of its plan', () => {
    const queue = queueOf('a2', 'b1')
    queue.addFirst(pending('a', 'a1'))
    queue.addFirst(pending('c', 'c1'))
    expect(queue.size).toBe(4)
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2'])
    expect(queue.size).toBe(0)
  })

  it('takes out all that a test holds for, and keeps the order of the rest', () => {
    const queue = queueOf('a1', 'a2', 'b1', 'c1', 'a3')
    const taken = queue.takeAll(({ statement }) => ['a2', 'b1', 'a3'].includes(statement.text))
    expect(taken.map(({ statement }) => statement.text)).toEqual(['a2', 'a3', 'b1'])
    expect(queue.size).toBe(2)
    expect(drain(queue)).toEqual(['a1', 'c1'])
    expect(queue.takeAll(() => true)).toEqual([])
  })

  it('has nothing for a plan that nobody waits for', () => {
    const queue = queueOf('a1')
    expect(queue.take('b')).toBeUndefined()
    queue.take('a')
    expect(queue.take('a')).toBeUndefined()
    expect(queue.size).toBe(0)
  })

  it('expects of all that waits what each plan took before', () => {
    const times = new ServiceTimes()
    times.note('a', 2)
    times.note('b', 0.5)
    expect(queueOf('a1', 'a2', 'b1').expectedMs(times)).toBeCloseTo(4.5)
    expect(queueOf().expectedMs(times)).toBe(0)
  })
})
