// Ends a connection of the driver, whether the server still answers or not.
import type { Socket } from 'node:net'
import type pg from 'pg'

/** How long a server may take to say goodbye. */
const patienceMs = 1_000

/** Resolves in any case: a server that has fallen silent is hung up on. */
export async function endClient(client: pg.ClientBase): Promise<void> {
  const timer = setTimeout(() => socketOf(client).destroy(), patienceMs)
  await (client as pg.Client).end().catch(() => undefined)
  clearTimeout(timer)
}

/** The driver puts another in its place for TLS. */
export function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream
}
