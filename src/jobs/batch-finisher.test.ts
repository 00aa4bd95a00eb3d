// Outcomes that are written together: each is told its own.
import { expect, it } from 'vitest'
import { makeBatchFinisher } from './batch-finisher.ts'
import type { Claimed } from './claim.ts'

const claimed = (id: string) => ({ id }) as Claimed

it('writes together what ends in one turn, and what comes meanwhile after', async () => {
  const batches: (readonly string[])[] = []
  const finish = makeBatchFinisher(async batch => {
    batches.push(batch.map(({ id }) => id))
    await new Promise(resolve => setTimeout(resolve, 20))
    return new Set(batch.map(({ id }) => id).filter(id => id !== 'b'))
  })
  const first = ['a', 'b'].map(id => finish(claimed(id)))
  await new Promise(resolve => setTimeout(resolve, 5))
  const second = ['c', 'd'].map(id => finish(claimed(id)))
  expect(await Promise.all([...first, ...second])).toEqual([true, false, true, true])
  expect(batches).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
})

it('tells all of a batch that it could not be written, and writes the next', async () => {
  let isAway = true
  const finish = makeBatchFinisher(async batch => {
    if (isAway) throw new Error('away')
    return new Set(batch.map(({ id }) => id))
  })
  await expect(finish(claimed('a'))).rejects.toThrow('away')
  isAway = false
  expect(await finish(claimed('a'))).toBe(true)
})
