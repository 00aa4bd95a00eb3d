// Looks for what an operator should know: a login that row security does not bind, views that run as their owner.

type Query = (text: string) => Promise<{ readonly rows: readonly { readonly warning: string }[] }>

const statement = `
select 'the login ' || rolname || ' bypasses row level security' as warning from pg_roles
where rolname = current_user and (rolsuper or rolbypassrls)
  and exists (select from pg_class where relrowsecurity)
union all
select 'the view ' || n.nspname || '.' || c.relname || ' runs with the rights of its owner; see security_invoker' from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'v' and n.nspname not in ('pg_catalog', 'information_schema', 'colonnade')
  and n.nspname not like 'pg\\_%'
  and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
order by 1`

export async function findWarnings(query: Query): Promise<readonly string[]> {
  const { rows } = await query(statement)
  return rows.map(row => row.warning)
}
