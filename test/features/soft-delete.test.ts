import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defineApi, resource, tables } from '../../src/index.ts'
import type { ApiDefinition } from '../../src/schema/resource-definition.ts'
import { type ApiUnderTest, signToken, startApi } from '../support/api-under-test.ts'
import { cloneDatabase, createTemplate, describeEachServer } from '../support/databases.ts'

const db = tables({
  papers: {
    key: 'id',
    columns: { id: 'int4', title: 'text', deleted_at: 'timestamptz null' },
    relationships: { pages: { hasMany: 'pages', by: 'paper_id' } },
  },
  pages: {
    key: 'id',
    columns: { id: 'int4', paper_id: 'int4' },
    relationships: { paper: { belongsTo: 'papers', by: 'paper_id' } },
  },
} as const)

const roles = { roles: { admin: { role: 'admin' }, user: 'authenticated' } } as const
const definition = defineApi(
  {
    papers: resource(db.papers, {
      softDelete: 'deleted_at',
      roles: {
        admin: { read: 'all', write: 'all', delete: true, seesDeleted: true },
        user: {
          extends: 'admin',
          read: { without: ['deleted_at'] },
          write: { create: 'all', update: 'all' },
          delete: true,
        },
      },
    }),
    pages: resource(db.pages, { roles: { user: { read: 'all' } } }),
  },
  roles,
)

async function build(client: pg.Client): Promise<void> {
  await client.query(`
    create table papers (id int4 primary key, title text not null, deleted_at timestamptz);
    create table pages (id int4 primary key, paper_id int4 not null references papers);
    insert into papers select i, 'Paper ' || i from generate_series(1, 6) i;
    insert into pages values (1, 1), (2, 2);
  `)
}

describeEachServer('a soft delete', server => {
  let api: ApiUnderTest
  let user: string
  let admin: string
  beforeAll(async () => {
    const template = await createTemplate(server, 'soft_delete', build)
    api = await startApi(definition, await cloneDatabase(server, template))
    user = await signToken('1')
    admin = await signToken('9', { role: 'admin' })
  }, 120_000)
  afterAll(() => api.close())

  const send = (method: string, path: string, body?: unknown, token = user, headers = {}) =>
    api.get(path, {
      method,
      token,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  it('keeps the row, and hides it from all roles but those that see what is deleted', async () => {
    expect((await send('DELETE', '/papers/1')).status).toBe(204)
    expect((await send('GET', '/papers/1')).status).toBe(404)
    expect((await send('DELETE', '/papers/1')).status).toBe(404)
    expect((await send('PATCH', '/papers/1', { title: 'x' })).status).toBe(404)
    expect((await send('PUT', '/papers/1', { title: 'x' })).status).toBe(409)
    expect((await send('GET', '/papers?page[total]=exact')).json.meta.page.total).toBe(5)
    // A link to it leads nowhere.
    expect((await send('GET', '/pages/1')).json.data.paper).toBe(null)
    expect((await send('GET', '/pages/2')).json.data.paper).toEqual({ id: 2 })
    const kept = await send('GET', '/papers/1', undefined, admin)
    expect(kept.json.data.title).toBe('Paper 1')
    expect(Date.parse(kept.json.data.deleted_at)).toBeGreaterThan(0)
    expect(api.errors).toEqual([])
  })

  it('happens once, and can be undone by whoever sees it', async () => {
    expect((await send('DELETE', '/papers/3')).status).toBe(204)
    const { deleted_at } = (await send('GET', '/papers/3', undefined, admin)).json.data
    expect((await send('DELETE', '/papers/3', undefined, admin)).status).toBe(204)
    expect((await send('GET', '/papers/3', undefined, admin)).json.data.deleted_at).toBe(deleted_at)
    expect((await send('PATCH', '/papers/3', { deleted_at: null }, admin)).status).toBe(200)
    expect((await send('GET', '/papers/3')).status).toBe(200)
  })

  it('answers the record as it was', async () => {
    const gone = await send('DELETE', '/papers/4', undefined, user, { prefer: 'return=representation' })
    expect([gone.status, gone.json]).toEqual([200, { data: { id: 4, title: 'Paper 4' } }])
    const byFilter = await send('DELETE', '/papers?filter[id][in]=4,5,6&max_affected=3')
    expect(byFilter.json).toEqual({ meta: { affected: 2 } })
    expect(api.errors).toEqual([])
  })

  it('needs a column that can hold it', async () => {
    const template = await createTemplate(server, 'soft_delete', build)
    const start = async (papers: ApiDefinition['resources'][string]) =>
      startApi(defineApi({ papers }, { roles: { user: 'authenticated' } }), await cloneDatabase(server, template))
    const noTime = resource(db.papers, { softDelete: 'title', roles: { user: { read: 'all' } } })
    await expect(start(noTime)).rejects.toThrow('papers.softDelete: "title" must be a timestamptz, timestamp or date')
    // @ts-expect-error there is no such column
    const misspelt = resource(db.papers, { softDelete: 'deletd_at', roles: { user: { read: 'all' } } })
    await expect(start(misspelt)).rejects.toThrow('there is no column "deletd_at". Did you mean "deleted_at"?')
  })
})
