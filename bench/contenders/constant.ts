// node:http with a constant answer of the right size: what HTTP and the load generator alone come to.
import { createServer, type OutgoingHttpHeaders } from 'node:http'
import type { ServerContender } from '../contender.ts'
import { listenOn } from './listen-on.ts'

export const constant: ServerContender = {
  kind: 'server',
  checked: false,
  async serve() {
    let status = 200
    let headers: OutgoingHttpHeaders = {}
    let body = Buffer.alloc(0)
    const server = createServer((_, response) => {
      response.writeHead(status, headers)
      response.end(body)
    })
    const serving = await listenOn(server)
    return {
      ...serving,
      cachedPort: serving.port,
      prepare(task) {
        status = task.statuses[0] ?? 200
        body = Buffer.from(status === 304 ? '' : task.body)
        headers =
          status === 304 ? { etag: '"none"' } : { 'content-type': 'application/json', 'content-length': body.length }
      },
    }
  },
}
