// Tests that the servers written by hand answer as the product does, and keep from a guest what it keeps.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { captureTasks } from '../../bench/capture-tasks.ts'
import { checkAnswers, type NamedServer } from '../../bench/check-answers.ts'
import type { Serving, Task } from '../../bench/contender.ts'
import { contenders } from '../../bench/contenders/index.ts'
import { makeToken } from '../../bench/tokens.ts'
import { workloads } from '../../bench/workloads.ts'
import { seedVideos } from '../../examples/videos/seed.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { cloneDatabase, createTemplate, describeEachServer, type TestDatabase } from '../support/databases.ts'

interface Identifier {
  readonly type: string
  readonly id: string
}
interface Resource extends Identifier {
  readonly attributes: object
  readonly relationships?: Readonly<Record<string, { readonly data: Identifier | readonly Identifier[] | null }>>
}

const hand = ['node-pg', 'fastify-pg', 'fastify-drizzle', 'fastify-prisma']

describeEachServer('the servers of the bench', server => {
  let database: TestDatabase
  let tasks: Task[]
  let comments: number
  const servings: Serving[] = []
  const ports = new Map<string, number>()

  beforeAll(async () => {
    database = await cloneDatabase(
      server,
      await createTemplate(server, 'videos', client => seedVideos(client, { size: 'tiny' })),
    )
    const setup = { config: database.config, poolSize: 2 }
    for (const name of [...hand, 'colonnade-stock', 'colonnade']) {
      const contender = await contenders[name]?.()
      if (contender?.kind !== 'server') throw new Error(`${name} is no server`)
      expect(await contender.missing?.()).not.toEqual(expect.any(String))
      const serving = await contender.serve(setup)
      servings.push(serving)
      ports.set(name, serving.port)
    }
    comments = await countComments()
    tasks = await captureTasks(Object.entries(workloads), setup)
  })
  afterAll(async () => {
    for (const serving of servings) await serving.close()
    await database.drop()
  })

  const named = (name: string): NamedServer => ({ name, port: ports.get(name) ?? 0 })
  const countComments = () =>
    withClient(database.config, async client => {
      const { rows } = await client.query<{ count: number }>('select count(*)::int from comments')
      return rows[0]?.count ?? 0
    })
  const taskOf = (workload: string): Task => {
    const found = tasks.find(task => task.workload === workload)
    if (!found) throw new Error(`There is no ${workload}`)
    return found
  }
  const post = (name: string, body: object, token?: string) =>
    fetch(`http://127.0.0.1:${named(name).port}/api/comments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })

  it('have workloads with requests, statements and answers', () => {
    expect(comments).toBe(1500)
    for (const { requests, statement, body, bytes } of tasks) {
      expect(statement.text).not.toBe('')
      expect(statement.values.length).toBeLessThanOrEqual(requests.length)
      expect(JSON.parse(body)).toHaveProperty('data')
      expect(bytes).toBeGreaterThan(50)
    }
  })

  it.each([...hand, 'colonnade-stock'])('%s reads the same data', async name => {
    for (const workload of ['W1', 'W2', 'W3']) await checkAnswers(taskOf(workload), named('colonnade'), named(name))
  })

  it('asks for the same values as documents', async () => {
    const ask = async (workload: string, i: number) => {
      const { path, headers = {} } = taskOf(workload).requests[i] as Task['requests'][number]
      const response = await fetch(`http://127.0.0.1:${named('colonnade').port}${path}`, { headers })
      return (await response.json()) as { readonly data: Resource[]; readonly included: Resource[] }
    }
    for (const i of [0, 1, 2, 3]) {
      const whole = await ask('W3J', i)
      const included = new Map(whole.included.map(one => [`${one.type} ${one.id}`, one]))
      const find = (one: Identifier | null) => one && toPlain(included.get(`${one.type} ${one.id}`) as Resource)
      const toPlain = ({ id, attributes, relationships = {} }: Resource): object => ({
        id: Number(id),
        ...attributes,
        ...Object.fromEntries(
          Object.entries(relationships).map(([name, { data }]) => [
            name,
            Array.isArray(data) ? data.map(find) : find(data as Identifier | null),
          ]),
        ),
      })
      expect((await ask('W2J', i)).data.map(toPlain)).toEqual((await ask('W2', i)).data)
      expect(whole.data.map(toPlain)).toEqual((await ask('W3', i)).data)
    }
  })

  it.each(hand)('%s inserts the same comments', async name => {
    const before = await countComments()
    await checkAnswers(taskOf('W4'), named('fastify-pg'), named(name))
    expect(await countComments()).toBe(before + 80)
  })

  it.each(hand)('%s keeps drafts from guests', async name => {
    const drafts = await withClient(database.config, async client => {
      const { rows } = await client.query<{ id: number; user_id: number }>(
        "select id, user_id from videos where state = 'draft' order by id limit 1",
      )
      return rows
    })
    const { id, user_id: owner } = drafts[0] ?? { id: 0, user_id: 0 }
    const url = `http://127.0.0.1:${named(name).port}/api/videos`
    expect((await fetch(`${url}/${id}`)).status).toBe(404)
    expect(await (await fetch(`${url}?state=draft`)).json()).toEqual({ data: [] })
    expect(await (await fetch(`${url}?state=draft&include=user,comments`)).json()).toEqual({ data: [] })
    const comment = { video_id: id, text: 'a' }
    expect((await post(name, comment, await makeToken(owner + 1))).status).toBe(404)
    expect((await post(name, comment, await makeToken(owner))).status).toBe(201)
  })

  it.each(hand)('%s lets nobody comment without a good token', async name => {
    const before = await countComments()
    const comment = { video_id: 3031, text: 'a' }
    const token = await makeToken(18)
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.AAAA`
    expect((await post(name, comment)).status).toBe(401)
    expect((await post(name, comment, forged)).status).toBe(401)
    expect(await countComments()).toBe(before)
  })
})
