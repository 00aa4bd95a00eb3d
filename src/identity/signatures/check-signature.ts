// Judges whether a signature says enough to be trusted: what it covers, when it was made, and a nonce.
import { type HttpRequest, header } from '../../request/http-request.ts'
import { type TargetUri, targetUriOf } from '../../request/target-uri.ts'
import type { GivenSignature } from './read-signatures.ts'
import { signatureError } from './signature-error.ts'
import type { SignatureOptions } from './signature-options.ts'

export interface SignatureRules {
  /** Names of fields in lower case. */
  readonly components: readonly string[]
  readonly windowSeconds: number
  readonly toleranceSeconds: number
  /** How long a nonce has to be remembered. */
  readonly rememberSeconds: number
}

export function toRules({
  components = [],
  windowSeconds = 300,
  clockToleranceSeconds: toleranceSeconds = 30,
}: SignatureOptions): SignatureRules {
  if (!(windowSeconds > 0) || !(toleranceSeconds >= 0)) throw new Error('A window of signatures lasts some seconds.')
  return {
    components: components.map(name => name.toLowerCase()),
    windowSeconds,
    toleranceSeconds,
    // Made by a clock that is ahead, and asked for again at a server whose clock is behind.
    rememberSeconds: windowSeconds + 3 * toleranceSeconds,
  }
}

/** What the caller may choose, within reason: too short ones meet by chance. */
const nonceLength = { min: 8, max: 128 }

/** What a signature of this request has to cover; `@target-uri` stands for its parts too. */
export function requiredComponents(http: HttpRequest, hasBody: boolean, rules: SignatureRules): readonly string[] {
  const fields = ['authorization', ...rules.components].filter(name => header(http, name) !== undefined)
  return [...new Set(['@method', '@target-uri', ...(hasBody ? ['content-digest'] : []), ...fields])]
}

/** @throws ApiError `signature_components_missing` */
export function checkCovered(given: GivenSignature, http: HttpRequest, hasBody: boolean, rules: SignatureRules): void {
  const required = requiredComponents(http, hasBody, rules)
  // With a parameter, such as `;key="a"`, only a part is covered.
  const covered = new Set(given.covered.map(component => component.slice(1, -1)))
  const missing = required.filter(name =>
    name === '@target-uri' ? !coversTarget(covered, targetUriOf(http)) : !covered.has(name),
  )
  const [first] = missing
  if (first !== undefined)
    throw signatureError('signature_components_missing', `The signature does not cover "${first}".`, required)
  if (given.created === null || given.nonce === null) {
    const name = given.created === null ? 'created' : 'nonce'
    throw signatureError('signature_components_missing', `The signature has no parameter "${name}".`, required)
  }
  const { min, max } = nonceLength
  if (given.nonce.length < min || given.nonce.length > max)
    throw signatureError('signature_components_missing', `A nonce has ${min} to ${max} characters.`, required)
}

function coversTarget(covered: ReadonlySet<string>, { query }: TargetUri): boolean {
  if (covered.has('@target-uri')) return true
  if (!covered.has('@authority')) return false
  return covered.has('@request-target') || (covered.has('@path') && (query === null || covered.has('@query')))
}

/** @throws ApiError `signature_expired` */
export function checkTime({ created, expires }: GivenSignature, rules: SignatureRules, nowMs: number): void {
  const { windowSeconds, toleranceSeconds } = rules
  const age = nowMs / 1_000 - (created ?? Number.NEGATIVE_INFINITY)
  const says = `It is ${new Date(nowMs).toISOString()} here.`
  if (age > windowSeconds + toleranceSeconds)
    throw signatureError('signature_expired', `The signature is older than ${windowSeconds} seconds. ${says}`)
  if (age < -toleranceSeconds) throw signatureError('signature_expired', `The signature is of the future. ${says}`)
  if (expires !== null && nowMs / 1_000 > expires + toleranceSeconds)
    throw signatureError('signature_expired', `The signature has expired. ${says}`)
}
