// Holds the API to a naive evaluation: for random questions of random principals, both give the same answer.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask } from '../differential/ask.ts'
import { Choices } from '../differential/choices.ts'
import { Mismatch } from '../differential/compare.ts'
import { drawQuestion } from '../differential/draw-question.ts'
import type { PrincipalFact } from '../differential/names.ts'
import { type Fault, View } from '../differential/view.ts'
import { loadWorld, type World } from '../differential/world.ts'
import { signToken, startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'
import { chooseSeed } from '../support/seed.ts'

const principals: readonly PrincipalFact[] = [
  { name: 'a guest', id: null, claims: {} },
  { name: 'user 20', id: '20', claims: {} },
  { name: 'user 18', id: '18', claims: {} },
  { name: 'the admin', id: '1', claims: { role: 'admin' } },
  { name: 'the private user 19', id: '19', claims: {} },
  { name: 'the suspended user 16', id: '16', claims: {} },
  { name: 'somebody whose id is no number', id: 'abc', claims: {} },
  { name: 'somebody whose id is too large', id: '99999999999', claims: {} },
  { name: 'user 20, spelled with a zero before it', id: '020', claims: {} },
]

describeEachServer('the API and a naive evaluation', server => {
  const isEmbedded = server.name.startsWith('embedded')
  // More of them, or the same again: DIFFERENTIAL_QUESTIONS=20000 FC_SEED=7.
  const questions = Number(process.env.DIFFERENTIAL_QUESTIONS ?? (isEmbedded ? 2_000 : 500))
  const seed = chooseSeed(process.env.FC_SEED)
  let api: VideosUnderTest
  let world: World
  const tokens = new Map<PrincipalFact, string | null>()

  beforeAll(async () => {
    api = await startVideos(server)
    world = await loadWorld(api.database.config)
    for (const one of principals) tokens.set(one, one.id === null ? null : await signToken(one.id, one.claims))
  })
  afterAll(() => api.close())

  async function run(numRuns: number, from: number, fault: Fault | null) {
    const views = principals.map(principal => new View(world, principal, fault))
    const seen = { questions: 0, requests: 0, documents: 0, answered: 0 }
    const property = fc.asyncProperty(fc.gen(), async value => {
      const choices = new Choices(value)
      const view = choices.pick(views)
      const asked = await ask(
        { api, view, token: tokens.get(view.principal) ?? null, choices },
        drawQuestion(choices, view),
      )
      seen.questions++
      seen.requests += asked.requests
      seen.documents += asked.documents
      if (!asked.isEmpty) seen.answered++
    })
    const result = await fc.check(property, { numRuns, seed: from, endOnFailure: fault !== null })
    return { ...seen, failed: result.failed, error: result.errorInstance, path: result.counterexamplePath }
  }

  it(`agree on ${questions} random questions`, { timeout: 120_000 + questions * 60 }, async () => {
    const { failed, error, path, ...seen } = await run(questions, seed, null)
    console.log(
      `${server.name}: ${seen.questions} questions in ${seen.requests} requests, ${seen.documents} of them as JSON:API, ${seen.answered} with records; seed ${seed}`,
    )
    if (failed)
      throw new Error(
        `Seed ${seed} (FC_SEED=${seed} asks the same), path ${path}\n${error instanceof Mismatch ? error.message : (error as Error)?.stack}`,
      )
    expect(seen.questions).toBe(questions)
    expect(seen.answered).toBeGreaterThan(questions / 3)
    expect(seen.documents).toBeGreaterThan(questions / 5)
  })

  const faults: readonly Fault[] = [
    'nulls first',
    'hidden is null',
    'foreign key unguarded',
    'invisible rows count',
    'ties by key upwards',
    'every needs one',
    'hidden sorts by value',
    'hidden groups count',
    'hidden sums count',
    'cuts are not said',
  ]
  it.runIf(isEmbedded).each(faults)(
    'disagree when the naive evaluation is wrong: %s',
    { timeout: 60_000 },
    async fault => {
      // A seed that comes to each of them soon.
      const { failed, error } = await run(2_000, 8, fault)
      expect(failed).toBe(true)
      expect(error).toBeInstanceOf(Mismatch)
    },
  )
})
