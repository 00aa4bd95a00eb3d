// Parts of a list by the header Range, over HTTP: what follows, ends of every kind, what is refused, and walks that miss nothing.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { defineApi, principal, resource, tables } from '../../src/index.ts'
import { type ApiUnderTest, startApi } from '../support/api-under-test.ts'
import { describeEachServer, emptyDatabase } from '../support/databases.ts'
import { chooseSeed } from '../support/seed.ts'

const sql = `
create table makers (id int primary key, slug text not null unique, name text);
create table things (id int primary key, code text not null unique, label text, rank int, price numeric(8, 2), made timestamptz not null,
  word text collate "C" not null, secret int, shown boolean not null default true, open boolean not null default true, maker_id int references makers);
create table seats (aisle int, place text, taken timestamptz, primary key (aisle, place));
insert into makers values (1, 'a.b~c', 'One'), (2, 'é ]', 'Two');
insert into things select i, 'c' || lpad(i::text, 3, '0'), (array['', 'a..b', 'Ä~;,', null, ']x[', '"q"', 'é ü'])[1 + i % 7],
  nullif(i % 5, 4), (i % 9) / 4.0, '2020-01-01'::timestamptz + (i / 3) * interval '1 hour 0.125 seconds', chr(65 + i % 3 * 32) || i % 4,
  i % 4, i % 3 <> 0, i % 10 <> 0, 1 + i % 2 from generate_series(1, 70) i;
insert into seats select i % 5, chr(97 + i / 5), case when i % 3 > 0 then '2021-01-01'::timestamptz end from generate_series(0, 24) i;`

const db = tables({
  makers: {
    key: 'id',
    columns: { id: 'int4', slug: 'text', name: 'text null' },
    relationships: { things: { hasMany: 'things', by: 'maker_id' } },
  },
  things: {
    key: 'id',
    columns: {
      id: 'int4',
      code: 'text',
      label: 'text null',
      rank: 'int4 null',
      price: 'numeric null',
      made: 'timestamptz',
      word: 'text',
      secret: 'int4 null',
      shown: 'bool',
      open: 'bool',
      maker_id: 'int4 null',
    },
    relationships: { maker: { belongsTo: 'makers', by: 'maker_id' } },
  },
  seats: { key: ['aisle', 'place'], columns: { aisle: 'int4', place: 'text', taken: 'timestamptz null' } },
})

const api = defineApi(
  {
    makers: resource(db.makers, { naturalKey: 'slug', roles: { guest: { read: 'all' } } }),
    things: resource(db.things, {
      naturalKey: 'code',
      roles: {
        guest: { read: { without: ['secret', 'rank'] }, where: { open: true } },
        // The rank of some rows only: to the others it is null.
        viewer: { read: { only: ['rank'] }, where: { open: true }, when: { shown: true }, anonymous: true },
        owner: { read: 'all', where: { maker_id: principal('maker') } },
      },
    }),
    seats: resource(db.seats, { roles: { guest: { read: 'all' } } }),
  },
  { roles: { guest: 'anyone', owner: { kind: 'owner' } }, page: { size: 25, maxSize: 50 } },
)

interface Thing {
  readonly id: number
  readonly [name: string]: unknown
}

