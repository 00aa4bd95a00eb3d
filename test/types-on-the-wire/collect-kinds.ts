// Finds out which kinds of columns a server has, and makes the types that a database defines for itself.
import type pg from 'pg'
import type { Kind } from './kind.ts'
import { listOf } from './kind.ts'
import { listOfLists, madeKinds, typesSql } from './made-kinds.ts'
import type { Kinds } from './make-tables.ts'
import { numberKinds } from './number-kinds.ts'
import { extensionKinds, oddKinds, xmlKind } from './odd-kinds.ts'
import { asText } from './shown.ts'
import { citextKind, textKinds } from './text-kinds.ts'
import { timeKinds } from './time-kinds.ts'

/** Every kind, and lists of every kind. */
export async function collectKinds(client: pg.ClientBase): Promise<Kinds> {
  await client.query(typesSql)
  const { rows } = await client.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  )
  const found: Kind[] = [
    ...numberKinds,
    ...textKinds,
    ...timeKinds((rows[0]?.major ?? 0) >= 17),
    ...oddKinds,
    ...madeKinds,
  ]
  if (await succeeds(client, "select '<a/>'::xml")) found.push(xmlKind)
  for (const [extension, kinds] of Object.entries({ ...extensionKinds, citext: [citextKind] }))
    if (await succeeds(client, `create extension ${extension}`)) found.push(...kinds)
  return new Map([...found, ...found.map(toList), listOfLists].map(kind => [kind.sql, kind]))
}

function toList(kind: Kind): Kind {
  // Boxes, and nothing else of PostgreSQL's, are separated by semicolons: no list for the product, but a text.
  if (kind.sql === 'box') return { ...listOf(kind, ';'), show: asText }
  return listOf(kind)
}

async function succeeds(client: pg.ClientBase, sql: string): Promise<boolean> {
  return client.query(sql).then(
    () => true,
    () => false,
  )
}
