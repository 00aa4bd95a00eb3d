// Makes the tokens of the demo, signed with a secret of its data folder.
import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { codeOf } from './cli-error.ts'

/** `id` is who it is. */
export type DemoClaims = Readonly<Record<string, string>>

/** By who presents it; null for whoever presents none. */
export type DemoTokens = Readonly<Record<string, string | null>>

export async function makeDemoTokens(
  secret: string,
  callers: Readonly<Record<string, DemoClaims | null>>,
): Promise<DemoTokens> {
  const tokens = Object.entries(callers).map(
    async ([name, claims]) => [name, claims && (await sign(claims, secret))] as const,
  )
  return Object.fromEntries(await Promise.all(tokens))
}

async function sign({ id, ...claims }: DemoClaims, secret: string): Promise<string> {
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime('1y')
  return await (id === undefined ? token : token.setSubject(id)).sign(Buffer.from(secret))
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
