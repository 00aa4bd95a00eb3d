// What is answered to writes of those who have not signed in, or hold no role that writes: before any record is looked at.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineApi, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, signToken, startApi } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, describeEachServer } from '../support/databases.ts'

const columns = { id: 'int4', name: 'text null', above_id: 'int4 null' } as const
const below = { above: { belongsTo: 'open', by: 'above_id' } } as const
const db = tables({
  open: {
    key: 'id',
    columns,
    relationships: {
      ...below,
      parts: { hasMany: 'open', by: 'above_id' },
      secrets: { hasMany: 'closed', by: 'above_id' },
    },
  },
  closed: { key: 'id', columns, relationships: below },
  fixed: { key: 'id', columns },
  unserved: { key: 'id', columns },
} as const)

const writes = { read: 'all', write: { create: 'all', update: 'all' }, delete: true } as const
const definition = defineApi(
  {
    open: resource(db.open, {
      roles: { user: writes, guest: { read: 'all' } },
      actions: { rename: { set: { name: 'renamed' }, roles: ['user'] } },
    }),
    closed: resource(db.closed, { roles: { user: writes } }),
    fixed: resource(db.fixed, { roles: { guest: { read: 'all' } } }),
    unserved: resource(db.unserved, { roles: {} }),
  },
  { roles: { user: { role: 'user' }, guest: 'anyone' } },
)

describeEachServer('a write without a role for it', server => {
  let api: ApiUnderTest
  let plain: string
  let user: string
  beforeAll(async () => {
    const template = await createTemplate(server, 'without_a_role', async client => {
      for (const name of ['open', 'closed', 'fixed', 'unserved'])
        await client.query(`
          create table ${name} (id int4 primary key, name text, above_id int4 ${name === 'fixed' ? '' : 'references open'});
          insert into ${name} values (1, 'One', null), (2, 'Two', ${name === 'fixed' ? 'null' : '1'});
        `)
    })
    api = await startApi(definition, await cloneDatabase(server, template))
    plain = await signToken('7')
    user = await signToken('8', { role: 'user' })
  }, 120_000)
  afterAll(async () => {
    await api.close()
    expect(api.errors).toEqual([])
  })

  const send = (method: string, path: string, body: unknown, token: string | null, headers = {}) =>
    api.get(path, {
      method,
      token,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  /** Every method on what is there, what is not, what cannot be, and with bodies that are none. */
  const attempts = (name: string, nested: string) =>
    [
      ['POST', `/${name}`, { id: 9, name: 'x' }],
      ['POST', `/${name}`, [{ id: 9 }, { id: 1 }]],
      ['POST', `/${name}`, { nothing: 'like it' }],
      ['PATCH', `/${name}`, [{ id: 1, name: 'x' }, { id: 99 }]],
      ['PATCH', `/${name}?id=1&max_affected=1`, { name: 'x' }],
      ['DELETE', `/${name}`, [1, 99]],
      ['DELETE', `/${name}?id=1&max_affected=1`, undefined],
      ...[1, 99, 'x'].flatMap(id => [
        ['PATCH', `/${name}/${id}`, { name: 'x' }] as const,
        ['PATCH', `/${name}/${id}`, 5] as const,
        ['PUT', `/${name}/${id}`, { name: 'x' }] as const,
        ['DELETE', `/${name}/${id}`, undefined] as const,
      ]),
      ...[1, 99].flatMap(id => [
        ['POST', `/open/${id}/${nested}`, { id: 9 }] as const,
        ['PATCH', `/open/${id}/${nested}/2`, { name: 'x' }] as const,
        ['PUT', `/open/${id}/${nested}/2`, { name: 'x' }] as const,
        ['DELETE', `/open/${id}/${nested}/2`, undefined] as const,
      ]),
    ] as const

  it('is 401 to the anonymous and 403 to others, whether or not the record is there', async () => {
    const all = [
      ...attempts('open', 'parts'),
      ...attempts('closed', 'secrets').filter(([, path]) => path.startsWith('/closed')),
      ['POST', '/open/1/actions/rename', undefined],
      ['POST', '/open/99/actions/rename', undefined],
      ['POST', '/actions/rename/open', { ids: [1, 99] }],
    ] as const
    for (const [method, path, body] of all) {
      const what = `${method} ${path} ${JSON.stringify(body)}`
      const anonymous = await send(method, path, body, null)
      expect([anonymous.status, anonymous.json.errors[0].code], what).toEqual([401, 'unauthenticated'])
      expect(anonymous.headers.get('www-authenticate'), what).toBe('Bearer realm="colonnade"')
      const signedIn = await send(method, path, body, plain)
      expect([signedIn.status, signedIn.json.errors[0].code], what).toEqual([403, 'forbidden'])
    }
  })

  it('is the same with preconditions, preferences and keys', async () => {
    for (const headers of [
      { 'if-match': '"x"' },
      { 'if-none-match': '*' },
      { prefer: 'handling=lenient' },
      { 'idempotency-key': '"0123456789012345678901234"' },
    ])
      for (const [method, path, body] of attempts('open', 'parts')) {
        const what = `${method} ${path} ${JSON.stringify(headers)}`
        expect((await send(method, path, body, null, headers)).status, what).toBe(401)
        expect((await send(method, path, body, plain, headers)).status, what).toBe(403)
      }
  })

  it('is the same as an operation, which is pointed to', async () => {
    for (const operation of [
      { op: 'add', resource: 'open', data: { id: 9 } },
      { op: 'update', resource: 'open', id: '1', data: { name: 'x' } },
      { op: 'remove', resource: 'open', id: '1' },
      { op: 'remove', resource: 'closed', id: '99' },
    ])
      for (const [token, status] of [
        [null, 401],
        [plain, 403],
      ] as const) {
        const reply = await send('POST', '/operations', { operations: [operation] }, token)
        expect([reply.status, reply.json.errors[0].source.pointer]).toEqual([status, '/operations/0'])
      }
  })

  it('is 404 where nobody reaches it or the way is hidden, and 405 where nobody does it', async () => {
    for (const token of [null, plain, user]) {
      for (const method of ['PATCH', 'PUT', 'DELETE'])
        expect((await send(method, '/fixed/1', { name: 'x' }, token)).status).toBe(405)
      expect((await send('POST', '/fixed', { id: 9 }, token)).status).toBe(405)
    }
    for (const token of [null, plain])
      expect((await send('POST', '/open/1/secrets', { id: 9 }, token)).status).toBe(404)
    for (const token of [null, plain, user])
      expect((await send('GET', '/unserved/1', undefined, token)).status).toBe(404)
  })

  it('with a bad token is 401, and has changed nothing', async () => {
    expect((await send('DELETE', '/open/1', undefined, 'no.such.token')).status).toBe(401)
    const { json } = await send('GET', '/open?fields=name', undefined, user)
    expect(json.data.map((one: { name: string }) => one.name)).toEqual(['One', 'Two'])
    expect((await send('GET', '/closed?fields=name', undefined, user)).json.data).toHaveLength(2)
  })
})
