import { afterAll, beforeAll, expect, it } from 'vitest'
import { catalog } from '../../src/errors/catalog.ts'
import { makeHostileRequest, toBytes } from '../hostile/mutate.ts'
import { prototypeNames } from '../hostile/poison.ts'
import { makeRandom } from '../hostile/random.ts'
import { signToken, startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'
import { RawConnection, type RawReply } from '../support/raw-http.ts'

const seed = Number(process.env.COLONNADE_SEED ?? 20_161_124)
const count = 10_000
const connections = 8
/** What no parameter, pointer or header could be blamed for. */
const placeless = new Set(['bad_request', 'page_kind_mixed'])

/** What is wrong with an answer, or nothing. */
function findFault(reply: RawReply, head: boolean): string | undefined {
  const { status, headers, body } = reply
  if (!(status >= 200 && status < 500)) return `status ${status}`
  if (!headers['request-id']) return 'no Request-Id'
  if (head) return undefined
  if (status === 308) return headers.location?.startsWith('/api') ? undefined : `moved to ${headers.location}`
  if (status === 304) return body === '' && headers.etag ? undefined : 'a 304 with a body, or without a tag'
  if (status === 200 && /^(text\/csv|application\/x-ndjson)/.test(headers['content-type'] ?? '')) return undefined
  if (!/^application\/(json|vnd\.api\+json(;profile="[^"]+")?)$/.test(headers['content-type'] ?? ''))
    return `content-type ${headers['content-type']}`
  let parsed: {
    data?: unknown
    meta?: unknown
    errors?: { status: string; code: string; detail: string; source?: object; id: string }[]
  }
  try {
    parsed = JSON.parse(body)
  } catch {
    return 'the body is no JSON'
  }
  // What JSON:API says of resources is no record.
  if (status < 400 && headers['content-type'] === 'application/vnd.api+json' && 'meta' in parsed) return undefined
  if ('data' in parsed === 'errors' in parsed) return 'the body has not exactly one of data and errors'
  if (status < 400) return 'data' in parsed ? undefined : 'success without data'
  const error = parsed.errors?.[0]
  if (!error) return 'no error'
  if (!Object.hasOwn(catalog, error.code)) return `code ${error.code} is not in the catalogue`
  if (error.status !== String(status) || catalog[error.code as keyof typeof catalog].status !== status)
    return 'the error tells another status'
  if (error.id !== headers['request-id']) return 'the error tells another id'
  if (error.detail.length < 10) return 'the detail says nothing'
  if (error.detail.length > 2_000) return `a detail of ${error.detail.length} characters`
  if (
    status === 400 &&
    !placeless.has(error.code) &&
    !Object.values(error.source ?? {}).every(one => typeof one === 'string')
  )
    return 'no source'
  if (status === 400 && !placeless.has(error.code) && error.source === undefined) return 'no source'
  if (
    /\b(select|pg_|at .*\.ts:\d|node_modules|SQLSTATE|syntax error at)/i.test(error.detail) &&
    !/[“"'].*(select|pg_)/is.test(error.detail)
  )
    return `the detail tells of the inside: ${error.detail}`
  return undefined
}

describeEachServer('hostile input', server => {
  let api: VideosUnderTest
  let tokens: (string | null)[]
  beforeAll(async () => {
    api = await startVideos(server)
    const odd = await Promise.all([
      signToken('20', Object.fromEntries(prototypeNames.map(name => [name, 'admin']))),
      signToken('__proto__', { role: ['__proto__', 'constructor'] }),
      signToken("1'; drop table users; --", { role: { toString: 'admin' } }),
      signToken('99999999999999999999', { role: null }),
      signToken('a\u0000b\ud800', { role: [[['admin']]] }),
    ])
    const { guest, regular, owner, admin } = api.tokens
    tokens = [guest, guest, guest, regular, owner, admin, ...odd, `${regular.slice(0, -3)}xxx`]
  })
  afterAll(() => api.close())

  it(`answers ${count} mutated requests with 2xx, 308 or a 4xx that says what and where`, async () => {
    const random = makeRandom(seed)
    const { port } = api.server
    const statuses = new Map<number, number>()
    const codes = new Map<string, number>()
    const faults: string[] = []
    let hung = 0
    let slowestMs = 0
    let made = 0
    const since = performance.now()

    async function attack(): Promise<void> {
      const connection = new RawConnection(port)
      while (made < count) {
        const number = made++
        const draft = makeHostileRequest(random, tokens)
        const bytes = toBytes(draft, `127.0.0.1:${port}`)
        const sentAt = performance.now()
        const reply = await connection.exchange(bytes, { head: draft.method === 'HEAD' })
        const tookMs = performance.now() - sentAt
        slowestMs = Math.max(slowestMs, tookMs)
        if (reply === 'hung') hung++
        const fault = typeof reply === 'string' ? reply : findFault(reply, draft.method === 'HEAD')
        if (fault) faults.push(`#${number} ${fault}: ${JSON.stringify(bytes.toString('latin1').slice(0, 1_500))}`)
        if (typeof reply === 'string') continue
        statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
        const code = /"code":"(\w+)"/.exec(reply.status < 400 ? '' : reply.body)?.[1]
        if (code) codes.set(code, (codes.get(code) ?? 0) + 1)
      }
      connection.close()
    }
    await Promise.all(Array.from({ length: connections }, attack))

    const seconds = (performance.now() - since) / 1000
    console.log(
      `${server.name}: seed ${seed}, ${made} requests in ${seconds.toFixed(1)} s, slowest ${slowestMs.toFixed(0)} ms, hung ${hung}`,
    )
    console.log(`statuses ${spell(statuses)}; codes ${spell(codes)}`)
    expect(faults.slice(0, 20)).toEqual([])
    expect(api.errors).toEqual([])
    expect(hung).toBe(0)
    // The mutator is worth its name only if it reaches far behind the parser too.
    expect(statuses.get(200)).toBeGreaterThan(count / 20)
    expect(codes.size).toBeGreaterThan(20)
  }, 120_000)

  it('still serves, and nothing was changed', async () => {
    const { json } = await api.get('/users?aggregate[id]=count&per_page=1', { token: api.tokens.admin })
    expect(json.meta.aggregate.id.count).toBe(60)
  })
})

function spell(counts: ReadonlyMap<string | number, number>): string {
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([key, value]) => `${key}×${value}`)
    .join(' ')
}
