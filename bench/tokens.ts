// Makes the bearer tokens that the requests of the bench carry.
import { SignJWT } from 'jose'

/** For HS256; no secret, since it opens the bench's own servers only. */
export const jwtKey = 'the bench signs its bearer tokens with this'

export async function makeToken(userId: number): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(String(userId))
    .setExpirationTime('1 day')
    .sign(Buffer.from(jwtKey))
}
