// Registers clients, and gives and takes their keys: what `colonnade clients` does.
import type { Database, Transaction } from '../databases/database.ts'
import { isTrue, type Rows, textOf } from '../formats/rows.ts'
import { type ApiKey, makeApiKey } from './api-key.ts'
import { checkReadable } from './check-readable.ts'
import {
  addClient,
  addKey,
  createClientTables,
  findSignedOnly,
  listClients,
  lockClient,
  retireKeys,
  revokeClient,
  revokeKey,
  setSignedOnly,
} from './statements.ts'
import { type Claims, checkNumber } from './to-principal.ts'

export interface KeyGiven {
  readonly client: string
  /** Shown this once. */
  readonly key: string
  /** By which `list` and `revoke` name it: it stands in the key. */
  readonly id: string
  /** As all times here in ISO 8601; null for never. */
  readonly expiresAt: string | null
}

export interface KeyRetired {
  readonly id: string
  readonly isRevoked: boolean
  readonly expiresAt: string | null
}

export interface RegisteredKey {
  readonly id: string
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly lastUsedAt: string | null
}

export interface RegisteredClient {
  readonly name: string
  readonly claims: Claims
  /** Accepted with a signature only. */
  readonly signedOnly: boolean
  readonly createdAt: string
  readonly revokedAt: string | null
  readonly keys: readonly RegisteredKey[]
}

/** What cannot be done with a client, in words for a person. */
export class ClientError extends Error {}

/** What a token says of itself, and a client may not. */
const reserved = ['exp', 'iat', 'nbf', 'iss', 'aud', 'jti', 'client_id', 'azp']

export interface NewClient {
  readonly name: string
  readonly claims: Claims
  /** Null for a key that never ends. */
  readonly hours: number | null
  /** Its key alone is not enough: what it sends must be signed. */
  readonly signedOnly?: boolean
}

/** @throws ClientError for a name that is taken or none, or a claim that a client may not have */
export async function registerClient(
  database: Database,
  { name, claims, hours, signedOnly = false }: NewClient,
): Promise<KeyGiven> {
  if (!/^[\w.@-]{1,64}$/.test(name))
    throw new ClientError(`"${name}" is no name for a client: 1 to 64 letters, digits and . _ - @`)
  const wrong = Object.keys(claims).find(claim => reserved.includes(claim))
  if (wrong !== undefined) throw new ClientError(`The claim "${wrong}" belongs to tokens; a client cannot have it.`)
  for (const value of Object.values(claims)) checkNumber(value)
  await prepareTables(database)
  return await database.transaction(async transaction => {
    const isNew = await transaction.run(addClient(name, JSON.stringify(claims), signedOnly), rows => rows.length > 0)
    if (!isNew) throw new ClientError(`There is a client "${name}" already. Give it another key with: clients rotate`)
    return await giveKey(transaction, name, hours)
  })
}

export async function findClients(database: Database): Promise<readonly RegisteredClient[]> {
  if (!(await areTablesThere(database))) return []
  return await database.read(listClients(), { isGone: () => false }, readClients)
}

export interface Rotation {
  readonly name: string
  readonly hours: number | null
  /** How long the key before goes on; 0: it ends now. */
  readonly graceHours: number
}

/**
 * Gives a new key. The newest of those before goes on for a while, any other ends: two hold at a time.
 * @throws ClientError for a client that is not there, or is revoked
 */
export async function rotateClient(
  database: Database,
  { name, hours, graceHours }: Rotation,
): Promise<KeyGiven & { readonly retired: readonly KeyRetired[] }> {
  if (!(await areTablesThere(database))) throw unknownClient(name)
  return await database.transaction(async transaction => {
    const isRevoked = await transaction.run(lockClient(name), rows => (rows.length > 0 ? isTrue(rows.at(0), 0) : null))
    if (isRevoked === null) throw unknownClient(name)
    if (isRevoked) throw new ClientError(`The client "${name}" is revoked. Register another.`)
    const retired = await transaction.run(retireKeys(name, String(graceHours)), rows =>
      rowsOf(rows, row => ({ id: textOf(row, 0) ?? '', isRevoked: isTrue(row, 1), expiresAt: textOf(row, 2) })),
    )
    return { ...(await giveKey(transaction, name, hours)), retired }
  })
}

/**
 * Ends one key, or the client with all of them. It counts at once in every process that serves.
 * @throws ClientError where it is not there
 */
export async function revoke(database: Database, name: string, keyId: string | undefined): Promise<void> {
  if (!(await areTablesThere(database))) throw unknownClient(name)
  const statement = keyId === undefined ? revokeClient(name) : revokeKey(name, keyId)
  const isThere = await database.write(statement, rows => rows.length > 0)
  if (isThere) return
  throw keyId === undefined ? unknownClient(name) : new ClientError(`The client "${name}" has no key "${keyId}".`)
}

/**
 * Whether what a client sends must be signed. It counts at once in every process that serves.
 * @throws ClientError for a client that is not there
 */
export async function demandSignatures(database: Database, name: string, signedOnly: boolean): Promise<void> {
  if (!(await areTablesThere(database))) throw unknownClient(name)
  await prepareTables(database)
  const isThere = await database.write(setSignedOnly(name, signedOnly), rows => rows.length > 0)
  if (!isThere) throw unknownClient(name)
}

/** Makes the tables, or brings those of an older release up to this one. */
async function prepareTables(database: Database): Promise<void> {
  const isCurrent =
    (await areTablesThere(database)) &&
    (await database.read(findSignedOnly(), { isGone: () => false }, rows => rows.length > 0))
  if (!isCurrent) await database.write(createClientTables(), () => undefined)
}

const areTablesThere = (database: Database) => checkReadable(database, ['clients', 'client_keys'])

async function giveKey({ run }: Transaction, client: string, hours: number | null): Promise<KeyGiven> {
  const key: ApiKey = makeApiKey()
  const statement = addKey(client, key.id, key.digest, hours === null ? null : String(hours))
  const expiresAt = await run(statement, rows => textOf(rows.at(0), 0))
  return { client, key: key.text, id: key.id, expiresAt }
}

function readClients(rows: Rows): readonly RegisteredClient[] {
  const clients = new Map<string, RegisteredClient & { keys: RegisteredKey[] }>()
  for (const row of rowsOf(rows, one => Array.from({ length: 10 }, (_, i) => textOf(one, i)))) {
    const [name, claims, createdAt, revokedAt = null, id, keyCreatedAt, expiresAt = null, keyRevokedAt = null] = row
    const client = clients.get(name ?? '') ?? {
      name: name ?? '',
      claims: JSON.parse(claims ?? '{}') as Claims,
      signedOnly: row[9] === 't',
      createdAt: createdAt ?? '',
      revokedAt,
      keys: [],
    }
    clients.set(client.name, client)
    if (typeof id !== 'string') continue
    client.keys.push({
      ...{ id, createdAt: keyCreatedAt ?? '', expiresAt, revokedAt: keyRevokedAt },
      lastUsedAt: row[8] ?? null,
    })
  }
  return [...clients.values()]
}

/** What stands in a row is there until the next is read. */
function rowsOf<T>(rows: Rows, read: (row: ReturnType<Rows['at']>) => T): readonly T[] {
  return Array.from({ length: rows.length }, (_, i) => read(rows.at(i)))
}

const unknownClient = (name: string) => new ClientError(`There is no client "${name}".`)
