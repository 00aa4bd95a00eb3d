import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { makeNotes, newKey, startNotes } from '../idempotency/notes.ts'
import { spawnNotes } from '../idempotency/spawn-notes.ts'
import { describeEachServer } from '../support/databases.ts'
import { chooseSeed } from '../support/seed.ts'

const seed = chooseSeed(process.env.WRITES_SEED)

/** Runs the work for each item, so many at a time. */
async function forEach<T>(items: readonly T[], concurrency: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

describeEachServer('writers at the same time', server => {
  it('lose no update with If-Match: 50 of them count twenty records up 1,000 times in all', async () => {
    const notes = await startNotes(await makeNotes(server))
    try {
      const records = Array.from({ length: 20 }, (_, i) => i).map(i => ({ ref: `counter ${i}`, text: '' }))
      const made = await notes.send('/notes', records)
      const paths: string[] = made.json.data.map(({ id }: { id: number }) => `/notes/${id}`)
      let late = 0
      const refused: string[] = []
      const countUp = async (i: number): Promise<void> => {
        const path = paths[i % paths.length] as string
        const { json, headers } = await notes.api.get(path, { token: notes.tokens.regular })
        const change = { count: json.data.count + 1, text: `by ${i}` }
        const match = { 'if-match': headers.get('etag') ?? '' }
        const { status, text } = await notes.send(path, change, { method: 'PATCH', headers: match })
        if (status === 412) {
          late += 1
          return countUp(i)
        }
        if (status !== 200) refused.push(text)
      }
      await forEach(
        Array.from({ length: 1_000 }, (_, i) => i),
        50,
        countUp,
      )
      expect(refused).toEqual([])
      expect(await notes.column('select count from notes order by id')).toEqual(records.map(() => 50))
      // Else nobody was in anybody's way, and the test has shown nothing.
      expect(late).toBeGreaterThan(0)
      expect(notes.api.errors).toEqual([])
      console.info(`${server.name}: 1,000 updates, ${late} times 412`)
    } finally {
      await notes.close()
    }
  }, 240_000)

  it(`find every acknowledged write once, and none half, after kill -9 of the server (seed ${seed})`, async () => {
    const database = await makeNotes(server)
    const notes = await startNotes(database)
    const first = await spawnNotes(database)
    const killAfter = 50 + (seed % 850)
    const requests = Array.from({ length: 1_000 }, (_, i) => ({ ref: `r${i}`, key: newKey() }))
    // Two records each: a half write would show as one.
    const send = (url: string, { ref, key }: (typeof requests)[number]) =>
      fetch(`${url}/notes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify([1, 2].map(i => ({ ref, text: `${i}` }))),
      }).then(async reply => ({
        status: reply.status,
        replayed: reply.headers.has('idempotency-replayed'),
        text: await reply.text(),
      }))
    const numbers = 'select distinct count(*)::int from notes group by ref'

    const acknowledged = new Map<string, string>()
    let killed: Promise<void> | undefined
    let cut = 0
    await forEach(requests, 20, async request => {
      try {
        const { status, text } = await send(first.url, request)
        expect(status, text).toBe(201)
        acknowledged.set(request.ref, text)
        if (acknowledged.size === killAfter) killed = first.kill()
      } catch (error) {
        // What the dead server answers: nothing.
        if (!(error instanceof TypeError)) throw error
        cut += 1
      }
    })
    await killed
    expect(acknowledged.size).toBeGreaterThanOrEqual(killAfter)
    expect(cut).toBe(1_000 - acknowledged.size)
    expect(await notes.column(numbers)).toEqual([2])
    const refs = new Set(await notes.column('select distinct ref from notes'))
    expect([...acknowledged.keys()].filter(ref => !refs.has(ref))).toEqual([])

    const second = await spawnNotes(database)
    try {
      let recovered = 0
      await forEach(requests, 20, async request => {
        let reply = await send(second.url, request)
        // A session of the dead server may still hold the key.
        while (reply.status === 409) {
          await sleep(50)
          reply = await send(second.url, request)
        }
        expect(reply.status, reply.text).toBe(201)
        const known = acknowledged.get(request.ref)
        if (known !== undefined) expect([reply.replayed, reply.text]).toEqual([true, known])
        else if (reply.replayed) recovered += 1
      })
      expect(await notes.column(numbers)).toEqual([2])
      expect(await notes.column('select count(distinct ref)::int from notes')).toEqual([1_000])
      console.info(`${server.name}: ${acknowledged.size} acknowledged before the kill, ${recovered} done and not told`)
    } finally {
      await second.kill()
      await notes.close()
    }
  }, 240_000)
})
