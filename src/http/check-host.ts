// Keeps an open server to this machine: a page on another site must not reach it by a name that it points here.
import { ApiError } from '../errors/api-error.ts'

/** @throws ApiError `host_not_allowed` unless `Host` is a loopback name, with any port (DNS rebinding) */
export function checkLoopbackHost(host: string | undefined): void {
  if (isLoopback((host ?? '').replace(/:\d+$/, '').toLowerCase())) return
  throw new ApiError('host_not_allowed', 'An open server answers on a loopback name only, such as localhost.', {
    source: { header: 'Host' },
  })
}

/** Whether an address or a name, without a port, is this machine to itself. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
}
