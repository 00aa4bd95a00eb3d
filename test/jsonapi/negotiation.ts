// Statements on media types: what is sent, what is asked for, and what is refused.
import assert from 'node:assert/strict'
import { expectStatus, failures, identifier, mediaType, type Statement, samples } from './statement.ts'

export const negotiation: readonly Statement[] = [
  {
    id: 'request-content-type',
    says: 'documents are sent as application/vnd.api+json',
    client: 'another type than JSON or JSON:API is answered 415',
  },
  {
    id: 'request-accept',
    says: 'JSON:API is asked for at least once without parameters of its own',
    client: 'what breaks it is answered 406',
  },
  {
    id: 'response-ignore-parameters',
    says: 'parameters of an answer’s media type are ignored',
    client: 'the parameter `profile` may be ignored safely',
  },
  {
    id: 'response-content-type',
    says: 'answers are application/vnd.api+json; 1.1 allows the parameters ext and profile',
    met: async site => {
      for (const { reply, path } of [...(await samples(site)), ...(await failures(site))])
        assert.match(reply.headers.get('content-type') ?? '', /^application\/vnd\.api\+json(;profile="[^"]+")?$/, path)
    },
  },
  {
    id: 'response-unsupported-media-type',
    says: 'a document under any other parameter is 415',
    met: async site => {
      for (const type of [`${mediaType};charset=utf-8`, `${mediaType}; version=1`, `${mediaType};ext="urn:x"`]) {
        const document = { data: { type: 'tags', attributes: { name: 'x' } } }
        expectStatus(await site.send('POST', '/tags', document, 'admin', { 'content-type': type }), 415)
        const change = { data: { ...identifier('videos', 1), attributes: { title: 'x' } } }
        expectStatus(await site.send('PATCH', '/videos/1', change, 'admin', { 'content-type': type }), 415)
      }
    },
  },
  {
    id: 'response-not-acceptable',
    says: 'an Accept that names JSON:API with other parameters only is 406',
    met: async site => {
      const ask = async (accept: string) => (await site.get('/videos/1', 'guest', { accept })).status
      assert.equal(await ask(`${mediaType};charset=utf-8`), 406)
      assert.equal(await ask(`${mediaType};version=1, ${mediaType};ext="urn:x"`), 406)
      assert.equal(await ask(`${mediaType};charset=utf-8, ${mediaType}`), 200)
      assert.equal(await ask(`${mediaType};profile="urn:x"`), 200)
    },
  },
]
