// The commands, each as a real process: what they print, how they end, and that they serve.
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type CliProcess, makeFolder, runCli, startCli } from '../support/cli.ts'
import { emptyDatabase, type Server, servers, type TestDatabase } from '../support/databases.ts'

const folder = makeFolder()
const cwd = folder.path
afterAll(() => folder.remove())

async function query(database: TestDatabase, sql: string): Promise<void> {
  const client = new pg.Client(database.config as pg.ClientConfig)
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

async function ask(url: string, token?: string) {
  const response = await fetch(url, token ? { headers: { authorization: `Bearer ${token}` } } : {})
  // biome-ignore lint/suspicious/noExplicitAny: replies have many shapes
  return { status: response.status, body: (await response.json()) as any }
}

const apiFile = `
import { defineApi, resource } from 'colonnade'
import { db } from './schema.ts'
const authors = resource(db.authors, { roles: { admin: { read: 'all' }, guest: { read: { only: ['id', 'name', 'books'] } } } })
const books = resource(db.books, { roles: { admin: { read: 'all' }, guest: { read: { without: ['price'] } } } })
export default defineApi({ authors, books }, { roles: { admin: { role: 'admin' }, guest: 'anyone' } })
`

describe('the demo', () => {
  let demo: CliProcess
  let ready: { url: string; tokens: Record<string, string> }
  beforeAll(async () => {
    demo = startCli(['demo', '--size', 'tiny', '--json', '--port', '0'], { cwd })
    ready = JSON.parse(await demo.ready)
  })

  it('prints one line of JSON, and serves what it says', async () => {
    expect(demo.stdout().trimEnd().split('\n')).toHaveLength(1)
    expect(Object.keys(ready.tokens)).toEqual(['guest', 'regular', 'owner', 'admin'])
    expect(ready.tokens.guest).toBeNull()
    const { body } = await ask(`${ready.url}/videos/3031?fields=title,user.username`)
    expect(body.data).toEqual({ id: 3031, title: 'Leon på havet!', user: { id: 18, username: 'robert' } })
  })

  it('makes tokens that show different things', async () => {
    const fields = async (token?: string) => Object.keys((await ask(`${ready.url}/users/18`, token)).body.data)
    const [guest, regular, owner] = await Promise.all([
      fields(),
      fields(ready.tokens.regular),
      fields(ready.tokens.owner),
    ])
    expect(guest).not.toContain('followers_count')
    expect(regular).toContain('followers_count')
    expect(regular).not.toContain('email')
    expect(owner).toContain('email')
    const suspended = await ask(`${ready.url}/users?fields=suspended_at`, ready.tokens.admin)
    expect(suspended.body.data[0]).toHaveProperty('suspended_at')
  })

  it('is joined by a second one in the same folder, whose tokens hold here too', async () => {
    const second = startCli(['demo', '--size', 'tiny', '--json', '--port', '0'], { cwd })
    const { url, tokens } = JSON.parse(await second.ready)
    expect(url).not.toBe(ready.url)
    expect((await ask(`${ready.url}/users/18`, tokens.owner)).body.data).toHaveProperty('email')
    expect(await second.end()).toBe(0)
    expect((await ask(`${ready.url}/videos?page[size]=1`)).status).toBe(200)
  })

  it('says which option helps when its port is taken', async () => {
    const { code, stderr, stdout } = await runCli(['demo', '--size', 'tiny', '--port', new URL(ready.url).port], {
      cwd,
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/Port \d+ is taken.*--port/)
  })

  it('does not throw away data that is in use', async () => {
    const { code, stderr } = await runCli(['demo', '--size', 'tiny', '--fresh', '--port', '0'], { cwd })
    expect(code).toBe(1)
    expect(stderr).toContain('in use')
  })

  it('is explained', async () => {
    const request = '/api/videos?fields=title,requester_has_liked&include=user&filter[draft]=true'
    const { code, stdout } = await runCli(['explain', '--demo', '--role', 'guest', 'GET', request], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain('regular  not held: it takes being signed in')
    expect(stdout).toContain('requester_has_liked: read by admin, owner, regular only')
    expect(stdout).toMatch(/guest {4}rows where state = "published"/)
    expect(stdout).toMatch(/SQL\n {2}select /)
  })

  it('knows the clients that are registered beside it, until they are revoked', async () => {
    const run = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await runCli(['clients', ...args, '--demo', '--size', 'tiny', '--json'], { cwd })
      return code === 0 ? JSON.parse(stdout) : stderr
    }
    const { key, id, expiresAt } = await run('add', 'partner', '--role', 'admin', '--days', '30')
    expect(new Date(expiresAt).getTime()).toBeGreaterThan(Date.now())
    const suspended = () => ask(`${ready.url}/users?fields=suspended_at`, key)
    expect((await suspended()).body.data[0]).toHaveProperty('suspended_at')
    const rotated = await run('rotate', 'partner', '--grace-hours', '0')
    expect(rotated.retired).toMatchObject([{ id, isRevoked: true }])
    await expect.poll(async () => (await suspended()).body.errors?.[0].detail).toBe('The key has been revoked.')
    expect((await ask(`${ready.url}/users?fields=suspended_at`, rotated.key)).status).toBe(200)
    const [partner] = await run('list')
    expect(partner).toMatchObject({ name: 'partner', claims: { role: 'admin' }, revokedAt: null })
    expect(partner.keys.map((one: { id: string }) => one.id)).toEqual([id, rotated.id])
    expect(JSON.stringify(partner)).not.toContain(rotated.key)
    expect(await run('revoke', 'partner')).toEqual({ client: 'partner', key: null })
    await expect.poll(async () => (await ask(`${ready.url}/users`, rotated.key)).status).toBe(401)
    expect(await run('add', 'partner')).toContain('already')
    expect(await run('revoke', 'nobody')).toContain('no client "nobody"')
  })

  it('ends with code 0 when it is told to, and takes up its data again', async () => {
    expect(await demo.end('SIGTERM')).toBe(0)
    const again = startCli(['demo', '--size', 'tiny', '--port', '0'], { cwd })
    await again.ready
    await expect.poll(() => again.stdout()).toContain('Ctrl-C')
    expect(again.stderr()).not.toContain('Filling')
    const url = /http:\/\/127\.0\.0\.1:\d+\/api/.exec(again.stdout())?.[0]
    const token = ready.tokens.owner
    expect((await ask(`${url}/users/18`, token)).body.data).toHaveProperty('email')
    expect(await again.end('SIGINT')).toBe(0)
  })
})

describe('on a database', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await emptyDatabase(servers()[0] as Server)
  })
  afterAll(() => database.drop())
  beforeEach(() =>
    query(
      database,
      `drop schema public cascade; create schema public;
       create table authors (id int primary key, name text not null, email text);
       create table books (id int primary key, title text not null, price int, author_id int references authors);
       insert into authors values (1, 'Selma', 'selma@example.org');
       insert into books values (1, 'Gösta', 10, 1)`,
    ),
  )

  it('serves every table with --open, and says so loudly', async () => {
    const server = startCli(['serve', database.url, '--open', '--json', '--port', '0'], { cwd })
    const { url } = JSON.parse(await server.ready)
    expect(server.stderr()).toContain('EVERY TABLE')
    const { body } = await ask(`${url}/books?include=author`)
    expect(body.data[0]).toMatchObject({ title: 'Gösta', author: { name: 'Selma', email: 'selma@example.org' } })
    expect(await server.end('SIGINT')).toBe(0)
  })

  it('registers clients and revokes tokens in the database that DATABASE_URL names', async () => {
    const run = (args: readonly string[]) => runCli(args, { cwd, env: { DATABASE_URL: database.url } })
    expect((await run(['clients', 'list'])).stdout).toContain('No client is registered')
    const { code, stdout } = await run(['clients', 'add', 'billing', '--claim', 'team_id=7', '--claims', '{"level":3}'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/shown this once:\ncln_[0-9A-Za-z]{57}\n$/)
    const id = /cln_(.{8})/.exec(stdout)?.[1] ?? ''
    const listed = (await run(['clients', 'list'])).stdout
    expect(listed).toContain('billing  {"level":3,"team_id":"7"}')
    expect(listed).toMatch(new RegExp(`${id}  made 2.*  never ends  never used`))
    expect((await run(['clients', 'rotate', 'billing'])).stdout).toContain(`Key ${id} goes on until 2`)
    expect((await run(['clients', 'revoke', 'billing', '--key', id])).stdout).toContain(`Revoked: key ${id}`)
    expect((await run(['clients', 'list'])).stdout).toMatch(new RegExp(`${id}  made .*  revoked 2`))
    const wrong = await run(['clients', 'add', 'x', '--claims', '[1]'])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('JSON object')])
    expect((await run(['tokens', 'revoke', '--jti', 'abc', '--json'])).stdout).toBe('{"jti":"abc"}\n')
    expect((await run(['tokens', 'revoke'])).code).toBe(2)
    await query(database, 'drop schema colonnade cascade')
  })

  it('refuses --open in production, on other addresses, and beside --api', async () => {
    const run = (args: readonly string[], env = {}) => runCli(['serve', database.url, '--open', ...args], { cwd, env })
    const [production, host, api] = await Promise.all([
      run([], { NODE_ENV: 'production' }),
      run(['--host', '0.0.0.0']),
      run(['--api', 'api.ts']),
    ])
    expect(production).toMatchObject({ code: 1, stdout: '' })
    expect(production.stderr).toContain('refused in production')
    expect(host).toMatchObject({ code: 2, stdout: '' })
    expect(host.stderr).toContain('this machine alone')
    expect(api.code).toBe(2)
  })

  it('tells both ways when there is no api.ts', async () => {
    const empty = makeFolder()
    const { code, stderr } = await runCli(['serve', database.url], { cwd: empty.path })
    empty.remove()
    expect(code).toBe(2)
    expect(stderr).toMatch(/--api.*--open/)
  })

  it('says in a line what is wrong with the command, the address or the port', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const run = (...args: string[]) => runCli(args, { cwd })
    const [unknown, kind, away, busy] = await Promise.all([
      run('serv'),
      run('serve', 'mysql://localhost/x', '--open'),
      run('serve', 'postgres://me:s3cret@127.0.0.1:1/x', '--open'),
      run('serve', database.url, '--open', '--port', String(port)),
    ])
    taken.close()
    expect([unknown.code, kind.code, away.code, busy.code]).toEqual([2, 2, 1, 1])
    expect(unknown.stderr).toContain('Did you mean serve')
    expect(kind.stderr).toContain('postgres://')
    expect(away.stderr).toContain('127.0.0.1:1')
    expect(away.stderr).not.toContain('s3cret')
    expect(busy.stderr).toContain('--port')
    for (const { stderr } of [kind, away, busy]) expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('pulls definitions; twice changes nothing, a renamed relationship stays, changes are named', async () => {
    const pull = () => runCli(['pull', database.url], { cwd })
    const file = join(cwd, 'schema.ts')
    expect(await pull()).toMatchObject({ code: 0, stdout: 'schema.ts is written: 2 tables.\n' })
    const first = readFileSync(file, 'utf8')
    expect((await pull()).stdout).toContain('up to date')
    expect(readFileSync(file, 'utf8')).toBe(first)

    writeFileSync(file, first.replace("author: { belongsTo: 'authors'", "writer: { belongsTo: 'authors'"))
    await query(database, 'alter table books add isbn text; alter table authors drop email')
    const { stdout } = await pull()
    expect(stdout).toContain('- authors.email')
    expect(stdout).toContain('+ books.isbn')
    expect(stdout).not.toContain('writer')
    expect(readFileSync(file, 'utf8')).toContain("writer: { belongsTo: 'authors'")
  })

  describe('with an api.ts', () => {
    beforeEach(async () => {
      writeFileSync(join(cwd, 'api.ts'), apiFile)
      writeFileSync(join(cwd, 'schema.ts'), '')
      await runCli(['pull', database.url, '--out', 'fresh.ts'], { cwd })
      writeFileSync(join(cwd, 'schema.ts'), readFileSync(join(cwd, 'fresh.ts')))
    })

    it('checks that it fits: a dropped column is a problem, a new one a note', async () => {
      const check = () => runCli(['check', database.url], { cwd })
      expect(await check()).toMatchObject({ code: 0, stdout: '0 problems, 0 notes\n' })
      await query(database, 'alter table books add isbn text')
      const noted = await check()
      expect(noted.code).toBe(0)
      expect(noted.stdout).toContain('books: isbn would be read by admin, guest once pulled.')
      await query(database, 'alter table books drop price')
      const broken = await check()
      expect(broken.code).toBe(1)
      expect(broken.stdout).toContain('books.price is not in the database any more.')
      expect(broken.stdout).not.toContain('there is no column')
    })

    it('describes what it publishes, and checks what of that has changed since', async () => {
      const described = await runCli(['describe', database.url], { cwd })
      expect(described.code).toBe(0)
      writeFileSync(join(cwd, 'published.json'), described.stdout)
      const check = (...more: string[]) =>
        runCli(['check', database.url, '--published', 'published.json', ...more], { cwd })
      const same = await check()
      expect(same.code).toBe(0)
      expect(same.stdout).toMatch(/0 problems, 0 breaking changes, \d+ notes?\n$/)
      writeFileSync(join(cwd, 'api.ts'), apiFile.replace("['id', 'name', 'books']", "['id', 'books']"))
      const [told, json] = [await check(), await check('--json')]
      expect([told.code, json.code]).toEqual([1, 1])
      expect(told.stdout).toContain('version 1 (anonymous, authenticated): authors: field "name" is gone')
      expect(JSON.parse(json.stdout)).toMatchObject({
        problems: [],
        breaking: expect.arrayContaining([
          { version: '1', callers: ['anonymous', 'authenticated'], message: 'authors: field "name" is gone' },
        ]),
      })
      writeFileSync(join(cwd, 'published.json'), '{}')
      const other = await check()
      expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('published.json describes no API')])
    })

    it('explains what is dropped, for whom a row is visible, and refusals', async () => {
      const explain = (...args: string[]) => runCli(['explain', database.url, ...args], { cwd })
      const [guest, admin, refused] = await Promise.all([
        explain('GET', '/api/books?fields=title,price&include=author&filter[title][contains]=ö'),
        explain('--role', 'admin', '/api/books?fields=title,price'),
        explain('/api/books?filter[price]=3'),
      ])
      expect(guest.stdout).toContain('price: read by admin only')
      expect(guest.stdout).toMatch(/author: id, name\n/)
      expect(guest.stdout).toContain('$1  "%ö%"  from the request')
      expect(admin.stdout).toMatch(/Dropped\n {2}nothing/)
      expect(refused.stdout).toContain('400 unknown_field: Unknown field "price" in filter.')
      expect(refused.code).toBe(0)
    })

    it('is served, loaded anew on SIGHUP with what it imports, and kept when the new one fails', async () => {
      const env = { COLONNADE_JWT_SECRET: 'a secret of the tests, 32 bytes or more' }
      const server = startCli(['serve', database.url, '--json', '--port', '0'], { cwd, env })
      const { url } = JSON.parse(await server.ready)
      const fields = async () => Object.keys((await ask(`${url}/authors`)).body.data[0])
      expect(await fields()).toEqual(['id', 'name'])

      writeFileSync(join(cwd, 'api.ts'), apiFile.replace("['id', 'name', 'books']", "['id', 'nmae']"))
      server.child.kill('SIGHUP')
      await server.hears('Did you mean "name"')
      expect(await fields()).toEqual(['id', 'name'])

      await query(database, 'alter table authors rename name to full_name')
      writeFileSync(join(cwd, 'api.ts'), apiFile.replace("['id', 'name', 'books']", "['id', 'full_name']"))
      writeFileSync(join(cwd, 'schema.ts'), readFileSync(join(cwd, 'schema.ts'), 'utf8').replace('name:', 'full_name:'))
      server.child.kill('SIGHUP')
      await server.hears('Reloaded')
      expect(await fields()).toEqual(['id', 'full_name'])
      expect(await server.end()).toBe(0)
    })
  })

  it('tells its version and, with --help, examples', async () => {
    const [version, help] = await Promise.all([runCli(['--version'], { cwd }), runCli(['--help'], { cwd })])
    const { version: expected } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
    expect(version).toMatchObject({ code: 0, stdout: `${expected}\n` })
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('$ colonnade demo') })
  })
})
