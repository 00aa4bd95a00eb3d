// How to connect to an embedded database, as the driver wants it and as a URL.

/** Fits where `pg` takes a ClientConfig or a PoolConfig. */
export interface DatabaseConfig {
  /** The folder of the Unix socket, or `127.0.0.1`. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string
  /** Said, because the driver would take it from PGSSLMODE otherwise. */
  readonly ssl: false
}

/** Understood by `pg` and by libpq: `postgres://postgres@/app?host=%2Ftmp%2Fcolonnade-1f…`. */
export function toDatabaseUrl({ host, port, user, database, password }: DatabaseConfig): string {
  const login = encodeURIComponent(user) + (password ? `:${encodeURIComponent(password)}` : '')
  const name = encodeURIComponent(database)
  if (!host.startsWith('/')) return `postgres://${login}@${host}:${port}/${name}`
  return `postgres://${login}@/${name}?host=${encodeURIComponent(host)}&port=${port}`
}
