import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createServer, type RunningServer } from '../../src/create-server.ts'
import type { Statement } from '../../src/databases/database.ts'
import { connectPostgres } from '../../src/databases/postgres/connect.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { signToken, startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import type { ColdStart } from '../support/cold-start.ts'
import { describeEachServer, emptyDatabase, type TestDatabase } from '../support/databases.ts'
import { RawConnection } from '../support/raw-http.ts'

const config = (database: TestDatabase) => database.config as pg.ClientConfig

/** For what is measured: somebody else's work on the machine may spoil one attempt, hardly three. */
const measured = { timeout: 120_000, retry: 2 }

describeEachServer('plans', server => {
  let api: VideosUnderTest
  beforeAll(async () => {
    api = await startVideos(server)
  })
  afterAll(() => api.close())

  it.each([
    [
      '/videos',
      '/videos?include=user,tags,comments.user.videos,comments.comments.user,music_track&per_page=5&include[comments][limit]=20&include[comments.user.videos][limit]=20&include[comments.comments][limit]=20',
    ],
    [
      '/videos',
      '/videos?include=user&page[total]=exact&aggregate[views_count]=sum,avg,min,max&group=state,user&scope=popular',
    ],
    [
      '/videos',
      '/videos?include[comments][limit]=5&include[comments][sort]=-created_at&include[comments][filter][text][contains]=a&include=comments.user&page[total]=estimated&aggregate[id]=count',
    ],
    [
      '/users',
      '/users/18/videos?include=comments.user.videos&page[total]=exact&aggregate[likes_count]=sum&sort=-user.username',
    ],
    ['/videos', '/videos/3031?include=user.videos.comments,comments.user.videos,tags'],
    [
      '/videos',
      '/videos?filter[or][0][comments][some][user][username][contains]=a&filter[or][1][tags][none][name]=x&sort=username',
    ],
  ])('answers %s by one statement, whatever it includes', async (_, path) => {
    for (const token of [null, api.tokens.regular, api.tokens.admin]) {
      await api.get(path, { token })
      api.statements.length = 0
      const { status } = await api.get(path, { token })
      expect([200, 404]).toContain(status)
      expect(api.statements).toHaveLength(1)
    }
  })

  it('makes no plan for a second request of a shape, whatever its values and however long its lists', async () => {
    const shapes = [
      (n: number) => `/videos/${n}?include=comments`,
      (n: number) => `/videos?id[in]=${Array.from({ length: 1 + n * 10 }, (_, i) => i + n)}&fields=title`,
      (n: number) =>
        `/videos?views_count[gte]=${n}&title[contains]=${'x'.repeat(n)}&include[comments][filter][text][contains]=${n}`,
      (n: number) => `/videos?page[number]=${n + 1}&page[offset]=${n}&sort=-published_at`,
      (n: number) => `/videos?scope[created_between]=${1980 + n},${2010 + n}&published_at_start=20${10 + n}-01-01`,
      (n: number) => `/videos?tags[]=${'a'.repeat(n)}&tags[]=b&aggregate[views_count]=sum&group=state`,
      (n: number) => `/users/${n}/videos?filter[not][user_id]=${n}`,
    ]
    const { plans } = api.server.runtime()
    for (const path of shapes) await api.get(path(1))
    const before = plans.size
    for (const path of shapes) for (const n of [2, 3, 7]) expect([200, 404]).toContain((await api.get(path(n))).status)
    expect(plans.size).toBe(before)
    // Callers share plans too: who they are is a value.
    await api.get('/videos?filter[user_id]=18', { token: await signToken('21') })
    const shared = plans.size
    for (const id of ['22', '23', 'x']) await api.get('/videos?filter[user_id]=18', { token: await signToken(id) })
    expect(plans.size).toBe(shared)
  })

  it('binds every value, so that none stands in a statement', async () => {
    const mark = 'zqxv7391'
    const number = '1987654321'
    const token = await signToken(mark, { role: mark })
    const paths = [
      `/videos?title=${mark}&description[contains]=${mark}&filter[user][username][starts_with]=${mark}&filter[title][ne]=${mark}'";--`,
      `/videos?title[in]=${mark},${mark}2&title[nin][]=${mark}&text=${mark}&title[search]=${mark}&description[like]=${mark}&title[with_ilike]=true`,
      `/videos?id=${number}&views_count[gt]=${number}&id[in]=${number},${number}&filter[or][0][likes_count]=${number}&filter[or][1][not][user_id]=${number}`,
      `/videos?filter[comments][every][text]=${mark}&tags=${mark}&tags[none][name]=${mark}`,
      `/videos?include[comments][filter][text][contains]=${mark}&include[comments][filter][user_id]=${number}`,
      `/videos?scope[created_between]=1971,1972&published_at_start=1971-03-04&created_at[lt]=1971-03-04T05:06:07.891Z`,
      `/videos?aggregate[views_count]=sum&group=state&filter[title]=${mark}&page[total]=exact`,
      `/videos/${number}`,
      `/tags/${mark}`,
      `/tags/${mark}/videos`,
      `/users/${number}/videos?title=${mark}`,
      `/videos?page[offset]=98765&sort=title`,
    ]
    api.statements.length = 0
    for (const path of paths) expect([200, 404]).toContain((await api.get(path, { token })).status)
    const first = await api.get('/videos?sort=title,-views_count&per_page=1')
    await api.get(first.json.links.next.slice('/api'.length))
    expect(api.statements.length).toBe(paths.length + 2)
    for (const text of api.statements)
      expect(text).not.toMatch(
        new RegExp(
          `${mark}|${number}|98765|197[12]|03-04|${first.json.data[0].title.slice(0, 12).replace(/\W/g, '.')}`,
        ),
      )
  })

  it('keeps no more plans than its bound', async () => {
    const { plans } = api.server.runtime()
    const fields = [
      'title',
      'description',
      'state',
      'views_count',
      'likes_count',
      'comments_count',
      'published_at',
      'created_at',
      'updated_at',
      'draft',
      'published',
      'view_count',
    ]
    const paths = Array.from(
      { length: 2_100 },
      (_, n) =>
        `/videos/1?fields=id${fields
          .filter((_field, i) => (n >> i) & 1)
          .map(field => `,${field}`)
          .join('')}`,
    )
    for (let at = 0; at < paths.length; at += 50) {
      for (const { status } of await Promise.all(paths.slice(at, at + 50).map(path => api.get(path))))
        expect([200, 404]).toContain(status)
    }
    expect(plans.size).toBe(2_000)
    expect(api.errors).toEqual([])
  }, 60_000)

  it.each([
    '/videos?sort=published_at&page[total]=exact',
    '/videos?sort=-published_at,title',
    '/users/18/videos?sort=published_at',
    '/users/18/videos?sort=-published_at&include=comments&aggregate[id]=count',
    '/tags/1/videos?sort=published_at,-title',
  ])('walks %s through its nulls in both directions', async path => {
    const walk = async (from: string, link: 'next' | 'prev') => {
      const pages: number[][] = []
      for (let url: string | null = from; url !== null; ) {
        const reply = await api.get(url, { token: api.tokens.admin })
        expect([url, reply.status]).toEqual([url, 200])
        pages.push(reply.json.data.map((one: { id: number }) => one.id))
        const next: string | null = reply.json.links[link]
        if (next === null) return { ids: (link === 'next' ? pages : pages.reverse()).flat(), last: url }
        url = next.slice('/api'.length)
      }
      throw new Error('unreachable')
    }
    const { ids, last } = await walk(`${path}&per_page=3`, 'next')
    const whole = await walk(`${path}&per_page=100`, 'next')
    expect(ids).toEqual(whole.ids)
    expect(new Set(ids).size).toBe(ids.length)
    expect((await walk(last, 'prev')).ids).toEqual(ids)
  })

  it('groups by a field that depends on the caller', async () => {
    const { status, json } = await api.get('/videos?aggregate[id]=count&group=requester_has_liked', {
      token: api.tokens.regular,
    })
    expect(status).toBe(200)
    expect(json.meta.groups.map((one: { group: object }) => one.group)).toEqual([
      { requester_has_liked: false },
      { requester_has_liked: true },
    ])
  })
})

