// What the product can do so far: a workload that needs more is skipped by name for its contenders.
import api from '../examples/videos/api.ts'
import type { ServerOptions } from '../src/create-server.ts'

/** Whether `POST /api/comments` inserts one. */
const canWrite: boolean = true

/** The options that turn its response cache on. */
export const responseCache: Partial<ServerOptions> = {
  api: () => ({ ...api, options: { ...api.options, responseCache: {} } }),
}

/** The contenders that are the product. */
export const products: readonly string[] = ['colonnade-stock', 'colonnade-watched', 'colonnade']

export type Need = 'write'

/** Why the product cannot run what needs this, or null. */
export function lacks(need: Need | undefined): string | null {
  if (need === 'write' && !canWrite) return 'it cannot write yet'
  return null
}
