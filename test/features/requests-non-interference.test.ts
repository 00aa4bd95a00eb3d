// Two databases that differ only in what the caller may not see answer alike for commands and reports: given, read, waited for, followed, performed, fetched and cancelled.
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadRequestProduct, type RequestProduct } from '../request-twins/product.ts'
import { newCounts, runCase } from '../request-twins/run-case.ts'
import { openTwins, type Twins } from '../request-twins/twins.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'
import { chooseSeed } from '../support/seed.ts'

const sources = new URL('../../src', import.meta.url).pathname
/** `NON_INTERFERENCE_SEED=…` runs a case that failed again; `NON_INTERFERENCE_SECONDS=…` searches longer. */
const seed = chooseSeed(process.env.NON_INTERFERENCE_SEED)
const seconds = Number(process.env.NON_INTERFERENCE_SECONDS ?? 3)

describeEachServer('what a caller may not see of commands and reports', server => {
  const databases: TestDatabase[] = []
  let product: RequestProduct
  let twins: Twins
  beforeAll(async () => {
    databases.push(await emptyDatabase(server), await emptyDatabase(server))
    product = await loadRequestProduct(sources)
    twins = await openTwins(
      product,
      databases.map(({ config }) => config) as unknown as [pg.ClientConfig, pg.ClientConfig],
    )
  })
  afterAll(async () => {
    await twins?.close()
    for (const database of databases) await database.drop()
  })

  it(
    'makes no difference in answers, events, waits, outcomes and contents, whatever the policy',
    async () => {
      const counts = newCounts()
      const end = performance.now() + seconds * 1000
      // However slow the machine is, a few.
      for (let at = seed; counts.policies < 4 || performance.now() < end; at++) {
        const found = await runCase(product, twins, at, counts)
        expect(found, `NON_INTERFERENCE_SEED=${at}: ${JSON.stringify(found, null, 1)}`).toBeNull()
      }
      const told = [...counts.told].sort().map(([what, count]) => `${count} × ${what}`)
      console.info(
        `${server.name}: seed ${seed}, ${counts.policies} policies, ${counts.pairs} pairs: ${told.join(', ')}`,
      )
      const sum = (part: RegExp) =>
        [...counts.told].reduce((all, [what, count]) => all + (part.test(what) ? count : 0), 0)
      expect(counts.pairs).toBeGreaterThan(counts.policies)
      for (const part of [/^GET 200/, /^GET content /, /^stream 200/, /^cancel /, /^give /])
        expect(sum(part), String(part)).toBeGreaterThan(0)
    },
    (seconds + 120) * 1000,
  )
})
