import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { makeKey } from '../../test/signatures/made-keys.ts'
import { sign } from './sign.ts'

const url = 'https://example.org/api/notes?a=%20b#c'
const { signing } = makeKey('hmac-sha256')
const fixed = { ...signing, created: new Date(1_618_884_473_000), nonce: 'a "nonce"', expiresSeconds: 60 }

it('covers what it says, and leaves what it was given as it is', async () => {
  const given = new Request(url, {
    method: 'PUT',
    body: 'é',
    headers: { 'Content-Type': 'text/plain', 'X-Own': ' a ' },
  })
  const signed = await sign(given, { ...fixed, components: ['X-Own', 'X-Absent'] })
  expect(signed.headers.get('signature-input')).toBe(
    'sig=("@method" "@target-uri" "content-digest" "content-type" "x-own");created=1618884473;expires=1618884533;keyid="hmac-sha256";nonce="a \\"nonce\\""',
  )
  expect(signed.headers.get('content-digest')).toBe('sha-256=:SplVfkAzw1Od4utlRyAXytX5VX96BiWgnxw/biumnEw=:')
  expect([signed.method, signed.url, await signed.text()]).toEqual(['PUT', url, 'é'])
  expect([given.headers.has('signature'), await given.text()]).toEqual([false, 'é'])
})

it('signs the same with a key as text, as bytes and as a CryptoKey', async () => {
  const bytes = new TextEncoder().encode(String(signing.key))
  const how = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, how, false, ['sign'])
  const signatures = await Promise.all(
    [signing.key, bytes, key].map(async one => (await sign([url], { ...fixed, key: one })).headers.get('signature')),
  )
  expect(new Set(signatures).size).toBe(1)
  expect((await sign([url], fixed)).headers.get('signature')).toBe(signatures[0])
})

it('makes a nonce of its own for each request', async () => {
  const inputs = await Promise.all([1, 2].map(async () => (await sign([url], signing)).headers.get('signature-input')))
  expect(new Set(inputs).size).toBe(2)
})

it('refuses a key or a name that cannot be used', async () => {
  await expect(sign([url], { ...makeKey('ed25519').signing, key: makeKey('ed25519').key })).rejects.toThrow('PKCS #8')
  await expect(sign([url], { ...signing, keyId: 'naïve' })).rejects.toThrow('printable ASCII')
})

it('needs nothing but what browsers have', async () => {
  const source = readFileSync(new URL('./sign.ts', import.meta.url), 'utf8')
  const web = { crypto, CryptoKey, Request, Headers, TextEncoder, atob, btoa }
  const code = stripTypeScriptTypes(source).replace('export async function', 'async function')
  const inBrowser = runInNewContext(`${code}; sign`, { ...web }) as typeof sign
  for (const { signing: own } of [makeKey('hmac-sha256'), makeKey('ed25519')]) {
    const options = { ...own, created: fixed.created, nonce: fixed.nonce }
    const made = await inBrowser(new Request(url, { method: 'POST', body: 'x' }), options)
    const here = await sign([url, { method: 'POST', body: 'x' }], options)
    expect(Object.fromEntries(made.headers)).toEqual(Object.fromEntries(here.headers))
  }
})
