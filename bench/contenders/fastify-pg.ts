// What a good engineer writes by hand with the usual framework: Fastify, pg, named statements, one query a request.
import type { ServerContender } from '../contender.ts'
import { openPgStore } from './pg-store.ts'
import { serveFastify } from './serve-fastify.ts'

export const fastifyPg: ServerContender = {
  kind: 'server',
  checked: true,
  serve: setup => serveFastify(openPgStore(setup)),
}
