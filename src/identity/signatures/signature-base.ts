// Makes the text that a signature is over (RFC 9421, section 2.5) from the request as the caller saw it.
import { type CommonConfig, httpbis, type Request } from 'http-message-signatures'
import { serializeList } from 'structured-headers'
import { type HttpRequest, header } from '../../request/http-request.ts'
import { spellTargetUri, type TargetUri } from '../../request/target-uri.ts'
import type { GivenSignature } from './read-signatures.ts'
import { signatureError } from './signature-error.ts'

type Config = CommonConfig & { readonly fields: string[] }

type Parameters = ReadonlyMap<string, string | number | boolean>

/** What a field may be covered by, beside its whole value (RFC 9421, section 2.1); `tr` and `req` speak of other messages. */
const fieldParameters = new Set(['sf', 'key', 'bs'])

/** @throws ApiError 401 `signature_invalid` where it covers what this request has not */
export function signatureBase(http: HttpRequest, target: TargetUri, { input, covered }: GivenSignature): Buffer {
  const message = { method: http.method, url: spellTargetUri(target), headers: headersOf(http) }
  const componentParser = (name: string, parameters: Parameters) => derive(name, parameters, http, target)
  const lines = covered.map(component => {
    const line = lineOf({ fields: [component], componentParser }, message)
    // One line each, in visible ASCII: else two requests could have one base.
    if (line === null || !/^[ -~\t]*$/.test(line)) throw absent(component)
    return line
  })
  const parameters = `"@signature-params": ${serializeList([input])}`
  return Buffer.from([...lines, parameters].join('\n'), 'latin1')
}

function lineOf(config: Config, message: Request): string | null {
  try {
    return httpbis.formatSignatureBase(httpbis.createSignatureBase(config, message))
  } catch {
    return null
  }
}

function absent(component: string) {
  const detail = `The signature covers ${component.slice(0, 100)}, which cannot be had from this request.`
  return signatureError('signature_invalid', detail)
}

/** The library would parse the URL anew; what was signed is the target as it was sent. */
function derive(name: string, parameters: Parameters, http: HttpRequest, target: TargetUri): string[] | null {
  const names = [...parameters.keys()]
  if (!name.startsWith('@')) {
    if (!names.every(one => fieldParameters.has(one))) throw new Error('another message')
    return null
  }
  if (name === '@query-param') return [queryParameter(target, parameters)]
  if (names.length > 0) throw new Error('another message')
  const derived = new Map([
    ['@method', http.method],
    ['@target-uri', spellTargetUri(target)],
    ['@authority', target.authority],
    ['@scheme', target.scheme],
    ['@request-target', http.target],
    ['@path', target.path],
    ['@query', target.query ?? '?'],
  ]).get(name)
  if (derived === undefined) throw new Error('no such component')
  return [derived]
}

/** RFC 9421, section 2.2.8: decoded as a form, then encoded in the one way that there is for it. */
function queryParameter({ query }: TargetUri, parameters: Parameters): string {
  const name = parameters.get('name')
  if (parameters.size !== 1 || typeof name !== 'string') throw new Error('no name')
  const values = new URLSearchParams(query ?? '').getAll(decodeURIComponent(name))
  const [value] = values
  // Given twice, it may not be covered: who reads the request may take the one or the other.
  if (value === undefined || values.length > 1) throw new Error('none, or several')
  return encodeURIComponent(value).replace(/[!'()~]/g, one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
}

function headersOf(http: HttpRequest): Record<string, string> {
  return Object.fromEntries(
    Object.keys(http.headers).flatMap(name => {
      const value = header(http, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
