// Tells who would rather have nothing than a part that nothing was left out (RFC 7240, sections 3 and 4.4).
import { isStrict } from '../request/check-preferences.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { addPreference } from './add-preference.ts'
import type { ReadAnswer } from './read-answer.ts'

export function sayStrict(http: HttpRequest, answer: ReadAnswer): ReadAnswer {
  if (!isStrict(http)) return answer
  const headers = addPreference(answer.headers, 'handling=strict')
  const vary = headers.vary ?? 'Accept, Authorization'
  const isCacheable = http.method === 'GET' || http.method === 'HEAD'
  return {
    ...answer,
    headers: isCacheable && !vary.includes('Prefer') ? { ...headers, vary: `${vary}, Prefer` } : headers,
  }
}
