// What tells an answer from an older one beside its hash, and what caches may keep: dates, the cheap validator of lists, headers by kind of answer.
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Newsroom, openNewsroom } from '../caching/newsroom.ts'
import { type RequestOptions, signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('validators', server => {
  let news: Newsroom
  let editor: string
  let owner: string
  const opened: Newsroom[] = []
  const open = async (options: Parameters<typeof openNewsroom>[1]) => {
    const one = await openNewsroom(server, options, news)
    opened.push(one)
    return one
  }
  beforeAll(async () => {
    news = await openNewsroom(server)
    opened.push(news)
    editor = await signToken('7', { role: 'editor' })
    owner = await signToken('2')
  })
  afterAll(async () => {
    for (const one of opened) await one.close()
  })
  const get = (path: string, options?: RequestOptions, of = news) => of.get(path, options)
  const since = (date: string, more = {}) => ({ headers: { 'if-modified-since': date, ...more } })
  const header = async (path: string, name: string, options?: RequestOptions) => {
    const { status, headers, text } = await get(path, options)
    expect(status, text.slice(0, 300)).toBe(200)
    return headers.get(name)
  }
  const known = async (path: string, options: RequestOptions = {}, of = news) => {
    const etag = (await of.get(path, options)).headers.get('etag') as string
    return { etag, again: () => of.get(path, { ...options, headers: { ...options.headers, 'if-none-match': etag } }) }
  }

  it('date an item by its column, and answer 304 to who has it since', async () => {
    const date = 'Wed, 01 Jan 2020 00:00:00 GMT'
    expect(await header('/topics/1', 'last-modified')).toBe(date)
    expect((await get('/topics/1', since(date))).status).toBe(304)
    expect((await get('/topics/1', since('Wed, 01 Jan 2025 00:00:00 GMT'))).status).toBe(304)
    expect((await get('/topics/1', since('Tue, 31 Dec 2019 23:59:59 GMT'))).status).toBe(200)
    expect((await get('/topics/1', since('yesterday'))).status).toBe(200)
    // The tag wins, whichever way.
    const { etag } = await known('/topics/1')
    expect((await get('/topics/1', since(date, { 'if-none-match': '"other"' }))).status).toBe(200)
    expect((await get('/topics/1', since('Tue, 31 Dec 2019 00:00:00 GMT', { 'if-none-match': etag }))).status).toBe(304)
  })

  it('date nothing that may change without that column, or that the caller may not read on that record', async () => {
    expect(await header('/drafts/2', 'last-modified')).toBe('Wed, 01 Jan 2020 00:02:00 GMT')
    expect(await header('/drafts/1', 'last-modified')).toBeNull()
    expect(await header('/drafts/1', 'last-modified', { token: owner })).toBe('Wed, 01 Jan 2020 00:01:00 GMT')
    for (const path of ['/topics/1?include=stories', '/stories/1?fields=title,fresh', '/votes/1', '/stories/1/topic'])
      expect(await header(path, 'last-modified'), path).toBeNull()
    expect(await header('/stories/1?fields=title', 'last-modified')).toBe('Wed, 01 Jan 2020 00:00:01 GMT')
  })

  it('date nothing in a second that is not over, for another change may follow in it', async () => {
    await news.write(`insert into topics values (9, 'new', now() + interval '1 minute'), (10, 'endless', 'infinity')`)
    expect(await header('/topics/9', 'last-modified')).toBeNull()
    expect(await header('/topics/10', 'last-modified')).toBeNull()
    await news.write('delete from topics where id > 3')
  })

  it('stand for a list by its maximum and count, found by a statement that asks for nothing else', async () => {
    const path = '/stories?page[size]=100&filter[open]=true'
    const { etag, again } = await known(path)
    expect(etag).toMatch(/^W\/"2020-01-01T[\d:.+]+-1600-[\w-]{22}"$/)
    news.statements.length = 0
    const second = await again()
    expect([second.status, second.text, second.headers.get('etag')]).toEqual([304, '', etag])
    expect(news.statements).toHaveLength(1)
    expect(news.statements[0]).toMatch(
      /^select \(select concat\(max\(\S+\), '-', count\(\*\)\) from \S+ as t1 where .*\) as v$/,
    )
    expect(news.statements[0]).not.toContain('title')
    await news.write(`update stories set title = 'changed', updated_at = '2021-01-01' where id = 4`)
    const changed = await again()
    expect([changed.status, changed.json.data[3].title]).toEqual([200, 'changed'])
    // A hidden row, and another that is gone.
    const next = await known(path)
    await news.write(`update stories set updated_at = '2022-01-01' where id = 5`)
    expect((await next.again()).status).toBe(304)
    await news.write('delete from stories where id = 1999')
    expect((await next.again()).status).toBe(200)
  })

  it('fall back to the hash where anything may change without that column', async () => {
    for (const path of [
      '/topics?include=stories',
      '/topics/1/stories',
      '/stories?fields=fresh',
      '/stories?sort=topic.name',
      '/stories?filter[topic][name]=topic%201',
      '/stories?aggregate[id]=count',
      '/drafts',
    ]) {
      const { etag, again } = await known(path)
      expect(etag, path).toMatch(/^"/)
      expect((await again()).status, path).toBe(304)
    }
    const query = { method: 'QUERY', headers: { 'content-type': 'application/json' }, body: '{}' }
    expect(await header('/topics', 'etag', query)).toMatch(/^"/)
  })

  it('carry the access, the query and the version', async () => {
    const tags = new Map<string, string>()
    const versioned = await open({ cacheVersion: 2 })
    for (const [name, path, token, of] of [
      ['guest', '/stories?fields=title', null, news],
      ['editor', '/stories?fields=title', editor, news],
      ['somebody', '/stories?fields=title', owner, news],
      ['other fields', '/stories?fields=open', null, news],
      ['other page', '/stories?fields=title&page[size]=3', null, news],
      ['version', '/stories?fields=title', null, versioned],
    ] as const)
      tags.set((await known(path, { token }, of)).etag, name)
    expect(tags.size).toBe(6)
    for (const path of ['/stories/1', '/topics', '/topics?include=stories', '/drafts']) {
      const { etag } = await known(path)
      const { status, headers } = await get(path, { headers: { 'if-none-match': etag } }, versioned)
      expect([status, headers.get('etag')?.endsWith(etag.slice(-5))], path).toEqual([200, false])
    }
    // A date cannot carry a version, but one that is a time.
    expect((await get('/topics/1', {}, versioned)).headers.get('last-modified')).toBeNull()
    const dated = await open({ cacheVersion: '2024-02-03' })
    expect((await get('/topics/1', {}, dated)).headers.get('last-modified')).toBe('Sat, 03 Feb 2024 00:00:00 GMT')
    expect((await get('/topics/1', since('Wed, 01 Jan 2020 00:00:00 GMT'), dated)).status).toBe(200)
  })

  it('may be shared where the answer is the same for everybody and nobody in particular asks', async () => {
    const cases: readonly (readonly [string, string | null, string, string])[] = [
      ['/topics', null, 'public, max-age=0, s-maxage=1', 'Accept'],
      ['/topics/1', null, 'public, max-age=0, s-maxage=1', 'Accept'],
      ['/topics/1', owner, 'private, no-cache', 'Accept'],
      ['/topics/1?include=stories', null, 'private, no-cache', 'Accept, Authorization'],
      ['/topics?filter[stories][some][title]=x', null, 'private, no-cache', 'Accept, Authorization'],
      ['/stories', null, 'private, no-cache', 'Accept, Authorization'],
      ['/stories/1', editor, 'private, no-cache', 'Accept, Authorization'],
      ['/drafts', null, 'private, no-cache', 'Accept, Authorization'],
    ]
    for (const [path, token, control, vary] of cases) {
      const { etag, again } = await known(path, { token })
      for (const { status, headers } of [await get(path, { token }), await again()])
        expect([headers.get('cache-control'), headers.get('vary')], `${path} ${status} ${etag}`).toEqual([
          control,
          vary,
        ])
      expect((await again()).status, path).toBe(304)
    }
    // Out of a shared cache a cursor comes to whoever asks: it leads on for him too.
    const { json } = await get('/topics?page[size]=1')
    const next = await get(json.links.next.slice('/api'.length), { token: owner })
    expect(next.json.data.map(({ id }: { id: number }) => id)).toEqual([2])
    expect((await get('/topics', { token: owner })).text).toBe((await get('/topics')).text)
  })

  it('are headers of their own for each kind of answer', async () => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    const rows: readonly (readonly [string, string, RequestOptions, string, RegExp | null])[] = [
      ['item', '/stories/1', { token: editor }, 'private, no-cache', /^"/],
      ['list', '/stories?include=topic', { token: editor }, 'private, no-cache', /^"/],
      ['list by its column', '/stories', { token: editor }, 'private, no-cache', /^W\/"/],
      ['the same for everybody', '/topics/2', {}, 'public, max-age=0, s-maxage=1', /^"/],
      ['Range', '/stories', { headers: { range: 'id ..' } }, 'no-store', null],
      ['OPTIONS', '/stories', { method: 'OPTIONS' }, 'no-store', null],
      ['QUERY', '/stories', { ...post, method: 'QUERY' }, 'private, no-cache', /^"/],
      ['POST query', '/stories/query', post, 'no-store', null],
      ['404', '/stories/0', {}, 'no-store', null],
      ['400', '/stories?nothing=1', {}, 'no-store', null],
    ]
    for (const [kind, path, options, control, etag] of rows) {
      const { headers } = await get(path, options)
      expect(headers.get('cache-control'), kind).toBe(control)
      if (etag) expect(headers.get('etag'), kind).toMatch(etag)
      else expect(headers.get('etag'), kind).toBeNull()
    }
    for (const accept of ['text/csv', 'application/x-ndjson']) {
      const { headers } = await fetch(`${news.url}/topics`, { headers: { accept } })
      expect([headers.get('cache-control'), headers.get('etag')], accept).toEqual(['no-store', null])
    }
    const { etag } = await known('/topics/1')
    const { headers } = await get('/topics/1', { headers: { 'if-none-match': etag } })
    expect([...headers.keys()].filter(name => !['connection', 'keep-alive'].includes(name)).sort()).toEqual([
      'cache-control',
      'date',
      'etag',
      'request-id',
      'vary',
    ])
  })

  it('are gone where caching is off, but for the tags of items', async () => {
    const off = await open({ caching: false })
    for (const [of, item, list] of [
      [news, '/votes/1', '/votes'],
      [news, '/stories/1?include=votes', '/stories?include=votes'],
      [off, '/topics/1', '/topics'],
    ] as const) {
      const { etag, again } = await known(item, {}, of)
      expect(etag, item).toMatch(/^"/)
      const { status, headers } = await again()
      expect([status, headers.get('cache-control'), headers.get('last-modified')], item).toEqual([
        200,
        'no-store',
        null,
      ])
      const all = await get(list, { headers: { 'if-none-match': '*' } }, of)
      expect([all.status, all.headers.get('cache-control'), all.headers.get('etag')]).toEqual([200, 'no-store', null])
    }
  })

  it("answer 304 to Node's own fetch, which adds Cache-Control: no-cache", async () => {
    for (const path of ['/topics', '/topics/1', '/stories', '/drafts/1']) {
      const first = await fetch(`${news.url}${path}`)
      const etag = first.headers.get('etag') as string
      const second = await fetch(`${news.url}${path}`, { headers: { 'if-none-match': etag } })
      expect([second.status, await second.text()], path).toEqual([304, ''])
      // As it goes over the wire.
      const status = await new Promise(resolve => {
        const headers = { 'if-none-match': etag, 'cache-control': 'no-cache', pragma: 'no-cache' }
        httpRequest(`${news.url}${path}`, { headers }, response => {
          response.resume()
          resolve(response.statusCode)
        }).end()
      })
      expect(status).toBe(304)
    }
  })
})
