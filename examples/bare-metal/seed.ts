// Fills an empty PostgreSQL database with the bare-metal example, in one of three sizes, the same rows every time.
import type { ClientBase } from 'pg'
import { type ExampleData, fillDatabase, findSize, type OnProgress } from '../fill-database.ts'

export type BareMetalSize = keyof typeof sizes

export interface SeedOptions {
  /** `tiny` is for tests (under a second), `small` for a demo (seconds), `large` for long reports (under a minute). */
  readonly size: BareMetalSize
  /** Told before each step, and once more with `done` equal to `of` when everything is in place. */
  readonly onProgress?: OnProgress
}

/** How many rows of each kind a size has; `samples` are those of each server's traffic, one every five minutes. */
export const sizes = {
  tiny: { clients: 5, accounts: 100, bare_metals: 60, samples: 288 },
  small: { clients: 50, accounts: 2000, bare_metals: 500, samples: 576 },
  large: { clients: 500, accounts: 20_000, bare_metals: 2500, samples: 2000 },
} as const

const example: ExampleData = {
  name: 'bare-metal',
  folder: new URL('.', import.meta.url),
  steps: [
    ['schema', 'schema.sql'],
    ['functions', 'seed/functions.sql'],
    ['clients', 'seed/clients.sql'],
    ['servers', 'seed/bare-metals.sql'],
    ['traffic', 'seed/traffic.sql'],
    ['keys and indexes', 'keys.sql'],
  ],
  tables: [
    'clients',
    'accounts',
    'bare_metals',
    'switch_ports',
    'traffic',
    'switch_port_open_requests',
    'switch_port_close_requests',
    'traffic_reports',
  ],
  sizes,
  temporaryFunctions: ['roll'],
}

/**
 * Creates the tables in the schema `public` and fills them, in one transaction: all of it is there afterwards, or nothing.
 * Does nothing when the database holds this size already. The client must not be in a transaction.
 *
 * @throws when the database holds another size, or tables of the same names; nothing is ever dropped.
 * @example
 * await seedBareMetal(client, { size: 'small' })
 */
export async function seedBareMetal(client: ClientBase, options: SeedOptions): Promise<void> {
  await fillDatabase(client, example, options)
}

/** Whether the database holds the bare-metal example in this size. */
export async function isSeeded(client: ClientBase, size: BareMetalSize): Promise<boolean> {
  return (await findSize(client, example.name)) === size
}
