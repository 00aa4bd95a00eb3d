// Holds the API to a naive evaluation: for random questions of random principals, both give the same answer.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import definition from '../../examples/videos/api.ts'
import { ask } from '../differential/ask.ts'
import { Choices } from '../differential/choices.ts'
import { Mismatch } from '../differential/compare.ts'
import { drawQuestion } from '../differential/draw-question.ts'
import type { PrincipalFact } from '../differential/names.ts'
import { type Fault, View } from '../differential/view.ts'
import { loadWorld, type World } from '../differential/world.ts'
import { type ApiUnderTest, signToken, startApi, startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
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
  const questions = Number(process.env.DIFFERENTIAL_QUESTIONS ?? (isEmbedded ? 1_000 : 250))
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

  async function run(
    numRuns: number,
    from: number,
    fault: Fault | null,
    asked = { api: api as ApiUnderTest, camel: false },
  ) {
    const views = principals.map(principal => new View(world, principal, fault))
    const seen = { questions: 0, requests: 0, documents: 0, answered: 0, parts: new Map<number, number>() }
    const property = fc.asyncProperty(fc.gen(), async value => {
      const choices = new Choices(value)
      const view = choices.pick(views)
      const answered = await ask(
        { ...asked, view, token: tokens.get(view.principal) ?? null, choices },
        drawQuestion(choices, view),
      )
      seen.questions++
      seen.requests += answered.requests
      seen.documents += answered.documents
      if (!answered.isEmpty) seen.answered++
      for (const status of answered.parts ?? []) seen.parts.set(status, (seen.parts.get(status) ?? 0) + 1)
    })
    // The smallest question is looked for in the plain spelling only: it takes long.
    const result = await fc.check(property, { numRuns, seed: from, endOnFailure: fault !== null || asked.camel })
    return { ...seen, failed: result.failed, error: result.errorInstance, path: result.counterexamplePath }
  }

  it(`agree on ${questions} random questions`, { timeout: 120_000 + questions * 60 }, async () => {
    const { failed, error, path, ...seen } = await run(questions, seed, null)
    console.log(
      `${server.name}: ${seen.questions} questions in ${seen.requests} requests, ${seen.documents} of them as JSON:API, ${seen.answered} with records; parts of lists: ${[...seen.parts].map(([status, times]) => `${times} of ${status}`).join(', ')}; seed ${seed}`,
    )
    if (failed)
      throw new Error(
        `Seed ${seed} (FC_SEED=${seed} asks the same), path ${path}\n${error instanceof Mismatch ? error.message : (error as Error)?.stack}`,
      )
    expect(seen.questions).toBe(questions)
    expect(seen.answered).toBeGreaterThan(questions / 3)
    expect(seen.documents).toBeGreaterThan(questions / 5)
    // One of 600 questions or so asks for a part that ends before it begins.
    for (const status of questions < 5_000 ? [200, 206] : [200, 206, 416])
      expect(seen.parts.has(status), String(status)).toBe(true)
  })

  it('agree where every name is in camelCase', { timeout: 120_000 + questions * 60 }, async () => {
    const spelled = await startApi({ ...definition, options: { ...definition.options, naming: 'camel' } }, api.database)
    const asked = { api: spelled, camel: true }
    const { failed, error, path, ...seen } = await run(Math.ceil(questions / 8), seed, null, asked).finally(() =>
      spelled.close(),
    )
    console.log(`${server.name}: ${seen.questions} questions in camelCase, ${seen.answered} with records; seed ${seed}`)
    if (failed) throw new Error(`Seed ${seed}, path ${path}\n${(error as Error)?.message}`)
    expect(seen.answered).toBeGreaterThan(seen.questions / 3)
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
    'ends are never exclusive',
    'open ranges have no nulls',
    'backward ranges are empty',
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
