import { expect, it } from 'vitest'
import type { HttpRequest } from './http-request.ts'
import { spellTargetUri, targetUriOf } from './target-uri.ts'

const ask = (client?: HttpRequest['client']): HttpRequest => ({
  ...(client && { client }),
  method: 'GET',
  target: '/api/videos?page=2',
  headers: { host: 'inner:8080' },
  body: async () => new Uint8Array(),
  isGone: () => false,
})

it.each([
  ['what was sent', undefined, undefined, 'http://inner:8080/api/videos?page=2'],
  [
    'what a trusted proxy or TLS says',
    { address: '127.0.0.1', scheme: 'https', host: 'API.example.com:443' },
    undefined,
    'https://api.example.com/api/videos?page=2',
  ],
  [
    'the origin that is known',
    { address: '127.0.0.1', scheme: 'http', host: 'inner' },
    'https://api.example.org',
    'https://api.example.org/api/videos?page=2',
  ],
] as const)('tells the address as its caller saw it: %s', (_, client, origin, uri) => {
  expect(spellTargetUri(targetUriOf(ask(client), origin))).toBe(uri)
})
