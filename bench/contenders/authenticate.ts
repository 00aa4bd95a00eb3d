// Finds out who asks one of the servers written by hand: verifies a bearer token, once, and remembers it.
import { createSecretKey } from 'node:crypto'
import { jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { jwtKey } from '../tokens.ts'

const key = createSecretKey(Buffer.from(jwtKey))

interface Known {
  readonly userId: number
  readonly expiresAtMs: number
}
const known = new LRUCache<string, Known>({ max: 1000 })

/** @returns the id of the user, or null for anybody else */
export async function authenticate(authorization: string | undefined): Promise<number | null> {
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
  if (token === undefined) return null
  const found = known.get(token)
  if (found && Date.now() < found.expiresAtMs) return found.userId
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] })
    const userId = Number(payload.sub)
    if (!Number.isSafeInteger(userId) || payload.exp === undefined) return null
    known.set(token, { userId, expiresAtMs: payload.exp * 1000 })
    return userId
  } catch {
    return null
  }
}
