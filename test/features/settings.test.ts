// Where the settings of a server come from, and what it does with them, as real processes.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { resolveSettings, type Sources } from '../../src/cli/resolve-settings.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { signToken } from '../support/api-under-test.ts'
import { makeFolder, runCli, startCli } from '../support/cli.ts'
import { emptyDatabase, type Server, servers, type TestDatabase } from '../support/databases.ts'

const resolve = (sources: Partial<Sources>) =>
  resolveSettings({ flags: {}, environment: {}, file: undefined, ...sources })
const file = (values: Record<string, unknown>) => ({ name: 'colonnade.config.ts', values })

describe('settings', () => {
  it('come from flags before the environment, that before the file, that before the profile', () => {
    const sources = {
      flags: { port: '1' },
      environment: { COLONNADE_PORT: '2' },
      file: file({ port: 4, profiles: { development: { port: 3 } } }),
    }
    const port = (given: Partial<Sources>) => {
      const { settings, origins } = resolve(given)
      return [settings.port, origins.port]
    }
    expect(port(sources)).toEqual([1, '--port'])
    expect(port({ ...sources, flags: {} })).toEqual([2, 'COLONNADE_PORT'])
    expect(port({ file: sources.file })).toEqual([3, 'colonnade.config.ts, profiles.development'])
    expect(port({ file: file({ port: 4 }) })).toEqual([4, 'colonnade.config.ts'])
    expect(port({})).toEqual([8080, 'profile development'])
  })

  it('take an empty variable for none, and a false flag of the file for what it says', () => {
    const { settings } = resolve({
      environment: { COLONNADE_PORT: '', NODE_ENV: 'production' },
      file: file({ port: 5, requireTls: false }),
    })
    expect(settings).toMatchObject({ port: 5, requireTls: false, log: 'json', stopDelayMs: 5_000 })
  })

  it('take the profile by the same order, and NODE_ENV only where it names one', () => {
    const profile = (given: Partial<Sources>) => resolve(given).profile
    expect(profile({ environment: { NODE_ENV: 'test' } })).toBe('development')
    expect(profile({ environment: { NODE_ENV: 'production' } })).toBe('production')
    expect(profile({ environment: { NODE_ENV: 'production', COLONNADE_PROFILE: 'staging' } })).toBe('staging')
    expect(profile({ flags: { profile: 'production' }, environment: { COLONNADE_PROFILE: 'staging' } })).toBe(
      'production',
    )
    expect(profile({ file: file({ profile: 'staging' }) })).toBe('staging')
  })

  it('differ by profile in nothing but what the table says', () => {
    const of = (profile: string) => resolve({ flags: { profile } }).settings
    const [development, production] = [of('development'), of('production')]
    const changed = Object.keys(production).filter(
      name => production[name as keyof typeof production] !== development[name as keyof typeof development],
    )
    expect(changed).toEqual([
      'requireTls',
      'hstsSeconds',
      'log',
      'errorDetail',
      'headersTimeoutMs',
      'requestTimeoutMs',
      'stopDelayMs',
    ])
  })

  it('say what is wrong, where, and what would work', () => {
    const fails = (given: Partial<Sources>) => expect(() => resolve(given))
    fails({ flags: { port: '70000' } }).toThrow('--port takes a number from 0 to 65535.')
    fails({ environment: { LOG_LEVEL: 'loud' } }).toThrow('LOG_LEVEL takes one of trace, debug')
    fails({ file: file({ prot: 1 }) }).toThrow('there is no setting "prot". Did you mean "port"?')
    fails({ file: file({ profiles: { producton: {} } }) }).toThrow('no profile "producton"')
    fails({ file: file({ profiles: { production: { stopDelay: 1 } } }) }).toThrow('Did you mean "stopDelayMs"?')
    fails({ file: file({ jwtSecret: 'a secret' }) }).toThrow('there is no setting "jwtSecret"')
    fails({ flags: { hsts: 'x' } }).toThrow('--hsts takes a whole number above 0.')
    fails({ environment: { COLONNADE_BODY_BYTES: '0' } }).toThrow('COLONNADE_BODY_BYTES takes a whole number above 0.')
    fails({ file: file({ port: {} }) }).toThrow('takes a single value')
    fails({ file: file({ profile: 'x' }) }).toThrow('takes one of development, staging, production')
  })
})

const apiFile = `
import { defineApi, resource, tables } from 'colonnade'
const db = tables({ notes: { key: 'id', columns: { id: 'int4 generated', ref: 'text' }, relationships: {} } } as const)
const write = { create: { only: ['ref'] } } as const
export default defineApi(
  { notes: resource(db.notes, { filters: ['ref'], roles: { regular: { read: 'all', write }, guest: { read: 'all' } } }) },
  { roles: { regular: 'authenticated', guest: 'anyone' } },
)
`

