// SQL that tells whether who gave a command may still do so: his client is active, his token was not revoked (ACCESS R38).
import type { Caller } from './run-as.ts'

/**
 * What there is to ask about him:
 *
 *   none            he showed no credentials that could be revoked
 *   client          he is a registered client
 *   token           he showed a token, and there is a table of revoked ones
 *   token, no table he showed a token, and there was no such table: there must not be one now
 */
export type GiverCheck = 'none' | 'client' | 'token' | 'token, no table'

/** @param isTable whether there was a table of revoked tokens when the command was claimed */
export function checkOf({ client, token }: Caller, isTable: boolean): GiverCheck {
  if (client !== null) return 'client'
  if (!token) return 'none'
  return isTable ? 'token' : 'token, no table'
}

/** Asks the catalogue, which everybody may: the login need not reach into the schema where there is nothing. */
export const isRevokedTable = `exists (select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = 'colonnade' and c.relname = 'revoked_tokens')`

// As `Revocations` judges a token that is shown: without a time of issue it may be an old one.
const issued = `q.run_as #> '{claims,iat}'`
const isRevoked = (
  which: string,
) => `exists (select from colonnade.revoked_tokens as t where ${which} and t.forget_at > now()
      and (t.issuer is null or t.issuer = q.run_as #>> '{claims,iss}'))`
const byJti = isRevoked(`t.jti = q.run_as #>> '{claims,jti}'`)
const bySubject = isRevoked(`t.subject = q.run_as #>> '{claims,sub}'
      and (case when jsonb_typeof(${issued}) = 'number' then (${issued})::numeric <= floor(extract(epoch from t.issued_until)) else true end)`)

const conditions: Readonly<Record<GiverCheck, string>> = {
  none: '',
  client: `and exists (select from colonnade.clients as c where c.name = q.run_as ->> 'client' and c.revoked_at is null)`,
  token: `and not ${byJti} and not ${bySubject}`,
  'token, no table': `and not ${isRevokedTable}`,
}

/** Of the row `q`. A condition more for a `where` */
export function giverHolds(check: GiverCheck): string {
  return conditions[check]
}