describeEachServer('ranges', server => {
  let served: ApiUnderTest
  let run: (statement: string) => Promise<unknown>
  beforeAll(async () => {
    const database = await emptyDatabase(server)
    run = statement => withClient(database.config as object, client => client.query(statement))
    await run(sql)
    served = await startApi(api, database)
  })
  afterAll(() => served.close())

  const ask = (path: string, range: string, headers: Readonly<Record<string, string>> = {}) =>
    served.get(path, { headers: { range, ...headers } })
  const part = async (path: string, range: string) => {
    const { status, json, headers, text } = await ask(path, range)
    expect([200, 206], text).toContain(status)
    return {
      status,
      ids: json.data.map(({ id }: Thing) => id),
      content: headers.get('content-range'),
      next: headers.get('next-range'),
      json,
      headers,
    }
  }
  const open = Array.from({ length: 70 }, (_, i) => i + 1).filter(i => i % 10 !== 0)
  const between = (from: number, to: number) => open.filter(i => i >= from && i <= to)

  it('begin where they say, and tell what follows', async () => {
    const first = await part('/things', 'id ]5..; max=50, order=asc')
    expect([first.status, first.content, first.next]).toEqual([206, 'id 6..61', 'id ]61..; max=50'])
    expect(first.ids).toEqual(between(6, 61))
    const rest = await part('/things', first.next as string)
    expect([rest.status, rest.content, rest.next]).toEqual([200, null, null])
    expect(rest.ids).toEqual(between(62, 70))
    expect(rest.headers.get('cache-control')).toBe('no-store')
    expect(rest.headers.get('etag')).toBeNull()
    expect(rest.json.links).toEqual({ next: null, prev: null })
  })

  it('take ends of every kind, in the direction of the order', async () => {
    const expected: readonly (readonly [string, readonly number[]])[] = [
      ['id ..', between(1, 27)],
      ['id 12..15', between(12, 15)],
      ['id ]12..15', between(13, 15)],
      ['id 12..15[', between(12, 14)],
      ['id ]12..15[', between(13, 14)],
      ['id ..3', between(1, 3)],
      ['id 12..15; max=2', between(12, 13)],
      ['id 12..15,order=desc;max=9', []],
      ['id 15..12; order=desc', [15, 14, 13, 12]],
      ['id 15..12; order=desc, max=2', [15, 14]],
      ['id 7..7', [7]],
      ['id ]7..7', []],
      ['code c011..c013', between(11, 13)],
      ['maker.name Two..', between(1, 49).filter(i => i % 2 === 1)],
    ]
    for (const [range, ids] of expected) {
      if (range.startsWith('id 12..15,order=desc')) expect((await ask('/things', range)).status).toBe(416)
      else expect((await part('/things', range)).ids, range).toEqual(ids)
    }
    const made = await part('/things?fields=made', 'made 2020-01-01T01:00:00.125Z..2020-01-01T02:00:00.25Z')
    expect(made.ids).toEqual([3, 4, 5, 6, 7, 8])
    // With a natural key above it, and of a record that has one of its own.
    const under = await part('/makers/a.b~c/things', 'id 2..; max=3')
    expect([under.ids, under.next]).toEqual([[2, 4, 6], 'id ]6..; max=3'])
    const seats = await part('/seats', 'aisle 1..2; max=6')
    expect([seats.content, seats.next]).toEqual(['aisle 1..2', 'aisle ]2~a..2; max=6'])
    expect((await part('/makers', 'slug ..; max=1')).next).toBe('slug ]a.b%7Ec..; max=1')
  })

  it('go on after ties by the key, and keep the end as it was', async () => {
    const tied = await part('/things?fields=price', 'price 0.25..1%2E25[; max=4, order=asc')
    expect(tied.next).toBe('price ]0.25~37..1.25[; max=4')
    expect((await part('/things', 'label ..; max=3')).next).toMatch(/^label \]""~\d+\.\.; max=3$/)
  })

  it('stand beside filters, fields and totals, and are left alone where they mean nothing', async () => {
    const filtered = await part('/things?filter[shown]=true&page[total]=exact', 'id 3..; max=2')
    expect([filtered.ids, filtered.json.meta.page.total]).toEqual([[4, 5], open.filter(i => i % 3 !== 0).length])
    const plain = (await served.get('/things')).text
    for (const [range, headers] of [
      ['bytes=0-9', {}],
      ['items=5-', {}],
      ['id 12..15', { 'if-range': '"x"' }],
    ] as const) {
      const { status, text, headers: sent } = await ask('/things', range, headers)
      expect([status, text, sent.get('cache-control')], range).toEqual([200, plain, 'private, no-cache'])
    }
    const item = await ask('/things/7', 'id 12..15')
    expect([item.status, item.json.data.id, item.headers.get('accept-ranges')]).toEqual([200, 7, null])
    const csv = await fetch(`${served.url}/things`, { headers: { range: 'id 12..15', accept: 'text/csv' } })
    expect([csv.status, (await csv.text()).split('\r\n').length]).toEqual([200, open.length + 2])
    const head = await served.get('/things', { method: 'HEAD', headers: { range: 'id 12..15' } })
    expect(head.status).toBe(200)
  })

  it('are offered by every field that the caller may sort by, and no other', async () => {
    const { headers } = await served.get('/things')
    expect(headers.get('accept-ranges')).toBe('id, code, label, rank, price, made, word, shown, open, maker')
    const hidden = await ask('/things', 'secret 1..')
    const unknown = await ask('/things', 'secres 1..')
    expect(hidden.status).toBe(416)
    expect(hidden.text.replaceAll('secret', 'secres').replace(/"id":"[^"]+"/, '')).toBe(
      unknown.text.replace(/"id":"[^"]+"/, ''),
    )
  })

  it('are refused with 416 where they make no sense, with 400 beside another order or page', async () => {
    for (const range of [
      'nothing ..',
      'id 200..100',
      'id 1..2; order=desc',
      'word b..A',
      'id x..',
      'id 5',
      'id ..; max=0',
      'id ..; size=5',
      'id ..; max=1, max=2',
      'id ]..',
      'id 5~6..',
      'price 1~..',
      'rank 1~2~3..',
      'label %FF..',
      'label %00..',
      'label ~3..a',
      'id "forged"..',
      'id,code ..',
    ]) {
      const { status, json } = await ask('/things', range)
      if (range === 'id "forged"..') expect([status, json.errors[0].code]).toEqual([400, 'invalid_cursor'])
      else
        expect([status, json.errors?.[0].code, json.errors?.[0].source], range).toEqual([
          416,
          'range_not_satisfiable',
          { header: 'Range' },
        ])
    }
    // As the column is ordered, not as the database would order other texts: "A" stands before "a" in one, and after it in the other.
    expect((await part('/things', 'word A..b')).ids.length).toBe(25)
    for (const [path, code] of [
      ['/things?sort=code', 'page_kind_mixed'],
      ['/things?page[size]=3', 'page_kind_mixed'],
      ['/things?page=3', 'page_kind_mixed'],
    ] as const) {
      const { status, json } = await ask(path, 'id ..')
      expect([status, json.errors[0].code], path).toEqual([400, code])
    }
    const large = await ask('/things', 'id ..; max=51')
    expect([large.status, large.json.errors[0].code]).toEqual([400, 'page_size_too_large'])
  })

  it('show every visible record once to whoever follows Next-Range, whatever the order, ties, nulls and inserts behind', async () => {
    const fields = [
      'id',
      'code',
      'label',
      'rank',
      'price',
      'made',
      'word',
      'shown',
      'maker',
      'maker.name',
      'maker.slug',
    ] as const
    const paths = ['/things', '/makers/1/things', '/makers/%C3%A9%20%5D/things', '/things?filter[shown]=false'] as const
    let inserted = 1000
    const property = fc.asyncProperty(
      fc.constantFrom(...fields),
      fc.constantFrom(...paths),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      fc.boolean(),
      async (field, path, max, descending, inserts) => {
        const sorted: number[] = []
        for (let page = 1; ; page++) {
          const by = `sort=${descending ? '-' : ''}${field}&page[size]=50&page[number]=${page}`
          const { json } = await served.get(`${path}${path.includes('?') ? '&' : '?'}${by}`)
          sorted.push(...json.data.map(({ id }: Thing) => id))
          if (json.links.next === null) break
        }
        const seen: number[] = []
        let next: string | null = `${field} ..; max=${max}${descending ? ', order=desc' : ''}`
        for (let steps = 0; next !== null; steps++) {
          const asked: string = next
          const { status, ids, next: following } = await part(path, asked)
          expect([status, ids.length === max || following === null], asked).toEqual([
            following === null ? 200 : 206,
            true,
          ])
          seen.push(...ids)
          next = following
          if (inserts && steps === 0) {
            // A twin of the very first record comes behind us or before us: it is seen at most once, and hides nobody.
            inserted += 1
            await run(
              `insert into things select ${inserted}, 'x${inserted}', label, rank, price, made, word, secret, shown, open, maker_id from things where id = ${ids[0] ?? 1}`,
            )
          }
        }
        await run('delete from things where id > 1000')
        expect(new Set(seen).size).toBe(seen.length)
        expect(seen.filter(id => id <= 1000)).toEqual(sorted)
      },
    )
    await fc.assert(property, { seed: chooseSeed(process.env.FC_SEED), numRuns: 40 })
  }, 120_000)

  it('tell nothing of values that are hidden: those sort as null', async () => {
    const { ids } = await part('/things?fields=rank', 'rank ~1..; max=50')
    const hidden = between(2, 70).filter(i => i % 3 === 0)
    expect(hidden.every(id => ids.includes(id))).toBe(true)
    const values = await part('/things?fields=rank', 'rank 0..9')
    expect(values.ids.some((id: number) => hidden.includes(id))).toBe(false)
  })
})
