// Checks that the caller takes JSON.
import { ApiError } from '../errors/api-error.ts'

const media = ['application/json', 'application/*', '*/*']

/** @throws ApiError `not_acceptable` where `Accept` leaves no room for application/json */
export function checkAccept(accept: string | undefined): void {
  if (accept === undefined || accept === '' || accept.includes('*/*')) return
  const ranges = accept.split(',').map(part =>
    part
      .trim()
      .toLowerCase()
      .split(';')
      .map(one => one.trim()),
  )
  const accepted = ranges.some(
    ([type, ...parameters]) => media.includes(type ?? '') && !parameters.some(one => /^q=0(\.0*)?$/.test(one)),
  )
  if (!accepted)
    throw new ApiError('not_acceptable', 'This answers application/json.', { source: { header: 'Accept' } })
}
