// The public name of "colonnade/fastify": an API as a plugin of Fastify 5.
import { METHODS } from 'node:http'
import type { FastifyPluginCallback } from 'fastify'
import { type NodeMountOptions, nodeHandler } from './http/mount-node.ts'
import type { MountableApi } from './mount-api.ts'
import { indexPath } from './request/read-route.ts'

/**
 * Serves an API below its base path. Fastify's hooks up to `onRequest` run before it; its parsers, serializers and error handlers leave it alone.
 * @example await app.register(fastifyPlugin(await mountApi({ database, api })))
 */
export function fastifyPlugin(
  api: MountableApi,
  options: Omit<NodeMountOptions, 'isClosing'> = {},
): FastifyPluginCallback {
  return (fastify, _, done) => {
    let closing = false
    fastify.addHook('preClose', async () => {
      closing = true
      api.release()
    })
    const handler = nodeHandler(api, { ...options, isClosing: () => closing })
    // What no path takes is 405 with Allow, in place of Fastify's 404; a tunnel is no request.
    const methods = METHODS.filter(method => method !== 'CONNECT')
    for (const method of methods) if (!fastify.supportedMethods.includes(method)) fastify.addHttpMethod(method)
    const { basePath } = api.runtime().api
    for (const url of [indexPath(basePath), `${basePath}/*`])
      fastify.route({
        method: methods,
        url,
        exposeHeadRoute: false,
        onRequest: (request, reply) => {
          // Before anything reads the body.
          reply.hijack()
          handler(request.raw, reply.raw)
        },
        handler: () => undefined,
      })
    done()
  }
}
