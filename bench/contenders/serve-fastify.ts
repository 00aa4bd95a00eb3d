// Serves videos with Fastify 5: requests validated and answers serialized by schema, as its documentation advises.
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import type { Serving } from '../contender.ts'
import { authenticate } from './authenticate.ts'
import { comment, failure, video, videos } from './response-schemas.ts'
import type { VideoState, VideosStore } from './videos-store.ts'

const listQuery = {
  type: 'object',
  properties: {
    state: { type: 'string', enum: ['draft', 'published', 'private'], default: 'published' },
    'views_count[gte]': { type: 'integer', default: 0 },
    include: { type: 'string' },
  },
} as const

interface ListQuery {
  readonly state: VideoState
  readonly 'views_count[gte]': number
  readonly include?: string
}

export async function serveFastify(store: VideosStore): Promise<Serving> {
  const app = fastify()

  app.get<{ Params: { id: number } }>(
    '/api/videos/:id',
    {
      schema: {
        params: { type: 'object', properties: { id: { type: 'integer' } } },
        response: { 200: video, '4xx': failure },
      },
    },
    async (request, reply) => {
      const data = await store.findVideo(request.params.id)
      return data ? { data } : reply.code(404).send({ error: 'not found' })
    },
  )

  app.get<{ Querystring: ListQuery }>(
    '/api/videos',
    { schema: { querystring: listQuery, response: { 200: videos } } },
    async ({ query }) => {
      const filter = { state: query.state, minViewsCount: query['views_count[gte]'] }
      return { data: await (query.include ? store.findNewestWithComments(filter) : store.findNewest(filter)) }
    },
  )

  app.post<{ Body: { video_id: number; text: string } }>(
    '/api/comments',
    {
      schema: {
        body: {
          type: 'object',
          required: ['video_id', 'text'],
          additionalProperties: false,
          properties: { video_id: { type: 'integer' }, text: { type: 'string', minLength: 1, maxLength: 5000 } },
        },
        response: { 201: comment, '4xx': failure },
      },
    },
    async (request, reply) => {
      const userId = await authenticate(request.headers.authorization)
      if (userId === null) return reply.code(401).send({ error: 'unauthorized' })
      const { text, video_id: videoId } = request.body
      const data = await store.addComment({ text, userId, videoId })
      return data ? reply.code(201).send({ data }) : reply.code(404).send({ error: 'not found' })
    },
  )

  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    port: (app.server.address() as AddressInfo).port,
    async close() {
      app.server.closeAllConnections()
      await app.close()
      await store.close()
    },
  }
}
