import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { readForwarded } from './read-forwarded.ts'
import { makeFindClient, type ProxyOptions } from './trusted-proxies.ts'

const trustedProxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8']

function find(
  headers: Readonly<Record<string, string>>,
  peer = '127.0.0.1',
  options: ProxyOptions = { trustedProxies },
): readonly [string, string, string] {
  const request = { socket: { remoteAddress: peer }, headers: { host: 'inner:8080', ...headers } }
  const { address, scheme, host } = makeFindClient(options)(request as unknown as IncomingMessage)
  return [address, scheme, host]
}

describe('Forwarded', () => {
  it('is read as in the examples of RFC 7239', () => {
    const read = (forwarded: string) => readForwarded({ forwarded })?.map(({ address }) => address)
    expect(read('for="_gazonk"')).toEqual([undefined])
    expect(read('For="[2001:db8:cafe::17]:4711"')).toEqual(['2001:db8:cafe::17'])
    expect(read('for=192.0.2.60;proto=http;by=203.0.113.43')).toEqual(['192.0.2.60'])
    expect(read('for=192.0.2.43, for=198.51.100.17')).toEqual(['192.0.2.43', '198.51.100.17'])
    expect(read('for=192.0.2.43,for="[2001:db8:cafe::17]",for=unknown')).toEqual([
      '192.0.2.43',
      '2001:db8:cafe::17',
      undefined,
    ])
    expect(read('for=192.0.2.43, for="[2001:db8:cafe::17]"')).toEqual(['192.0.2.43', '2001:db8:cafe::17'])
  })

  it('says nothing where it is malformed', () => {
    for (const forwarded of [
      'for="',
      'for="a" b',
      'for=1.2.3.4;for=5.6.7.8',
      'for',
      '=1.2.3.4',
      'for=1.2.3.4 proto=https',
    ])
      expect([forwarded, readForwarded({ forwarded })]).toEqual([forwarded, undefined])
  })
})

describe('who asks', () => {
  it('is the peer, where no proxy is trusted or the peer is none', () => {
    const headers = { forwarded: 'for=9.9.9.9;proto=https;host=evil', 'x-forwarded-for': '9.9.9.9' }
    expect(find(headers, '127.0.0.1', {})).toEqual(['127.0.0.1', 'http', 'inner:8080'])
    expect(find(headers, '192.0.2.1')).toEqual(['192.0.2.1', 'http', 'inner:8080'])
    expect(find({}, '::ffff:127.0.0.1')).toEqual(['127.0.0.1', 'http', 'inner:8080'])
  })

  it('is read from right to left, through those that are trusted', () => {
    expect(find({ forwarded: 'for=6.6.6.6;proto=https, for=192.0.2.1;proto=http;host=outer, for=10.1.1.1' })).toEqual([
      '192.0.2.1',
      'http',
      'outer',
    ])
    expect(find({ 'x-forwarded-for': '6.6.6.6, 192.0.2.1, 10.1.1.1' })).toEqual(['192.0.2.1', 'http', 'inner:8080'])
    expect(find({ 'x-forwarded-for': '10.2.2.2, fd00::1', 'x-forwarded-proto': 'https' }, '::ffff:10.0.0.9')).toEqual([
      '10.2.2.2',
      'https',
      'inner:8080',
    ])
    expect(
      find({ 'x-forwarded-for': '192.0.2.1:4711', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example' }),
    ).toEqual(['192.0.2.1', 'https', 'api.example'])
  })

  it('is the proxy, where that does not tell', () => {
    expect(find({ forwarded: 'for=unknown;proto=https' })).toEqual(['127.0.0.1', 'https', 'inner:8080'])
    expect(find({ 'x-forwarded-for': '6.6.6.6, garbage' })).toEqual(['127.0.0.1', 'http', 'inner:8080'])
    expect(find({ 'x-forwarded-for': '' })).toEqual(['127.0.0.1', 'http', 'inner:8080'])
  })

  it('has no host that could mean more in a link', () => {
    for (const host of ['a/b', 'a@b', 'a b', 'a\\b', 'a:99999999', ''])
      expect([host, find({ 'x-forwarded-host': host, 'x-forwarded-for': '1.2.3.4' })[2]]).toEqual([host, 'inner:8080'])
    expect(find({ 'x-forwarded-host': '[::1]:80', 'x-forwarded-for': '1.2.3.4' })[2]).toBe('[::1]:80')
  })

  it('is nobody, where the two headers say different things', () => {
    const both = { forwarded: 'for=6.6.6.6', 'x-forwarded-for': '192.0.2.1' }
    expect(() => find(both)).toThrow('different things')
    expect(find(both, '127.0.0.1', { trustedProxies, proxyHeaders: 'x-forwarded' })[0]).toBe('192.0.2.1')
    expect(find(both, '127.0.0.1', { trustedProxies, proxyHeaders: 'forwarded' })[0]).toBe('6.6.6.6')
    expect(find({ forwarded: 'for=192.0.2.1', 'x-forwarded-for': '192.0.2.1' })[0]).toBe('192.0.2.1')
  })
})
