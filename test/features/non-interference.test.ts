// Two databases that differ only in what the caller may not see answer alike: the promise of reads, for random policies.
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Budget, type Counts, newCounts, runCase } from '../non-interference/harness.ts'
import { loadProduct, type Product } from '../non-interference/product.ts'
import { reportDifference } from '../non-interference/report.ts'
import { openTwins, type TwinDatabases } from '../non-interference/twin-databases.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'
import { chooseSeed } from '../support/seed.ts'

const sources = new URL('../../src', import.meta.url).pathname
/** `NON_INTERFERENCE_SEED=…` runs the cases of a failure again; `NON_INTERFERENCE_SECONDS=…` searches longer. */
const seed = chooseSeed(process.env.NON_INTERFERENCE_SEED)
const asked = process.env.NON_INTERFERENCE_SECONDS

describeEachServer('what a caller may not see', server => {
  const isEmbedded = server.name.startsWith('embedded')
  const seconds = asked === undefined ? (isEmbedded ? 40 : 10) : Number(asked)
  const made: TestDatabase[] = []
  let product: Product
  let twins: TwinDatabases
  beforeAll(async () => {
    made.push(await emptyDatabase(server), await emptyDatabase(server))
    product = await loadProduct(sources)
    twins = await openTwins(product, [made[0]?.config as object, made[1]?.config as object])
  })
  afterAll(async () => {
    await twins?.close()
    for (const database of made) await database.drop()
  })

  async function search(budget: Budget, counts: Counts, numRuns: number): Promise<void> {
    const end = performance.now() + seconds * 1000
    const property = fc.asyncProperty(fc.noShrink(fc.noBias(fc.nat(2 ** 31 - 1))), async one => {
      if (performance.now() > end) return
      const found = await runCase(product, twins, one, budget, counts)
      if (found) throw new Error(`${found.reason} in case ${one}:\n${await reportDifference(product, twins, found)}`)
    })
    await fc.assert(property, { seed, numRuns, endOnFailure: true })
  }

  it(
    'makes no difference in status, headers or bytes, whatever the policy and the request',
    async () => {
      const counts = newCounts()
      await search({ callers: 3, requests: 40 }, counts, 2_000)
      const share = counts.ok / counts.requests
      console.info(
        `seed ${seed}: ${counts.policies} policies, ${counts.pairs} of ${counts.callers} pairs kept with ${counts.changes} hidden changes, ${counts.requests} requests, ${Math.round(share * 100)} % of them 2xx, ${counts.documents} as JSON:API`,
      )
      expect(counts.pairs / counts.callers).toBeGreaterThan(0.8)
      expect(share).toBeGreaterThan(0.4)
      expect(counts.requests).toBeGreaterThan(seconds * 10)
      expect(counts.documents).toBeGreaterThan(counts.requests / 10)
    },
    (seconds + 60) * 1000,
  )

  it('makes no difference over real HTTP either', async () => {
    const counts = newCounts()
    // The same runtimes, but every request goes through a socket.
    const overHttp: Product = { ...product, handleRequest: (http, runtime) => sendOverHttp(product, http, runtime) }
    for (let i = 0; i < 2; i++) {
      const found = await runCase(overHttp, twins, seed + i, { callers: 2, requests: 25 }, counts)
      expect(found && (await reportDifference(product, twins, found))).toBeNull()
    }
    expect(counts.requests).toBeGreaterThan(50)
  })
})

/** One request to a server of its own. */
async function sendOverHttp(
  product: Product,
  http: Parameters<Product['handleRequest']>[0],
  runtime: Parameters<Product['handleRequest']>[1],
) {
  const server = createServer(product.makeNodeHandler(request => product.handleRequest(request, runtime)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const body = await http.body(1_000_000)
    return await new Promise<Awaited<ReturnType<Product['handleRequest']>>>((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port,
          method: http.method,
          path: http.target,
          headers: http.headers as Record<string, string>,
          agent: false,
        },
        response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers as Record<string, string>,
              body: Buffer.concat(chunks).toString(),
            }),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
}