describe('a process', () => {
  const folder = makeFolder()
  const cwd = folder.path
  let database: TestDatabase
  beforeAll(async () => {
    database = await emptyDatabase(servers()[0] as Server)
    await withClient(database.config as pg.ClientConfig, client =>
      client.query('create table notes (id int generated always as identity primary key, ref text not null)'),
    )
    writeFileSync(join(cwd, 'api.ts'), apiFile)
  })
  afterEach(() => {
    for (const name of ['colonnade.config.ts', 'colonnade.config.json']) rmSync(join(cwd, name), { force: true })
  })
  afterAll(async () => {
    folder.remove()
    await database.drop()
  })

  it('tells its settings and where they come from, with secrets masked', async () => {
    writeFileSync(
      join(cwd, 'colonnade.config.ts'),
      `export default { stopTimeoutMs: 1234 as number, profiles: { production: { metricsPort: 9464 } } }`,
    )
    const env = {
      COLONNADE_METRICS_TOKEN: 'metrics-secret-of-16',
      COLONNADE_JWT_SECRET: 'a jwt-secret of the tests, 32 bytes',
      COLONNADE_DATABASE_URL: 'postgres://me:p@ss-secret@db/x?password=other-secret',
      LOG_LEVEL: 'warn',
    }
    const config = (...args: string[]) => runCli(['config', '--profile', 'production', ...args], { cwd, env })
    const { code, stdout } = await config('--port', '3000')
    expect(code).toBe(0)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => line.split(/ {2,}/))
    expect(lines).toEqual(
      expect.arrayContaining([
        ['profile', 'production', '--profile'],
        ['port', '3000', '--port'],
        ['database', 'postgres://me:***@db/x?password=***', 'COLONNADE_DATABASE_URL'],
        ['metricsToken', '***', 'COLONNADE_METRICS_TOKEN'],
        ['metricsPort', '9464', 'colonnade.config.ts, profiles.production'],
        ['stopTimeoutMs', '1234', 'colonnade.config.ts'],
        ['logLevel', 'warn', 'LOG_LEVEL'],
        ['log', 'json', 'profile production'],
        ['COLONNADE_JWT_SECRET', '***', 'COLONNADE_JWT_SECRET'],
      ]),
    )
    expect(stdout).not.toMatch(/secret-of|jwt-secret|ss-secret|other-secret/)
    const json = JSON.parse((await config('--json')).stdout)
    expect(json.port).toEqual({ value: 8080, from: 'profile production' })
    const printed = await runCli(['serve', '--profile', 'production', '--print-config', '--port', '3000'], { cwd, env })
    expect(printed.stdout).toBe(stdout)
  })

  it('takes limits, HSTS and the secret of tokens from flags before the environment, that before the file', async () => {
    const [ours, older] = ['a secret of the tests, 32 bytes or more', 'an older secret of the tests, of 32 bytes']
    writeFileSync(join(cwd, 'secret'), `${ours}\n`)
    writeFileSync(join(cwd, 'older-secret'), older)
    writeFileSync(
      join(cwd, 'colonnade.config.ts'),
      `export default { requireTls: false, bodyBytes: 300, hstsSeconds: 60, jwtSecretFile: 'older-secret',
        profiles: { production: { maxExportRows: 1, stopDelayMs: 0 } } }`,
    )
    const observe = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
      const flags = ['--profile', 'production', '--port', '0', '--json', '--trusted-proxy', '127.0.0.1', ...args]
      const served = startCli(['serve', database.url, ...flags], { cwd, env })
      const { url } = JSON.parse(await served.ready)
      const ask = (init: RequestInit & { readonly headers?: Readonly<Record<string, string>> }) =>
        fetch(`${url}/notes`, { ...init, headers: { 'x-forwarded-proto': 'https', ...init.headers } })
      const authorization = `Bearer ${await signToken('20')}`
      const read = await ask({ headers: { authorization } })
      const large = await ask({
        method: 'POST',
        body: JSON.stringify({ ref: 'x'.repeat(400) }),
        headers: { authorization, 'content-type': 'application/json' },
      })
      const hsts = read.headers.get('strict-transport-security')
      expect(await served.end(), served.stderr()).toBe(0)
      return { read: read.status, large: large.status, hsts }
    }
    // The file: another secret, and a small body.
    expect(await observe([], {})).toEqual({ read: 401, large: 413, hsts: 'max-age=60' })
    // The environment names a secret, which puts out the file of the file.
    expect(
      await observe([], { COLONNADE_JWT_SECRET: ours, COLONNADE_HSTS: '70', COLONNADE_HSTS_SUBDOMAINS: 'true' }),
    ).toEqual({
      read: 200,
      large: 413,
      hsts: 'max-age=70; includeSubDomains',
    })
    // A flag puts out both.
    const args = ['--jwt-secret-file', 'secret', '--body-bytes', '1000', '--hsts', 'off']
    const env = { COLONNADE_JWT_SECRET: older, COLONNADE_BODY_BYTES: '300', COLONNADE_HSTS: '70' }
    expect(await observe(args, env)).toEqual({ read: 200, large: 201, hsts: null })
    const missing = await runCli(['serve', database.url, '--jwt-secret-file', 'none'], { cwd })
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('cannot be read from none')])
    const flag = await runCli(['serve', database.url, '--jwt-secret', 'x'], { cwd })
    expect(flag.stderr).toContain("unknown option '--jwt-secret'")
    for (const name of ['secret', 'older-secret']) rmSync(join(cwd, name))
  }, 120_000)

  it('reads JSON, and refuses a file that it cannot read', async () => {
    writeFileSync(join(cwd, 'colonnade.config.json'), '{"port": 3001}')
    expect((await runCli(['config'], { cwd })).stdout).toMatch(/port +3001 +colonnade\.config\.json/)
    writeFileSync(join(cwd, 'colonnade.config.json'), '{')
    expect(await runCli(['config'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('is no JSON') })
    const away = await runCli(['config', '--config', 'away.ts'], { cwd })
    expect(away).toMatchObject({ code: 2, stderr: expect.stringContaining('no file away.ts') })
  })

  it('refuses an open API in staging and production', async () => {
    for (const profile of ['staging', 'production']) {
      const { code, stderr } = await runCli(['serve', database.url, '--open', '--profile', profile], { cwd })
      expect(code).toBe(1)
      expect(stderr).toContain(`--open is refused in ${profile}`)
    }
  })

  it('writes a log of JSON alone, in which no secret of a run stands, and serves metrics apart', async () => {
    const secret = 'a secret of the tests, 32 bytes or more'
    const env = {
      COLONNADE_JWT_SECRET: secret,
      COLONNADE_REQUIRE_TLS: 'false',
      COLONNADE_METRICS_TOKEN: 'metrics-secret-of-16',
    }
    const args = ['--profile', 'production', '--json', '--port', '0', '--stop-delay', '0', '--metrics-port', '0']
    const server = startCli(['serve', database.url, ...args], { cwd, env })
    const { url, metrics } = JSON.parse(await server.ready)
    const token = await signToken('20', { card: 'claim-secret' })
    const headers = {
      authorization: `Bearer ${token}`,
      cookie: 'sid=cookie-secret',
      'content-type': 'application/json',
    }
    const body = '{"ref":"body-secret"}'
    expect((await fetch(`${url}/notes`, { method: 'POST', headers, body })).status).toBe(201)
    expect((await fetch(`${url}/notes?filter[ref]=query-secret`, { headers })).status).toBe(200)
    expect((await fetch(`${url}/notes/path-secret?x=query-secret`, { headers })).status).toBe(404)
    expect((await fetch(`${url}/notes`, { headers: { authorization: 'Bearer token-secret' } })).status).toBe(401)
    await withClient(database.config as pg.ClientConfig, client =>
      client.query('alter table notes rename ref to other'),
    )
    const away = await fetch(`${url}/notes?filter[ref]=query-secret&page[size]=7`, { headers })
    expect(away.status).toBe(503)
    await withClient(database.config as pg.ClientConfig, client =>
      client.query('alter table notes rename other to ref'),
    )
    expect((await fetch(metrics)).status).toBe(401)
    const read = await fetch(metrics, { headers: { authorization: 'Bearer metrics-secret-of-16' } })
    const numbers = await read.text()
    expect(numbers).toContain('colonnade_http_requests_total{method="POST",route="/api/notes",status="201"} 1')
    expect(await server.end('SIGTERM')).toBe(0)

    const log = server.stderr()
    const lines = log
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.filter(({ msg }) => msg === 'request').map(({ status }) => status)).toEqual([201, 200, 404, 401, 503])
    const failed = lines.find(({ level, requestId }) => level === 'error' && requestId !== undefined)
    expect(failed.error.cause.code).toBe('42703')
    const secrets = [
      secret,
      token,
      'claim-secret',
      'cookie-secret',
      'body-secret',
      'query-secret',
      'path-secret',
      'token-secret',
      'metrics-secret',
    ]
    for (const one of secrets) {
      expect(log, one).not.toContain(one)
      expect(numbers, one).not.toContain(one)
    }
  })
})
