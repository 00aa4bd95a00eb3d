// Finds out who asks where proxies stand between: believes what those say that are trusted, and nobody else.
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { ApiError } from '../errors/api-error.ts'
import type { Client } from '../request/http-request.ts'
import { findPeer, toPlainAddress } from './find-peer.ts'
import { type Hop, readForwarded, readXForwarded } from './read-forwarded.ts'

export interface ProxyOptions {
  /** Addresses and networks whose `Forwarded` or `X-Forwarded-*` is believed: `['127.0.0.1', '10.0.0.0/8', 'fd00::/8']`. */
  readonly trustedProxies?: readonly string[]
  /** Which of the two the proxies write, so that the other is not looked at. Left out, either is read, and both only where they agree. */
  readonly proxyHeaders?: 'forwarded' | 'x-forwarded'
}

type FindClient = (request: IncomingMessage) => Client

/**
 * @returns a function that says who asks
 * @throws Error for what is no address and no network
 */
export function makeFindClient({ trustedProxies = [], proxyHeaders }: ProxyOptions): FindClient {
  if (trustedProxies.length === 0) return findPeer
  const trusted = toBlockList(trustedProxies)
  return request => {
    const peer = findPeer(request)
    if (!isTrusted(peer.address, trusted)) return peer
    const { headers } = request
    const forwarded = proxyHeaders === 'x-forwarded' ? undefined : readForwarded(headers)
    const other = proxyHeaders === 'forwarded' ? undefined : readXForwarded(headers)
    const first = forwarded && walkBack(peer, forwarded, trusted)
    const second = other && walkBack(peer, other, trusted)
    // A proxy that writes the one hands on the other as its client made it up.
    if (first && second && !isSame(first, second))
      throw new ApiError('bad_request', 'Forwarded and X-Forwarded-* say different things. Send neither.', {
        source: { header: 'Forwarded' },
      })
    return first ?? second ?? peer
  }
}

/** From the nearest to the farthest, as long as the one who wrote it is trusted: what stands before is the client's own fancy. */
function walkBack(peer: Client, hops: readonly Hop[], trusted: BlockList): Client {
  let client = peer
  for (const { address, scheme, host } of hops.toReversed()) {
    const known = address === undefined ? '' : toPlainAddress(address)
    client = {
      // One that the proxy does not tell counts as the proxy.
      address: known === '' ? client.address : known,
      scheme: scheme ?? peer.scheme,
      host: host ?? peer.host,
    }
    if (!isTrusted(known, trusted)) break
  }
  return client
}

function isSame(one: Client, other: Client): boolean {
  return one.address === other.address && one.scheme === other.scheme && one.host === other.host
}

function isTrusted(address: string, trusted: BlockList): boolean {
  const family = isIP(address)
  return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

function toBlockList(trustedProxies: readonly string[]): BlockList {
  const list = new BlockList()
  for (const one of trustedProxies) {
    const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(one) ?? []
    const family = isIP(address)
    if (family === 0 || Number(bits ?? 0) > (family === 6 ? 128 : 32))
      throw new Error(`trustedProxies takes addresses and networks such as 10.0.0.0/8, not ${JSON.stringify(one)}.`)
    const kind = family === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, kind)
    else list.addSubnet(address, Number(bits), kind)
  }
  return list
}
