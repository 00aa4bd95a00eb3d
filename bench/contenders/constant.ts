// node:http with a constant answer of the right size: what HTTP and the load generator alone come to.
import { createServer } from 'node:http'
import type { ServerContender } from '../contender.ts'
import { listenOn } from './listen-on.ts'

export const constant: ServerContender = {
  kind: 'server',
  checked: false,
  async serve() {
    let body = Buffer.from('{}')
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
      response.end(body)
    })
    return {
      ...(await listenOn(server)),
      prepare(task) {
        body = Buffer.from(task.body)
      },
    }
  },
}
