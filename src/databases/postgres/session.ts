// Pins what a session's settings could change in an answer: time zone, styles, search path, time limit.

/**
 * One statement that a new connection runs first. The search path holds the catalogue, `public` and the schemas of extensions,
 * for their operators are found by it; tables are always named with their schema.
 */
export function sessionSettings(statementTimeoutMs: number): string {
  const settings = [
    ['TimeZone', 'UTC'],
    ['DateStyle', 'ISO, YMD'],
    ['IntervalStyle', 'iso_8601'],
    ['bytea_output', 'hex'],
    ['extra_float_digits', '1'],
    ['standard_conforming_strings', 'on'],
    ['client_min_messages', 'error'],
    ['statement_timeout', String(Math.round(statementTimeoutMs))],
  ]
  const calls = settings.map(([name, value]) => `set_config('${name}', '${value}', false)`)
  const path = `(select 'pg_catalog, ' || string_agg(distinct quote_ident(n.nspname), ', ') from pg_namespace n where n.nspname = 'public' or n.oid in (select extnamespace from pg_extension where extnamespace <> 'pg_catalog'::regnamespace))`
  return `select ${calls.join(', ')}, set_config('search_path', coalesce(${path}, 'pg_catalog'), false)`
}
