// Reads what proxies say of those before them: Forwarded (RFC 7239) and X-Forwarded-For, -Proto, -Host.
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** What one proxy wrote about the one that asked it. */
export interface Hop {
  /** Undefined where it is not told (`unknown`, `_hidden`). */
  readonly address: string | undefined
  readonly scheme: 'http' | 'https' | undefined
  readonly host: string | undefined
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
/** One pair, and what ends it: RFC 7239 has no spaces within. Values may be bare though they hold `:` or `[`, as some proxies write them. */
const pair = new RegExp(`[ \\t]*(?:(${token})=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s",;]*)))?[ \\t]*(;|,|$)`, 'y')

/** @returns the hops, the nearest last; undefined without the header, or where it is malformed: then nothing was said */
export function readForwarded(headers: IncomingHttpHeaders): readonly Hop[] | undefined {
  const text = headers.forwarded
  if (text === undefined) return undefined
  const hops: Hop[] = []
  let pairs = new Map<string, string>()
  pair.lastIndex = 0
  for (;;) {
    const found = pair.exec(text)
    if (!found) return undefined
    const [, name, quoted, bare, end] = found
    if (name !== undefined) {
      // Said twice, neither can be believed.
      if (pairs.has(name.toLowerCase())) return undefined
      pairs.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '')
    }
    if (end === ';') continue
    if (pairs.size > 0) hops.push(toHop(pairs.get('for'), pairs.get('proto'), pairs.get('host')))
    pairs = new Map()
    if (end !== ',') return hops
  }
}

/** @returns the hops, the nearest last; undefined without any of the three headers */
export function readXForwarded(headers: IncomingHttpHeaders): readonly Hop[] | undefined {
  const addresses = toList(headers['x-forwarded-for'])
  const schemes = toList(headers['x-forwarded-proto'])
  const hosts = toList(headers['x-forwarded-host'])
  const count = Math.max(addresses.length, Math.min(1, schemes.length + hosts.length))
  if (count === 0) return undefined
  return Array.from({ length: count }, (_, i) => {
    const fromEnd = count - 1 - i
    return toHop(addresses.at(-1 - fromEnd), atOrFirst(schemes, fromEnd), atOrFirst(hosts, fromEnd))
  })
}

/** The proxies far away may all have handed on what the first of them wrote. */
function atOrFirst(list: readonly string[], fromEnd: number): string | undefined {
  return list.at(-1 - Math.min(fromEnd, list.length - 1))
}

function toList(header: string | readonly string[] | undefined): readonly string[] {
  const text = typeof header === 'string' ? header : header?.join(',')
  return text === undefined ? [] : text.split(',').map(one => one.trim())
}

function toHop(address: string | undefined, scheme: string | undefined, host: string | undefined): Hop {
  const said = scheme?.toLowerCase()
  return {
    address: address === undefined ? undefined : toAddress(address),
    // Whatever is no https is not safe.
    scheme: said === undefined || said === '' ? undefined : said === 'https' ? 'https' : 'http',
    // A name and a port, and nothing that could mean more where it is put into a link.
    host: host !== undefined && /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) ? host : undefined,
  }
}

/** `192.0.2.43:47011`, `[2001:db8::17]:4711` and both without a port. */
function toAddress(text: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::[\w.-]+)?$/.exec(text)?.[1]
  const address = bracketed ?? (isIP(text) ? text : text.replace(/:[\w.-]+$/, ''))
  return isIP(address) ? address : undefined
}
