// Signatures are checked as the file says, or the command refuses to start.
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { signaturesFromEnvironment } from './signatures-from-environment.ts'

const file = join(tmpdir(), `colonnade-signatures-${process.pid}.json`)
afterAll(() => rmSync(file, { force: true }))

const read = (content: unknown) => {
  writeFileSync(file, JSON.stringify(content))
  return signaturesFromEnvironment({ COLONNADE_SIGNATURES: file })
}
const key = {
  id: 'shop',
  algorithm: 'hmac-sha256',
  key: 'a secret of the tests, 32 bytes or more',
  principal: { id: '20' },
}

it('accepts no signature where nothing is said', () => {
  expect(signaturesFromEnvironment({})).toBeUndefined()
})

it('takes keys and what else stands in the file', () => {
  const options = { keys: [key], origin: 'https://api.example.org', windowSeconds: 60 }
  expect(read(options)).toEqual(options)
})

it('refuses a file that would accept too much or nothing', () => {
  expect(() => signaturesFromEnvironment({ COLONNADE_SIGNATURES: '/nowhere.json' })).toThrow('no file of keys')
  expect(() => read({ keys: [key], orgin: 'x' })).toThrow('"orgin" is none of')
  expect(() => read({})).toThrow('"keys" is no list')
  expect(() => read({ keys: [{ ...key, key: 'short' }] })).toThrow('32 bytes')
  expect(() => read({ keys: [{ ...key, algorithm: 'ed25519' }] })).toThrow('no file of keys')
})
