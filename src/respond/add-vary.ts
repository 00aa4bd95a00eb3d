// Adds to Vary what else chose an answer.
import type { HttpResponse } from '../request/http-request.ts'

export function addVary(response: HttpResponse, name: string): HttpResponse {
  const { vary } = response.headers
  return { ...response, headers: { ...response.headers, vary: vary === undefined ? name : `${vary}, ${name}` } }
}
