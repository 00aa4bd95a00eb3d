import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fastifyPlugin } from '../../src/fastify.ts'
import { type MountableApi, mountApi } from '../../src/mount-api.ts'
import { boardApi, makeBoard } from '../mounting/board-api.ts'
import { describeContract } from '../mounting/contract.ts'
import { hostKinds, optionsFor } from '../mounting/hosts.ts'
import { servers } from '../support/databases.ts'

const [server] = servers()
if (!server) throw new Error('a server is needed')

for (const kind of hostKinds) describeContract(kind, server)

describe('the plugin of Fastify', () => {
  let api: MountableApi
  beforeAll(async () => {
    api = await mountApi(optionsFor(await makeBoard(server), boardApi(), []))
  })
  afterAll(() => api.close())

  it('runs after the hooks of its host, which may refuse', async () => {
    const app = fastify()
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers['x-secret'] !== 'yes') await reply.code(418).send('no')
    })
    await app.register(fastifyPlugin(api))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    expect((await fetch(`${url}/api/notes/1`)).status).toBe(418)
    expect((await fetch(`${url}/api/notes/1`, { headers: { 'x-secret': 'yes' } })).status).toBe(200)
    await app.close()
  })

  it('answers requests that are injected', async () => {
    const app = fastify()
    await app.register(fastifyPlugin(api))
    const reply = await app.inject({ method: 'POST', url: '/api/notes', payload: { text: 'injected' } })
    expect([reply.statusCode, reply.json().data.text]).toEqual([201, 'injected'])
    await app.close()
  })
})
