import { createHmac, createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { algorithms, madeKeys, makeKey } from '../../../test/signatures/made-keys.ts'
import * as rfc from '../../../test/signatures/vectors.ts'
import { anonymous } from '../../access/principal.ts'
import { type SignOptions, sign } from '../../client/sign.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { HttpRequest } from '../../request/http-request.ts'
import { targetUriOf } from '../../request/target-uri.ts'
import { identifyBySignature } from './identify-signature.ts'
import { readSignatures } from './read-signatures.ts'
import { signatureBase } from './signature-base.ts'
import { readyKeys } from './signature-keys.ts'
import type { SignatureKey, SignatureOptions } from './signature-options.ts'

interface Message {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const toHttp = ({ method, target, headers, body }: Message): HttpRequest => ({
  ...{ method, target, headers },
  body: async () => Buffer.from(body, 'latin1'),
  isGone: () => false,
})

/** As it arrives at a server named example.org, over plain HTTP. */
async function toMessage(request: Request): Promise<Message> {
  const { pathname, search } = new URL(request.url)
  const body = Buffer.from(await request.arrayBuffer()).toString('latin1')
  const length = body === '' ? {} : { 'content-length': String(body.length) }
  return {
    method: request.method,
    target: pathname + search,
    headers: { host: 'example.org', ...length, ...Object.fromEntries(request.headers) },
    body,
  }
}

const all = madeKeys()
const url = 'http://example.org/api/notes?fields=text&filter[ref]=%20a'
const init = {
  method: 'POST',
  body: '{"text":"x"}',
  headers: { 'content-type': 'application/json', authorization: 'Bearer some', prefer: 'return=minimal' },
}

function makeIdentify(options: Partial<SignatureOptions> = {}, nowMs = Date.now()) {
  const used = new Set<string>()
  const use = async (digest: string) => !used.has(digest) && used.add(digest) !== undefined
  const identify = identifyBySignature({ keys: all, ...options }, { use }, { identify: () => anonymous }, () => nowMs)
  return { used, identify: async (message: Message) => identify(toHttp(message)) }
}

async function refusal(run: Promise<unknown>): Promise<[status: number, code: string]> {
  try {
    await run
  } catch (error) {
    if (error instanceof ApiError) return [error.status, error.code]
    throw error
  }
  throw new Error('was accepted')
}

describe('the vectors of RFC 9421, appendix B', () => {
  const secret = createSecretKey(Buffer.from(rfc.sharedSecret, 'base64'))
  const principal = { id: 'of the RFC' }
  const keys = readyKeys([
    ...rfc.keys,
    { id: 'test-shared-secret', algorithm: 'hmac-sha256' as const, key: secret, principal },
  ])

  it.each(rfc.vectors)('verify: $section', async ({ message, input, signature }) => {
    const verify = async (body: string, headers: Readonly<Record<string, string>>, value = signature) => {
      const signed = { ...headers, 'signature-input': `sig=${input}`, signature: `sig=:${value}:` }
      const http = toHttp({ method: 'POST', target: rfc.target, headers: signed, body })
      const [given] = readSignatures(http)
      const key = await keys.findKey(given?.keyId ?? '')
      if (!given || !key) throw new Error('no key')
      return key.verify(signatureBase(http, targetUriOf(http), given), given.value)
    }
    expect(await verify(rfc.body, rfc.messages[message])).toBe(true)
    const changed = Buffer.from(signature, 'base64')
    changed[3] = (changed[3] ?? 0) ^ 1
    expect(await verify(rfc.body, rfc.messages[message], changed.toString('base64'))).toBe(false)
    if (input.startsWith('()')) return
    const elsewhere = { ...rfc.messages[message], host: 'example.net', date: 'Tue, 20 Apr 2021 02:07:56 GMT' }
    expect(await verify(rfc.body, elsewhere)).toBe(false)
  })

  it('verify: B.2.4, the signature of a response', async () => {
    const key = await keys.findKey('test-key-ecc-p256')
    const { base, signature } = rfc.signedResponse
    expect(await key?.verify(Buffer.from(base), Buffer.from(signature, 'base64'))).toBe(true)
    expect(await key?.verify(Buffer.from(`${base} `), Buffer.from(signature, 'base64'))).toBe(false)
  })
})

describe('identifyBySignature', () => {
  it.each(algorithms)('takes what sign made with %s', async algorithm => {
    const { identify } = makeIdentify()
    const principal = await identify(await toMessage(await sign([url, init], makeKey(algorithm).signing)))
    expect(principal.id).toBe('20')
    const bare = await sign(new Request('http://example.org/api/notes'), makeKey(algorithm).signing)
    expect((await identify(await toMessage(bare))).id).toBe('20')
  })

  it.each(algorithms)('refuses any byte that is changed under %s', async algorithm => {
    const { used, identify } = makeIdentify({ components: ['prefer'] })
    const made = await toMessage(await sign([url, init], makeKey(algorithm).signing))
    const flip = (text: string, at: number, by: number) => {
      const code = text.charCodeAt(at % text.length)
      // Another visible character, so that it could arrive in a header or a URL.
      return `${text.slice(0, at % text.length)}${String.fromCharCode(33 + ((code - 33 + by) % 94))}${text.slice((at % text.length) + 1)}`
    }
    const places = [
      'method',
      'target',
      'body',
      'host',
      'content-type',
      'authorization',
      'prefer',
      'content-digest',
      'signature',
    ] as const
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.nat(), fc.integer({ min: 1, max: 93 }), async (place, at, by) => {
        const isPart = place === 'method' || place === 'target' || place === 'body'
        const before = isPart ? made[place] : (made.headers[place] ?? '')
        const after = flip(before, at, by)
        // A host is the same in either case.
        fc.pre(place === 'host' ? after.toLowerCase() !== before : after !== before)
        const changed = isPart ? { ...made, [place]: after } : { ...made, headers: { ...made.headers, [place]: after } }
        const [status] = await refusal(identify(changed))
        expect([400, 401]).toContain(status)
      }),
      { numRuns: 400 },
    )
    // Nothing of that has used the nonce up.
    expect(used.size).toBe(0)
    expect((await identify(made)).id).toBe('20')
  })

  it('refuses whatever else stands in Signature-Input and Signature, and never fails', async () => {
    const { identify } = makeIdentify()
    const made = await toMessage(await sign([url, init], makeKey('ed25519').signing))
    const piece = fc.constantFrom(
      ...[
        'sig',
        '=',
        '(',
        ')',
        '"@method"',
        '"@target-uri"',
        ';',
        'created',
        'nonce="12345678"',
        'keyid="ed25519"',
        ':',
      ],
      ...[
        'AA==',
        ',',
        ' ',
        '"',
        '\\',
        '1',
        '-',
        '?1',
        '@1',
        '%"a"',
        '"content-digest";key="x"',
        ';sf',
        ';tr',
        ';req',
        '*',
      ],
    )
    const text = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map(parts => parts.join('')),
      fc.string({ maxLength: 200 }),
    )
    await fc.assert(
      fc.asyncProperty(text, fc.option(text), async (input, value) => {
        const signature = value ?? made.headers.signature ?? ''
        const headers = { ...made.headers, 'signature-input': input, signature }
        const [status, code] = await refusal(identify({ ...made, headers }))
        expect([status, code].join(' ')).toMatch(/^(400 malformed_signature|401 signature_\w+)$/)
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes a component in no other spelling than its own', async () => {
    const { signing } = makeKey('hmac-sha256')
    const made = await toMessage(await sign([url, init], signing))
    const { identify } = makeIdentify()
    const part = (from: string, to: string) => {
      const input = (made.headers['signature-input'] ?? '').replace(from, to)
      return refusal(identify({ ...made, headers: { ...made.headers, 'signature-input': input } }))
    }
    expect(await part('"content-digest"', '"content-digest";key="sha-256"')).toEqual([
      401,
      'signature_components_missing',
    ])
    expect(await part('"authorization"', '"authorization";bs')).toEqual([401, 'signature_components_missing'])
    expect(await part('"@method"', '"@method";req')).toEqual([401, 'signature_components_missing'])
    expect(await part('"content-type"', '"content-type";tr')).toEqual([401, 'signature_invalid'])
    expect(await part('"content-type"', '"@status"')).toEqual([401, 'signature_invalid'])
    expect(await part('"content-type"', '"Content-Type"')).toEqual([400, 'malformed_signature'])
    expect(await part('"content-type"', '"@method"')).toEqual([400, 'malformed_signature'])
  })

  it('knows what else can be covered, and what cannot though it was signed', async () => {
    const { identify } = makeIdentify()
    const target = '/api/notes?a=1&b=%20two%21&a=2&c='
    let count = 0
    const ask = (component: string, value: string) => {
      count += 1
      const parameters = `("@method" "@target-uri" ${component});created=${Math.floor(Date.now() / 1_000)};keyid="hmac-sha256";nonce="number ${count}"`
      const lines = ['"@method": GET', `"@target-uri": http://example.org${target}`, `${component}: ${value}`]
      const base = [...lines, `"@signature-params": ${parameters}`].join('\n')
      const signature = createHmac('sha256', makeKey('hmac-sha256').key).update(base, 'latin1').digest('base64')
      const headers = {
        ...{ host: 'Example.org:80', 'x-plain': 'a', 'x-members': 'a=1,   b="two"', 'x-latin': 'é' },
        ...{ 'signature-input': `sig=${parameters}`, signature: `sig=:${signature}:` },
      }
      return identify({ method: 'GET', target, headers, body: '' })
    }
    for (const [component, value] of [
      ['"@authority"', 'example.org'],
      ['"@scheme"', 'http'],
      ['"@path"', '/api/notes'],
      ['"@query"', '?a=1&b=%20two%21&a=2&c='],
      ['"@request-target"', target],
      ['"@query-param";name="b"', '%20two%21'],
      ['"@query-param";name="c"', ''],
      ['"x-plain"', 'a'],
      ['"x-plain";bs', ':YQ==:'],
      ['"x-members";sf', 'a=1, b="two"'],
      ['"x-members";key="b"', '"two"'],
    ] as const)
      expect((await ask(component, value)).id, component).toBe('20')
    for (const [component, value] of [
      ['"@query-param";name="a"', '1\n"@query-param";name="a": 2'],
      ['"@query-param";name="none"', ''],
      ['"@query-param"', '1'],
      ['"@query-param";name="%"', '1'],
      ['"@status"', '200'],
      ['"@unheard-of"', ''],
      ['"@method";req', 'GET'],
      ['"x-plain";tr', 'a'],
      ['"x-plain";req', 'a'],
      ['"x-latin"', 'é'],
      ['"x-absent"', ''],
      ['"x-plain";bs;sf', ':YQ==:'],
    ] as const)
      expect(await refusal(ask(component, value)), component).toEqual([401, 'signature_invalid'])
  })

  it('wants keys that fit their algorithm', () => {
    const principal = { id: '20' }
    const key = (algorithm: SignatureKey['algorithm'], of: SignatureKey['algorithm']): SignatureKey[] => [
      { id: 'a', algorithm, key: makeKey(of).key, principal },
    ]
    expect(() => readyKeys(key('hmac-sha256', 'rsa-pss-sha512'))).toThrow('no shared secret')
    expect(() => readyKeys(key('ed25519', 'ecdsa-p256-sha256'))).toThrow('none for ed25519')
    expect(() => readyKeys(key('ecdsa-p256-sha256', 'ed25519'))).toThrow('none for ecdsa')
    expect(() => readyKeys([{ id: 'a', algorithm: 'hmac-sha256', key: 'short', principal }])).toThrow('32 bytes')
    expect(() => readyKeys([...all, ...all])).toThrow('same id')
  })

  it('asks a function for keys, and gives no other key for what it does not know', async () => {
    const asked: string[] = []
    const keys = async (keyId: string) => {
      asked.push(keyId)
      const key = all.find(({ id }) => id === keyId)
      return key ? { id: key.id, algorithm: key.algorithm, key: key.key, principal: key.principal } : null
    }
    const { identify } = makeIdentify({ keys })
    expect((await identify(await toMessage(await sign([url, init], makeKey('ed25519').signing)))).id).toBe('20')
    const unknown: SignOptions = { ...makeKey('ed25519').signing, keyId: 'other' }
    expect(await refusal(identify(await toMessage(await sign([url, init], unknown))))).toEqual([
      401,
      'signature_key_unknown',
    ])
    expect(asked).toEqual(['ed25519', 'other'])
  })

  it('signs and verifies what stands behind a proxy as the caller wrote it', async () => {
    const outside = ['https://api.example.com/api/notes?fields=text', init] as const
    const signed = await toMessage(await sign(outside, makeKey('ed25519').signing))
    expect((await makeIdentify({ origin: 'https://api.example.com' }).identify(signed)).id).toBe('20')
    expect(await refusal(makeIdentify().identify(signed))).toEqual([401, 'signature_invalid'])
    expect(await refusal(makeIdentify({ origin: 'http://api.example.com' }).identify(signed))).toEqual([
      401,
      'signature_invalid',
    ])
  })
})
