// A key set asks as seldom as it can, and goes on with what it has: over a clock that the test moves.
import { generateKeyPairSync } from 'node:crypto'
import { errors } from 'jose'
import { expect, it } from 'vitest'
import { KeySet } from './key-set.ts'

const jwk = (kid: string) => ({
  ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
  kid,
  alg: 'EdDSA',
})
const setOf = (...kids: readonly string[]) => JSON.stringify({ keys: kids.map(jwk) })

function make(text: string) {
  const state = { nowMs: 1_000_000, asked: 0, changes: 0, failures: 0, text: text as string | null }
  const keys = new KeySet({
    read: async () => {
      state.asked += 1
      if (state.text === null) throw new Error('away')
      return state.text
    },
    maxAgeMs: 600_000,
    coolDownMs: 10_000,
    now: () => state.nowMs,
    onChange() {
      state.changes += 1
    },
    onError() {
      state.failures += 1
    },
  })
  const find = async (kid: string) => {
    try {
      await keys.keyFor({ alg: 'EdDSA', kid }, { payload: '', signature: '' })
      return 'found'
    } catch (error) {
      return error instanceof errors.JWKSNoMatchingKey ? 'none' : (error as { code: string }).code
    }
  }
  return { state, keys, find }
}

it('asks once in its age, and then again', async () => {
  const { state, keys, find } = make(setOf('a'))
  for (let i = 0; i < 3; i += 1) expect(await find('a')).toBe('found')
  expect([state.asked, keys.untilMs]).toEqual([1, state.nowMs + 600_000])
  state.nowMs += 599_999
  await find('a')
  expect(state.asked).toBe(1)
  state.nowMs += 1
  await find('a')
  // The same keys again are no change.
  expect([state.asked, state.changes]).toEqual([2, 1])
})

it('asks for an unknown key once in a cool-down', async () => {
  const { state, find } = make(setOf('a'))
  await find('a')
  for (let i = 0; i < 5; i += 1) expect(await find(`x${i}`)).toBe('none')
  expect(state.asked).toBe(1)
  state.nowMs += 10_000
  state.text = setOf('a', 'b')
  expect(await Promise.all(['b', 'b', 'y'].map(find))).toEqual(['found', 'found', 'none'])
  expect(await find('y')).toBe('none')
  expect([state.asked, state.changes]).toEqual([2, 2])
})

it('goes on with its keys while nobody answers, and asks again after each cool-down', async () => {
  const { state, keys, find } = make(setOf('a'))
  await find('a')
  state.text = null
  state.nowMs += 600_000
  for (let i = 0; i < 5; i += 1) expect(await find('a')).toBe('found')
  expect(await find('b')).toBe('unavailable')
  expect([state.asked, state.failures, keys.untilMs]).toEqual([2, 1, state.nowMs + 10_000])
  state.nowMs += 10_000
  expect(await find('a')).toBe('found')
  expect(state.asked).toBe(3)
})

it('asks again soon where it has no keys at all, but not each time', async () => {
  const { state, find } = make(setOf('a'))
  state.text = null
  for (let i = 0; i < 3; i += 1) expect(await find('a')).toBe('unavailable')
  expect(state.asked).toBe(1)
  state.nowMs += 2_000
  state.text = setOf('a')
  expect(await find('a')).toBe('found')
})

it.each([
  ['no JSON', '<html>'],
  ['no list', '{"keys":{}}'],
  ['null', 'null'],
  ['too many', JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'EC' })) })],
])('takes nothing for a key set that is none: %s', async (_, text) => {
  const { state, find } = make(setOf('a'))
  await find('a')
  state.text = text
  state.nowMs += 600_000
  expect(await find('a')).toBe('found')
  expect([state.failures, state.changes]).toEqual([1, 1])
})

it('takes public keys alone', async () => {
  const secret = { kty: 'oct', kid: 'oct', alg: 'EdDSA', k: 'eA' }
  const privateKey = {
    ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
    kid: 'private',
    alg: 'EdDSA',
  }
  const { find } = make(JSON.stringify({ keys: [secret, privateKey, null, 7, jwk('a')] }))
  expect(await Promise.all(['oct', 'private', 'a'].map(find))).toEqual(['none', 'none', 'found'])
})
