// Says which address the caller asked for, as he saw it: a proxy in front may have changed scheme and host.
import { type HttpRequest, header } from './http-request.ts'

export interface TargetUri {
  readonly scheme: string
  /** Lower case, without the default port of the scheme. */
  readonly authority: string
  /** As it was sent; nothing is decoded. */
  readonly path: string
  /** With its `?`; null where there is none. */
  readonly query: string | null
}

/** @param origin what clients write before the path, where that is known (`https://api.example.org`); else what TLS and trusted proxies say */
export function targetUriOf(http: HttpRequest, origin?: string): TargetUri {
  const { client } = http
  const seen = client?.host || (header(http, 'host') ?? '')
  const [, scheme = client?.scheme ?? 'http', host = seen] = /^(https?):\/\/([^/]*)/i.exec(origin ?? '') ?? []
  const mark = http.target.indexOf('?')
  const isSecure = scheme.toLowerCase() === 'https'
  return {
    scheme: scheme.toLowerCase(),
    authority: host.toLowerCase().replace(isSecure ? /:443$/ : /:80$/, ''),
    path: mark < 0 ? http.target : http.target.slice(0, mark),
    query: mark < 0 ? null : http.target.slice(mark),
  }
}

export function spellTargetUri({ scheme, authority, path, query }: TargetUri): string {
  return `${scheme}://${authority}${path}${query ?? ''}`
}
