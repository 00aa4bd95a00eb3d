// Holds entity tags to the bytes: for random questions, 304 exactly where nothing that the caller sees has changed.
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { write } from '../differential/ask.ts'
import { Choices } from '../differential/choices.ts'
import { drawQuestion } from '../differential/draw-question.ts'
import { resources } from '../differential/facts.ts'
import { View } from '../differential/view.ts'
import { loadWorld, type World } from '../differential/world.ts'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'
import { chooseSeed } from '../support/seed.ts'

describeEachServer('entity tags of random questions', server => {
  const questions = server.name.startsWith('embedded') ? 600 : 200
  const seed = chooseSeed(process.env.FC_SEED)
  let api: VideosUnderTest
  let world: World
  let client: pg.Client

  beforeAll(async () => {
    api = await startVideos(server)
    world = await loadWorld(api.database.config)
    client = new pg.Client(api.database.config as pg.ClientConfig)
    await client.connect()
  })
  afterAll(async () => {
    await client.end()
    await api.close()
  })

  /** Gives a row a value of another row, mostly of a table that the question reads; what a constraint refuses is left. */
  async function change(choices: Choices, resource: string): Promise<void> {
    const fact = resources.get(choices.chance(75) ? resource : choices.pick([...resources.keys()]))
    const columns = fact?.columns.filter(({ name }) => !fact.key.includes(name)) ?? []
    // A join table may hold nothing but its key, and a table no rows.
    if (!fact || columns.length === 0 || world.rows(fact.name).length === 0) return
    const column = choices.pick(columns).name
    const [row, other] = [choices.pick(world.rows(fact.name)), choices.pick(world.rows(fact.name))]
    const where = (from: number) => fact.key.map((name, i) => `"${name}" = $${from + i}`).join(' and ')
    const keyOf = (of: typeof row) => fact.key.map(name => of[name])
    await client
      .query(
        `update ${fact.name} set "${column}" = (select "${column}" from ${fact.name} where ${where(1)}) where ${where(1 + fact.key.length)}`,
        [...keyOf(other), ...keyOf(row)],
      )
      .catch((error: { readonly code?: string }) => {
        if (!error.code?.startsWith('23')) throw error
      })
  }

  it('hold exactly as long as the bytes are the same', { timeout: 120_000 + questions * 200 }, async () => {
    const tokens = [api.tokens.guest, api.tokens.regular, api.tokens.owner, api.tokens.admin]
    const principals = [
      { name: 'a guest', id: null, claims: {} },
      { name: 'user 20', id: '20', claims: {} },
      { name: 'user 18', id: '18', claims: {} },
      { name: 'the admin', id: '1', claims: { role: 'admin' } },
    ]
    const views = principals.map(principal => new View(world, principal))
    const seen = { asked: 0, same: 0, changed: 0 }
    const property = fc.asyncProperty(fc.gen(), async value => {
      const choices = new Choices(value)
      const who = choices.below(views.length)
      const drawn = drawQuestion(choices, views[who] as View)
      // Its first page: the tag of each page is of that page.
      const page = { kind: 'keyset', size: choices.pick([1, 3, 25]) } as const
      const { request } = write(
        { choices, camel: false },
        'url',
        drawn.page.kind === 'keyset' ? drawn : { ...drawn, page, sort: [] },
      )
      const get = (headers: Readonly<Record<string, string>> = {}) =>
        api.get(request.path, { token: tokens[who] ?? null, headers })
      const first = await get()
      if (first.status !== 200) return
      seen.asked++
      const etag = first.headers.get('etag') as string
      const unchanged = await get({ 'if-none-match': etag })
      expect([unchanged.status, unchanged.text, unchanged.headers.get('etag')], request.path).toEqual([304, '', etag])
      for (let i = 0; i < 4; i++) await change(choices, drawn.resource)
      const [plain, asked] = [await get(), await get({ 'if-none-match': etag })]
      const isSame = plain.status === 200 && plain.text === first.text
      seen[isSame ? 'same' : 'changed']++
      expect(plain.headers.get('etag') === etag, request.path).toBe(isSame)
      expect(asked.status, request.path).toBe(isSame ? 304 : plain.status)
      if (!isSame && plain.status === 200) expect(asked.text).toBe(plain.text)
    })
    await fc.assert(property, { numRuns: questions, seed, endOnFailure: true })
    console.log(`${server.name}: ${JSON.stringify(seen)}; seed ${seed}`)
    expect(seen.same).toBeGreaterThan(questions / 10)
    expect(seen.changed).toBeGreaterThan(questions / 50)
  })
})
