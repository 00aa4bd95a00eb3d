// Hypermedia over HTTP: the index lists what a caller reaches, OPTIONS tells what may be asked of it.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { describeVideos, type Row, roles } from '../support/describe-videos.ts'

describeVideos('the index and OPTIONS', videos => {
  const options = async (path: string, as: (typeof roles)[number] = 'guest') => {
    const reply = await videos.ask(path, { as, method: 'OPTIONS' })
    expect(reply.status, reply.text.slice(0, 300)).toBe(200)
    return reply
  }

  it('list the resources that a caller reaches, each with a link that works', async () => {
    const all = [
      'users',
      'videos',
      'comments',
      'posts',
      'groups',
      'likes',
      'follows',
      'tags',
      'video_tags',
      'music_tracks',
      'accounts',
    ]
    const beyondGuests = ['likes', 'follows', 'accounts']
    for (const as of roles) {
      for (const base of ['', '/v1']) {
        const index = await videos.data(base, { as })
        expect(index.map(({ name }: Row) => name)).toEqual(
          as === 'guest' ? all.filter(name => !beyondGuests.includes(name)) : all,
        )
        for (const { name, links, methods } of index) {
          expect(links.self).toBe(`/api${base}/${name.replaceAll('_', '-')}`)
          const list = await videos.ask(`${links.self.slice('/api'.length)}?per_page=1`, { as })
          expect(list.status, links.self).toBe(200)
          expect((await options(links.self.slice('/api'.length), as)).headers.get('allow')).toBe(methods.join(', '))
        }
      }
    }
  })

  it('take no parameters at the index', async () => {
    const { status, json } = await videos.ask('?fields=name')
    expect(status).toBe(400)
    expect(json.errors[0]).toMatchObject({ code: 'unknown_parameter', source: { parameter: 'fields' } })
  })

  it('tell the methods of every path', async () => {
    expect((await options('')).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    expect((await options('/videos')).headers.get('allow')).toBe('GET, HEAD, OPTIONS, QUERY')
    expect((await options('/videos', 'regular')).headers.get('allow')).toBe(
      'DELETE, GET, HEAD, OPTIONS, PATCH, POST, QUERY',
    )
    expect((await options('/videos/query')).headers.get('allow')).toBe('OPTIONS, POST')
    expect((await options('/videos/3031')).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    expect((await options('/videos/3031', 'admin')).headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, PUT')
    expect((await options('/videos/1/comments')).headers.get('allow')).toBe('GET, HEAD, OPTIONS, QUERY')
    expect((await options('/tags/foo')).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  })

  it('describe a record as the caller sees it: no more, no less', async () => {
    for (const as of roles) {
      for (const table of ['users', 'videos', 'comments', 'posts', 'groups', 'tags', 'music-tracks', 'video-tags']) {
        const { schema, includes } = (await options(`/${table}`, as)).json.data
        expect(schema).toMatchObject({
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          type: 'object',
          additionalProperties: false,
        })
        const names = Object.keys(schema.properties)
        const [first] = await videos.data(`/${table}?per_page=1`, { as })
        const id = first?.id ?? `${first?.video.id},${first?.tag.id}`
        const item = await videos.data(`/${table}/${id}`, { as })
        expect(names, `${as} ${table}`).toEqual(expect.arrayContaining(Object.keys(item)))
        expect(Object.keys(item)).toEqual(expect.arrayContaining(schema.required))
        // What it names can be asked for, and nothing is dropped on a row that shows everything.
        const asked = await videos.ask(`/${table}?fields=${names}&include=${includes}&per_page=1`, { as })
        expect(asked.status, asked.text.slice(0, 300)).toBe(200)
        if (as === 'admin') expect(Object.keys(asked.json.data[0]).sort()).toEqual([...names].sort())
      }
    }
  })

  it('name filters, sorts, scopes and includes that work', async () => {
    for (const as of roles) {
      for (const table of ['users', 'videos', 'comments']) {
        const { filters, sorts, scopes, includes, page } = (await options(`/${table}`, as)).json.data
        expect(page).toEqual({ defaultSize: 25, maxSize: 100 })
        const accepts = async (query: string) => {
          const { status, text } = await videos.ask(`/${table}?${query}&per_page=1`, { as })
          expect(status, `${as} ${table} ${query}: ${text.slice(0, 300)}`).toBe(200)
        }
        for (let i = 0; i < sorts.length; i += 8) await accepts(`sort=-${sorts.slice(i, i + 8)}`)
        await accepts(`include=${includes}`)
        const entries = Object.entries(filters) as [string, string[]][]
        await accepts(
          entries
            .flatMap(([name, operators]) => (operators.includes('null') ? [`filter[${name}][null]=false`] : []))
            .join('&'),
        )
        // Once is enough for the operators: which there are depends on the type alone.
        for (const [name, operators] of as === 'regular' && table === 'videos' ? entries : []) {
          for (const operator of operators) {
            const { status, json } = await videos.ask(`/${table}?filter[${name}][${operator}]=&per_page=1`, { as })
            if (status !== 200)
              expect(json.errors[0].code, `${name} ${operator}`).not.toMatch(/unknown_(operator|parameter)/)
          }
        }
        for (const scope of scopes) {
          const { status, json } = await videos.ask(`/${table}?scope=${scope}&per_page=1`, { as })
          if (status !== 200) expect(json.errors[0].detail, scope).toContain('arguments')
        }
      }
    }
  })

  it('name nothing that the caller may not use', async () => {
    const guest = (await options('/users')).text
    for (const name of [
      'email',
      'mobile',
      'suspended_at',
      'preferences',
      'followers_count',
      'likes',
      'popular',
      'country_code',
    ])
      expect(guest, name).not.toContain(`"${name}"`)
    const regular = (await options('/users', 'regular')).text
    for (const name of ['suspended_at', 'reference_id']) expect(regular, name).not.toContain(`"${name}"`)
    expect((await options('/videos')).json.data).toMatchObject({
      sorts: expect.arrayContaining(['username']),
      scopes: ['published', 'popular', 'created_between'],
    })
    expect(Object.keys((await options('/videos')).json.data.filters)).toEqual(
      expect.arrayContaining(['published_at_start', 'published_at_end', 'text']),
    )
  })

  it('tell what the caller may write, and what it must', async () => {
    const regular = (await options('/comments', 'regular')).json.data.write
    expect(Object.keys(regular)).toEqual(['create', 'update', 'delete'])
    expect(Object.keys(regular.create.properties).sort()).toEqual(['comment', 'group', 'post', 'text', 'video'])
    expect(regular.create.required).toEqual(['text'])
    expect(regular.create.properties.text).toMatchObject({ type: 'string', minLength: 1, maxLength: 5000 })
    expect(Object.keys(regular.update.properties)).toEqual(['text'])
    expect(regular.update.required).toEqual([])
    expect((await options('/comments')).json.data.write).toEqual({})
    const videoOf = (await options('/videos', 'regular')).json.data.write.create
    expect(videoOf.properties.state.enum).toEqual(['draft', 'published', 'private'])
    // Links by key, and by the natural key that everybody reads.
    const items = JSON.stringify(videoOf.properties.tags.items)
    expect(items).toContain('"id"')
    expect(items).toContain('"name"')
    // Only who creates users may give a new one in place of a key.
    const nested = (answer: { readonly properties: Row }) =>
      JSON.stringify(answer.properties.user).includes('A new record.')
    expect(nested((await options('/videos', 'admin')).json.data.write.create)).toBe(true)
    // What the path says is not asked for.
    const below = (await options('/videos/1/comments', 'admin')).json.data.write
    expect(Object.keys(below.create.properties)).not.toContain('video')
    expect(Object.keys(below.update.properties)).toContain('video')
  })

  it('accept what their schema accepts', async () => {
    const { create } = (await options('/videos', 'regular')).json.data.write
    const body = { title: 'By the schema', file: 'a.mp4', state: 'published', tags: [{ id: 1 }, 2, 'tennis'] }
    const isValid = new Ajv2020({ strictTypes: false, validateFormats: false }).compile(create)
    expect([isValid(body), isValid.errors]).toEqual([true, null])
    expect(isValid({ ...body, tags: [{ nme: 'tennis' }] })).toBe(false)
    expect(isValid({ ...body, user: 18 })).toBe(false)
    const send = (value: unknown) =>
      videos.ask('/videos', {
        as: 'regular',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(value),
      })
    expect((await send(body)).status).toBe(201)
    expect((await send({ ...body, tags: [{ nme: 'tennis' }] })).status).toBe(422)
    expect((await send({ ...body, user: 18 })).status).toBe(403)
  })

  it('describe nothing that is not there for the caller', async () => {
    const [draft] = await videos.column(`select id from videos where state = 'draft' and user_id = 18 limit 1`)
    for (const path of [
      `/videos/${draft}`,
      '/videos/999999',
      `/videos/${draft}/comments`,
      '/videos/999999/comments',
      '/videos/1/comments/7',
      '/videos/1/likes',
      '/nope',
      '/tags/nope',
    ]) {
      const { status, json } = await videos.ask(path, { method: 'OPTIONS' })
      expect([status, json.errors[0].code], path).toEqual([404, 'not_found'])
    }
    await options(`/videos/${draft}`, 'owner')
    await options(`/videos/${draft}/comments`, 'owner')
    await options('/videos/1/likes', 'regular')
    const { status } = await videos.ask('/likes', { method: 'OPTIONS' })
    expect(status).toBe(401)
  })
})
