// Reads from the environment by which ways callers may show who they are.
import type { IdentityOptions } from '../identity/identify.ts'
import type { IntrospectionOptions } from '../identity/introspection.ts'
import type { JwtOptions } from '../identity/jwt-options.ts'
import { CliError } from './cli-error.ts'
import { type Environment, jwtFromEnvironment } from './jwt-from-environment.ts'

export type IdentityFromEnvironment = Pick<IdentityOptions, 'jwt' | 'clients' | 'introspection'>

/**
 * Tokens as `jwtFromEnvironment` says, or with several issuers as a list in `COLONNADE_JWT`; clients' keys unless `COLONNADE_CLIENTS`
 * is `off`; `COLONNADE_INTROSPECTION_URL` with `…_CLIENT_ID` and `…_CLIENT_SECRET` for tokens that only their issuer can tell about.
 * @throws CliError for what would accept no token or too many
 */
export function identityFromEnvironment(environment: Environment = process.env): IdentityFromEnvironment {
  const jwt = severalFromEnvironment(environment) ?? jwtFromEnvironment(environment)
  const introspection = introspectionFromEnvironment(environment)
  const clients = environment.COLONNADE_CLIENTS
  if (clients && clients !== 'on' && clients !== 'off')
    throw new CliError('COLONNADE_CLIENTS is on or off: whether the keys of registered clients are accepted.')
  return { ...(jwt && { jwt }), ...(introspection && { introspection }), clients: clients !== 'off' }
}

function severalFromEnvironment(environment: Environment): readonly JwtOptions[] | undefined {
  const text = environment.COLONNADE_JWT
  if (!text) return undefined
  const other = Object.keys(environment).find(name => name.startsWith('COLONNADE_JWT_') && environment[name])
  if (other !== undefined) throw new CliError(`COLONNADE_JWT says all about tokens. Leave ${other} out.`)
  let several: unknown
  try {
    several = [JSON.parse(text)].flat()
  } catch (cause) {
    throw new CliError('COLONNADE_JWT is no JSON.', { cause })
  }
  const issuers = several as readonly unknown[]
  if (issuers.length === 0)
    throw new CliError('COLONNADE_JWT names no issuer. Leave it out where no token is accepted.')
  return issuers.map(checkIssuer)
}

const known = [
  ...['key', 'algorithm', 'jwks', 'algorithms', 'issuer', 'audience', 'clockToleranceSeconds', 'idPrefix'],
  ...['maxAgeSeconds', 'coolDownSeconds'],
]

/** A name that is misspelt would leave out a check. */
function checkIssuer(one: unknown): JwtOptions {
  if (typeof one !== 'object' || one === null || !('jwks' in one || ('key' in one && 'algorithm' in one)))
    throw new CliError('COLONNADE_JWT is a list of objects, each with jwks, or with key and algorithm.')
  const wrong = Object.keys(one).find(name => !known.includes(name))
  if (wrong !== undefined) throw new CliError(`COLONNADE_JWT knows no "${wrong}": ${known.join(', ')}.`)
  return one as JwtOptions
}

function introspectionFromEnvironment(environment: Environment): IntrospectionOptions | undefined {
  const url = environment.COLONNADE_INTROSPECTION_URL
  if (!url) return undefined
  const clientId = environment.COLONNADE_INTROSPECTION_CLIENT_ID
  const clientSecret = environment.COLONNADE_INTROSPECTION_CLIENT_SECRET
  if (!clientId || !clientSecret)
    throw new CliError(
      'COLONNADE_INTROSPECTION_URL needs COLONNADE_INTROSPECTION_CLIENT_ID and COLONNADE_INTROSPECTION_CLIENT_SECRET.',
    )
  const audience = environment.COLONNADE_INTROSPECTION_AUDIENCE
  return { url, clientId, clientSecret, ...(audience && { audience }) }
}
