// Answers an API's requests on a server that is not ours: node:http, node:https, Express, Connect.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MountableApi } from '../mount-api.ts'
import { makeNodeHandler, type NodeHandlerOptions, targetOf } from './node-handler.ts'

/** `isClosing` is true once the host takes no new connections: then an answer ends its connection too. */
export type NodeMountOptions = Pick<NodeHandlerOptions, 'stallMs' | 'bodyBytesPerSecond'> & {
  readonly isClosing?: () => boolean
}

/**
 * A handler for any server that speaks node's own requests; with `next`, as Express and Connect call it, what is not below the base path is handed on.
 * @example http.createServer(nodeHandler(await mountApi({ database, api })))
 */
export function nodeHandler(
  api: MountableApi,
  options: NodeMountOptions = {},
): (request: IncomingMessage, response: ServerResponse, next?: () => void) => void {
  const { enter, findClient } = api
  const isLast = () => api.isClosing() || (options.isClosing?.() ?? false)
  const handler = makeNodeHandler(enter, { bodyBytesPerSecond: 1_000, ...options, findClient, isLast })
  return (request, response, next) => {
    if (typeof next === 'function' && !isBelow(api.runtime().api.basePath, targetOf(request))) next()
    else handler(request, response)
  }
}

function isBelow(base: string, target: string): boolean {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return path.startsWith(base) && /^[/?]?$/.test(path.charAt(base.length))
}
