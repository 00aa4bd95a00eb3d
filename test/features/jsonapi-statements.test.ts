// Every normative statement of JSON:API 1.1: shown over HTTP, or asked of clients, or with nothing to be about.
import { describe, expect, it } from 'vitest'
import { hasOfficialSchema, readShared, schemaReason } from '../jsonapi/official-schema.ts'
import { mediaType, type Role, type Site } from '../jsonapi/statement.ts'
import { statements } from '../jsonapi/statements.ts'
import { describeVideos, type Videos } from '../support/describe-videos.ts'

interface Listed {
  readonly id: string
  readonly level: string
  readonly description: string
}

const rows = [...statements.values()].flat()

function siteOf({ ask }: Videos): Site {
  const send = (method: string, path: string, body: unknown, as: Role = 'guest', headers = {}, isOdd = false) =>
    ask(path, {
      as,
      method,
      isOdd,
      headers: { accept: mediaType, ...(body !== undefined && { 'content-type': mediaType }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  return {
    get: (path, as = 'guest', headers = {}) => ask(path, { as, headers: { accept: mediaType, ...headers } }),
    send: (method, path, body, as, headers) => send(method, path, body, as, headers),
    sendOdd: (method, path, body, as) => send(method, path, body, as, {}, true),
  }
}

describeVideos('JSON:API', videos => {
  const site = siteOf(videos)
  for (const [topic, of] of statements)
    describe(topic.toLowerCase(), () => {
      for (const row of of) if ('met' in row) it(`${row.id}: ${row.says}`, () => row.met(site))
    })
})

const title = hasOfficialSchema ? 'the table of statements' : `the table of statements (skipped: ${schemaReason})`
describe.skipIf(!hasOfficialSchema)(title, () => {
  const listed = hasOfficialSchema ? (readShared('normative-statements-1.1.json') as readonly Listed[]) : []

  it('has one row for every id, and as many sentences as the list has', () => {
    expect(rows.map(({ id }) => id).sort()).toEqual([...new Set(listed.map(({ id }) => id))].sort())
    for (const { id, sentences = 1 } of rows) expect(listed.filter(one => one.id === id).length, id).toBe(sentences)
    expect(rows.reduce((sum, { sentences = 1 }) => sum + sentences, 0)).toBe(188)
  })

  it('shows over HTTP whatever a server must do or must not do', () => {
    for (const { id, level, description } of listed) {
      const row = rows.find(one => one.id === id)
      if (level !== 'MUST' || !row || 'met' in row) continue
      // Who else is spoken of in those that are left?
      expect('client' in row && !/\b(server|endpoint)s?\b/i.test(description), `${id}: ${description}`).toBe(true)
    }
  })

  it('says in words of its own what each one asks', () => {
    for (const { id, says } of rows)
      for (const { description } of listed.filter(one => one.id === id))
        expect(description.toLowerCase().includes(says.toLowerCase()), id).toBe(false)
  })
})
