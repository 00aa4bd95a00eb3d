// Makes the tokens of the demo, signed with a secret of its data folder.
import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { codeOf } from './cli-error.ts'

/** By who presents it; a guest presents none. */
export interface DemoTokens {
  readonly guest: null
  readonly regular: string
  readonly owner: string
  readonly admin: string
}

/** User 20 is anybody, user 18 owns video 3031, user 1 has the claim `role: 'admin'`. */
export async function makeDemoTokens(secret: string): Promise<DemoTokens> {
  const sign = (id: string, claims: Readonly<Record<string, string>> = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(id)
      .setIssuedAt()
      .setExpirationTime('1y')
      .sign(Buffer.from(secret))
  const [regular, owner, admin] = await Promise.all([sign('20'), sign('18'), sign('1', { role: 'admin' })])
  return { guest: null, regular, owner, admin }
}

/** Made once a folder, so that tokens outlive a restart. */
export async function demoSecret(folder: string): Promise<string> {
  const file = join(folder, 'demo-jwt-secret')
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  // Whole when it appears, and of two demos that start at once both take the first one's.
  const draft = `${file}.${process.pid}`
  await writeFile(draft, randomBytes(32).toString('base64url'), { mode: 0o600 })
  await link(draft, file).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
  await rm(draft)
  return await readFile(file, 'utf8')
}
