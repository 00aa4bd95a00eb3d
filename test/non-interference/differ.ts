// Says whether two answers are not the same: status, headers or bytes; what went wrong in us is never the same.
import type { HttpResponse } from '../../src/request/http-request.ts'

const apart = new Set(['date', 'server-timing'])

export function differ([one, other]: readonly [HttpResponse, HttpResponse]): boolean {
  if (one.status >= 500 || other.status >= 500) return true
  const headers = ({ headers: all }: HttpResponse) =>
    JSON.stringify(
      Object.entries(all)
        .filter(([name]) => !apart.has(name))
        .sort(),
    )
  return one.status !== other.status || one.body !== other.body || headers(one) !== headers(other)
}
