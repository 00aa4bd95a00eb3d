// Finds an answer that was kept for the very same request of somebody with the same rights: neither parsed nor planned again.

import type { RecordForm } from './access/permitted.ts'
import type { Principal } from './access/principal.ts'
import { jsonApiType } from './formats/index.ts'
import { type HttpRequest, header } from './request/http-request.ts'
import { checkHeaders } from './request/read-request.ts'
import type { VersionAsked } from './request/read-version.ts'
import type { ReadAnswer } from './respond/read-answer.ts'
import type { Runtime } from './runtime.ts'

/** After identify, and with the roles held as a part of the key: that, the caller and the target are all that allow depends on (docs/decisions/0006). */
export async function findKept(
  http: HttpRequest,
  identify: IdentifyOnce,
  runtime: Runtime,
  asked: VersionAsked | null,
): Promise<ReadAnswer | undefined> {
  const { answers } = runtime
  if (!answers || !isPlainGet(http, asked?.name ?? null)) return undefined
  try {
    checkHeaders(http.headers, runtime.api.limits.headerBytes)
    const identified = identify()
    const principal = identified instanceof Promise ? await identified : identified
    const form = header(http, 'accept') === jsonApiType ? 'resource' : 'plain'
    const target = keptTarget(runtime.api.version, form, http.target)
    const kept = answers.find(target, runtime.rolesOf(principal), principal)
    if (kept) http.watch?.identified?.(principal.id)
    return kept
  } catch {
    // The street says what is wrong, in its own order.
    return undefined
  }
}

/** What an answer is kept for, beside who may have it. */
export function keptTarget(version: string, form: RecordForm, target: string): string {
  return `${version}\n${form}\n${target}`
}

/** Says who is calling, however often it is asked: a signature is good for one look. */
export type IdentifyOnce = () => Principal | Promise<Principal>

export function identifyOnce(http: HttpRequest, runtime: Runtime): IdentifyOnce {
  let identified: Principal | Promise<Principal> | undefined
  return () => {
    try {
      identified ??= runtime.identify(http)
    } catch (error) {
      identified = Promise.reject(error)
    }
    return identified
  }
}

function isPlainGet(http: HttpRequest, name: string | null): boolean {
  if (http.method !== 'GET' && http.method !== 'HEAD') return false
  const accept = header(http, 'accept')
  const plain = accept === undefined || accept === '*/*' || accept === 'application/json' || accept === jsonApiType
  // Of a version that is named, its type alone; which version that is, is a part of the key.
  const versioned = name !== null && accept !== undefined && /^application\/vnd\.[\w.+-]+$/i.test(accept)
  return (plain || versioned) && header(http, 'prefer') === undefined && header(http, 'range') === undefined
}
