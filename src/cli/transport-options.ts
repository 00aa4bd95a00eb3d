// The options of `colonnade serve` for TLS, proxies and other origins.
import type { Command } from 'commander'
import type { ServerOptions } from '../create-server.ts'
import { CliError } from './cli-error.ts'

export interface TransportOptions {
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly trustedProxy?: readonly string[]
  readonly cors?: readonly string[]
}

export function addTransport(command: Command): Command {
  return command
    .option('--tls-cert <file>', 'certificate (PEM); read again when it changes')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--trusted-proxy <address...>', 'addresses and networks whose Forwarded and X-Forwarded-* are believed')
    .option('--cors <origin...>', "origins whose pages may ask; '*' for every one")
}

/** @throws CliError for one of certificate and key without the other */
export function toTransport(options: TransportOptions): Pick<ServerOptions, 'tls' | 'trustedProxies' | 'cors'> {
  const { tlsCert: cert, tlsKey: key, trustedProxy, cors } = options
  if ((cert === undefined) !== (key === undefined))
    throw new CliError('TLS takes a certificate and its key: --tls-cert FILE --tls-key FILE.', { exitCode: 2 })
  return {
    ...(cert !== undefined && key !== undefined && { tls: { cert, key } }),
    ...(trustedProxy && { trustedProxies: trustedProxy }),
    ...(cors && { cors: { origins: cors.includes('*') ? '*' : cors } }),
  }
}
