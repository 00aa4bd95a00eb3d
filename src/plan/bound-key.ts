// Makes the key of a command such that its index holds it, however long it is: else one long key would stop the claims of its whole table.
import { hash } from 'node:crypto'

/** Bytes. An entry of an index of PostgreSQL has 2,704 at most. */
const maxBytes = 1_000
const mark = 'sha256 '

/** A long one becomes its digest, by which two are the same where they are the same. */
export function toBoundKey(key: string): string {
  return Buffer.byteLength(key) > maxBytes ? mark + hash('sha256', key) : key
}

/** The same in SQL, around an expression that is written between the two. */
export const boundKeySql = [
  `(select case when octet_length(k) > ${maxBytes} then '${mark}' || encode(sha256(convert_to(k, 'UTF8')), 'hex') else k end from (select `,
  ') as made (k))',
] as const
