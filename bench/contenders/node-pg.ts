// What a good engineer writes by hand without a framework: node:http, pg, named statements, one query a request.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ServerContender } from '../contender.ts'
import { authenticate } from './authenticate.ts'
import { listenOn } from './listen-on.ts'
import { openPgStore } from './pg-store.ts'
import type { VideoState, VideosStore } from './videos-store.ts'

export const nodePg: ServerContender = {
  kind: 'server',
  checked: true,
  async serve(setup) {
    const store = openPgStore(setup)
    const server = createServer((request, response) => {
      answer(store, request).then(
        ([status, body]) => send(response, status, body),
        (error: unknown) => {
          console.error(error)
          send(response, 500, { error: 'internal' })
        },
      )
    })
    const serving = await listenOn(server)
    return {
      ...serving,
      close: async () => {
        await serving.close()
        await store.close()
      },
    }
  },
}

type Answer = readonly [status: number, body: object]

async function answer(store: VideosStore, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (request.method === 'POST' && pathname === '/api/comments') return addComment(store, request)
  const id = /^\/api\/videos\/(\d+)$/.exec(pathname)?.[1]
  if (id !== undefined) return found(200, await store.findVideo(Number(id)))
  if (pathname !== '/api/videos') return found(404, null)
  const minViewsCount = Number(searchParams.get('views_count[gte]') ?? 0)
  if (!Number.isSafeInteger(minViewsCount)) return [400, { error: 'views_count[gte] is a whole number' }]
  const state = searchParams.get('state') ?? 'published'
  if (!isState(state)) return [400, { error: 'state is draft, published or private' }]
  const filter = { state, minViewsCount }
  return found(
    200,
    await (searchParams.has('include') ? store.findNewestWithComments(filter) : store.findNewest(filter)),
  )
}

async function addComment(store: VideosStore, request: IncomingMessage): Promise<Answer> {
  const userId = await authenticate(request.headers.authorization)
  if (userId === null) return [401, { error: 'unauthorized' }]
  const body: unknown = JSON.parse(await text(request))
  if (!isComment(body)) return [422, { error: 'a comment has a video_id and a text' }]
  return found(201, await store.addComment({ text: body.text, userId, videoId: body.video_id }))
}

function isState(text: string): text is VideoState {
  return text === 'draft' || text === 'published' || text === 'private'
}

function isComment(body: unknown): body is { readonly video_id: number; readonly text: string } {
  if (typeof body !== 'object' || body === null) return false
  const { video_id, text } = body as { readonly video_id?: unknown; readonly text?: unknown }
  return Number.isSafeInteger(video_id) && typeof text === 'string' && text.length > 0 && text.length <= 5000
}

function found(status: number, data: object | null): Answer {
  return data ? [status, { data }] : [404, { error: 'not found' }]
}

function send(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.end(bytes)
}