interface Listed {
  readonly data: readonly { readonly id: number }[]
  readonly links: { readonly next: string | null }
  readonly errors?: unknown
}

const rows = 200_000
const pageSize = 25
const schema = `
create table events (
  id int primary key, published_at timestamptz not null, score int, title text not null, kind int not null
);
insert into events
  select i, timestamptz '2016-01-01' + (i::int8 * 7919 % ${rows}) / 20 * interval '1 minute', case when i % 10 > 0 then (i::int8 * 104729 % 50000)::int end, 'event ' || i, i % 3
  from generate_series(1, ${rows}) i;
create index on events (published_at, id);
create index on events (score, id);
create index on events (published_at desc, title);
analyze events;`

describeEachServer(`pages of ${rows} rows`, server => {
  let database: TestDatabase
  let running: RunningServer
  let last: Statement | undefined
  beforeAll(async () => {
    database = await emptyDatabase(server)
    await withClient(config(database), client => client.query(schema))
    const inner = connectPostgres({ config: config(database) })
    running = await createServer({
      database: {
        ...inner,
        read: (statement, waiting, take) => {
          last = statement
          return inner.read(statement, waiting, take)
        },
      },
      api: 'open',
    })
  }, 120_000)
  afterAll(async () => {
    await running.close()
    await database.drop()
  })

  async function ask(path: string): Promise<Listed> {
    const response = await fetch(running.url + path)
    const body = (await response.json()) as Listed
    expect([path, response.status, body.errors]).toEqual([path, 200, undefined])
    return body
  }

  /** The cursor of a row: filters are no part of it, so the row is asked for together with one that comes later. */
  async function cursorOf(id: number, later: number, sort: string): Promise<string> {
    const { data, links } = await ask(`/events?id[in]=${id},${later}&sort=${sort}&per_page=1`)
    expect(data[0]?.id).toBe(id)
    return new URL(links.next ?? '', 'http://x').searchParams.get('page[after]') ?? ''
  }

  /** Of both plans that PostgreSQL may choose: one for these values, and the one for any. */
  async function readRows({ text, values }: Statement): Promise<{ rows: number; blocks: number }[]> {
    return withClient(config(database), async client => {
      const found = []
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        await client.query(`set plan_cache_mode = ${mode}`)
        const result = await client.query({
          name: mode,
          text: `explain (analyze, buffers, format json) ${text}`,
          values: [...values],
        })
        const { Plan } = result.rows[0]['QUERY PLAN'][0]
        found.push({ rows: sumRows(Plan), blocks: Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'] })
      }
      return found
    })
  }

  it.each([
    ['id', 'id', 5_000],
    ['-id', 'id desc', 5_000],
    ['published_at', 'published_at, id', 5_000],
    ['-published_at', 'published_at desc, id desc', 5_000],
    ['score', 'score, id', 5_000],
    ['-score', 'score desc, id desc', 5_000],
    ['-published_at,title', 'published_at desc, title, id', 5_000],
    ['published_at,-score', 'published_at, score desc, id desc', 5_000],
    ['-score,-published_at', 'score desc, published_at desc, id desc', 5_000],
    // Where the nulls end, and among them: they are the greatest tenth.
    ['score', 'score, id', 7_200],
    ['score', 'score, id', 7_201],
    ['score', 'score, id', 7_600],
    ['-score', 'score desc, id desc', 400],
    ['-score', 'score desc, id desc', 800],
    ['-score', 'score desc, id desc', 801],
  ])(
    'the pages after and before a place far behind, by %s (%s), page %i, cost what page 1 costs',
    measured,
    async (sort, order, page) => {
      // Row by row as PostgreSQL sorts them; the place of the nulls is what it is there too.
      const place = (page - 1) * pageSize
      const ids = await withClient(config(database), async client => {
        const result = await client.query<{ id: number }>(
          `select id from events order by ${order} offset ${place - 1 - pageSize} limit ${2 * pageSize + 2}`,
        )
        return result.rows.map(row => row.id)
      })
      const cursor = await cursorOf(ids[pageSize] as number, ids.at(-1) as number, sort)
      const list = `/events?sort=${sort}&per_page=${pageSize}`
      const paths = { first: list, far: `${list}&page[after]=${cursor}`, back: `${list}&page[before]=${cursor}` }

      expect((await ask(paths.back)).data.map(one => one.id)).toEqual(ids.slice(0, pageSize))
      const backReads = await readRows(last as Statement)
      expect((await ask(paths.far)).data.map(one => one.id)).toEqual(ids.slice(pageSize + 1, -1))
      const farReads = await readRows(last as Statement)
      await ask(paths.first)
      const firstReads = await readRows(last as Statement)

      const times = { first: [] as number[], far: [] as number[] } satisfies Partial<
        Record<keyof typeof paths, number[]>
      >
      for (let round = 0; round < 70; round++) {
        for (const which of round % 2 ? (['first', 'far'] as const) : (['far', 'first'] as const)) {
          const since = performance.now()
          await ask(paths[which])
          if (round >= 10) times[which].push(performance.now() - since)
        }
      }
      const [first, far] = [median(times.first), median(times.far)]
      console.log(
        `${server.name} sort=${sort}: page 1 ${first.toFixed(2)} ms, page ${page} ${far.toFixed(2)} ms, ratio ${(far / first).toFixed(2)}; read ${JSON.stringify(firstReads)} against ${JSON.stringify(farReads)}, before ${JSON.stringify(backReads)}`,
      )
      // Rows that are equal in the first key must be sorted where no index does it, on page 1 too.
      const most = Math.max(300, 1.1 * Math.max(...firstReads.map(read => read.rows)))
      for (const { rows: read } of [...farReads, ...backReads]) expect(read).toBeLessThan(most)
      expect(far / first).toBeLessThan(1.5)
    },
  )
})

/** Rows that the scans of a plan looked at. */
function sumRows(plan: Record<string, unknown>): number {
  const children = (plan.Plans as Record<string, unknown>[] | undefined) ?? []
  const own = String(plan['Node Type']).includes('Scan')
    ? (Number(plan['Actual Rows']) + Number(plan['Rows Removed by Filter'] ?? 0)) * Number(plan['Actual Loops'])
    : 0
  return own + children.reduce((sum, child) => sum + sumRows(child), 0)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}

describeEachServer('a schema of 400 tables', server => {
  it(
    'starts quickly, and its first request is little slower than its tenth (the targets, which are printed, are 3 s and 50 ms)',
    measured,
    async () => {
      const database = await emptyDatabase(server)
      const tables = Array.from(
        { length: 400 },
        (_, i) => `
      create table thing_${i} (
        id int generated always as identity primary key, name text not null, state text, size int, price numeric(10,2), seen_at timestamptz, kind uuid, flags boolean,
        ${i > 0 ? `parent_id int references thing_${i - 1}, other_id int references thing_${Math.floor(i / 2)}` : 'parent_id int, other_id int'}
      );
      insert into thing_${i} (name, parent_id, other_id) select 'thing ' || g, ${i > 0 ? 'g, g' : 'null, null'} from generate_series(1, 50) g;`,
      )
      await withClient(config(database), client => client.query(tables.join('\n')))
      const starts = []
      for (let i = 0; i < 3; i++) starts.push(await measureStart(database))
      await database.drop()
      for (const { startMs, processMs, requestMs } of starts) {
        console.log(
          `${server.name}: started in ${startMs.toFixed(0)} ms (${processMs.toFixed(0)} ms with node); requests 1, 2, 10: ${[0, 1, 9].map(i => `${requestMs[i]?.toFixed(1)} ms`).join(', ')}`,
        )
      }
      expect(starts[0]?.resources).toBe(400)
      // Wide, for a busy machine takes longer and says nothing by it.
      expect(median(starts.map(one => one.startMs))).toBeLessThan(15_000)
      expect(median(starts.map(({ requestMs }) => (requestMs[0] as number) - (requestMs[9] as number)))).toBeLessThan(
        500,
      )
    },
  )
})

/** A fresh process, asked by this one, whose own client is warm. */
async function measureStart(database: TestDatabase): Promise<ColdStart & { readonly requestMs: readonly number[] }> {
  const program = fileURLToPath(new URL('../support/cold-start.ts', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(database.config)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  const start = JSON.parse(String(line)) as ColdStart
  const connection = new RawConnection(start.port)
  const bytes = Buffer.from(
    'GET /api/thing-200?include=parent,other&sort=-name&filter[parent][name][contains]=1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  )
  const requestMs: number[] = []
  for (let i = 0; i < 12; i++) {
    const since = performance.now()
    const reply = await connection.exchange(bytes)
    requestMs.push(performance.now() - since)
    expect(typeof reply === 'string' ? reply : reply.status).toBe(200)
  }
  connection.close()
  child.stdin.end()
  await once(child, 'exit')
  return { ...start, requestMs }
}
