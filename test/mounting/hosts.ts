// Puts one API on every kind of server that it can be mounted on.
import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify, { type FastifyInstance } from 'fastify'
import type pg from 'pg'
import { createServer, type ServerOptions } from '../../src/create-server.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { fastifyPlugin } from '../../src/fastify.ts'
import { nodeHandler } from '../../src/http/mount-node.ts'
import { type MountableApi, mountApi } from '../../src/mount-api.ts'
import type { ApiDefinition } from '../../src/schema/resource-definition.ts'
import type { TestDatabase } from '../support/databases.ts'

export interface Host {
  readonly port: number
  readonly api: MountableApi
  /** Of Fastify alone. */
  readonly app?: FastifyInstance
  close(): Promise<void>
}

export interface HostKind {
  readonly name: string
  /** The host has more paths than the API's. */
  readonly hasOthers: boolean
  /** The host's own parsers have read JSON before the API is asked. */
  readonly readsBodies: boolean
  /** The host itself answers paths that its router can't decode. */
  readonly decodesPaths: boolean
  start(options: ServerOptions): Promise<Host>
}

export const hostKinds: readonly HostKind[] = [
  {
    name: 'standalone',
    hasOthers: false,
    readsBodies: false,
    decodesPaths: false,
    async start(options) {
      const api = await createServer(options)
      return { port: api.port, api, close: () => api.close() }
    },
  },
  {
    name: 'node:http',
    hasOthers: false,
    readsBodies: false,
    decodesPaths: false,
    start: options => serve(options, api => createHttpServer(nodeHandler(api))),
  },
  {
    name: 'Express',
    hasOthers: true,
    readsBodies: false,
    decodesPaths: false,
    start: options =>
      serve(options, api =>
        createHttpServer(
          express()
            .disable('x-powered-by')
            .use(nodeHandler(api))
            .get('/other', (_, response) => void response.send('other')),
        ),
      ),
  },
  {
    name: 'Express at a path, after its parsers',
    hasOthers: true,
    readsBodies: true,
    decodesPaths: false,
    start: options =>
      serve(options, api =>
        createHttpServer(
          express()
            .disable('x-powered-by')
            .use(express.json({ limit: '2mb', strict: false }))
            .use('/api', nodeHandler(api))
            .get('/other', (_, response) => void response.send('other')),
        ),
      ),
  },
  {
    name: 'Fastify',
    hasOthers: true,
    readsBodies: false,
    decodesPaths: true,
    async start(options) {
      const api = await mountApi(options)
      const app = fastify({ bodyLimit: 100 })
      await app.register(fastifyPlugin(api))
      app.get('/other', async () => 'other')
      await app.listen({ port: 0, host: '127.0.0.1' })
      return {
        port: (app.server.address() as AddressInfo).port,
        api,
        app,
        async close() {
          await app.close()
          await api.close()
        },
      }
    },
  },
]

async function serve(options: ServerOptions, toServer: (api: MountableApi) => Server): Promise<Host> {
  const api = await mountApi(options)
  const server = toServer(api)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    api,
    async close() {
      await new Promise(resolve => {
        server.close(resolve)
        server.closeIdleConnections()
      })
      await api.close()
    },
  }
}

export function optionsFor(database: TestDatabase, api: ApiDefinition, errors: unknown[]): ServerOptions {
  return {
    database: connectPostgres({ config: database.config as pg.ClientConfig, poolSize: 4 }),
    api: () => api,
    onError: error => void errors.push(error),
  }
}
