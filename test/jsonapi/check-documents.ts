// Holds what goes over the wire as JSON:API against the official schema: every answer, and every request that was accepted.
import { type DocumentKind, problemsOf } from './official-schema.ts'

const mediaType = 'application/vnd.api+json'

interface Sent {
  readonly path: string
  readonly method: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Undefined for one that is not to be held against anything. */
  readonly body: string | undefined
}

interface Came {
  readonly status: number
  readonly headers: Headers
  readonly json: unknown
}

/** @throws Error that lists what the schema has against a document */
export function checkDocuments({ path, method, headers = {}, body }: Sent, { status, headers: got, json }: Came): void {
  if (json !== undefined && got.get('content-type')?.startsWith(mediaType))
    refuse(problemsOf(json), `the answer to ${method} ${path}`, json)
  const type = headers['content-type'] ?? ''
  if (body === undefined || status >= 300 || !type.startsWith(mediaType) || type.includes('ext=')) return
  const sent: unknown = JSON.parse(body)
  refuse(problemsOf(sent, kindOf(path, method)), `the body of ${method} ${path}`, sent)
}

function kindOf(path: string, method: string): DocumentKind {
  if (/\/relationships\/[^/]+$/.test(path.split('?')[0] as string)) return 'updateRelationship'
  return method === 'PATCH' ? 'update' : 'create'
}

function refuse(problems: readonly string[], what: string, document: unknown): void {
  if (problems.length > 0)
    throw new Error(`Not JSON:API: ${what}\n  ${problems.join('\n  ')}\n  ${JSON.stringify(document).slice(0, 2_000)}`)
}
