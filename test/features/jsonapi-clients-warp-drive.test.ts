// Lets WarpDrive (the data library of Ember, and of others) do all that it can do with the videos: its builders, its handlers over a real fetch, its cache, which checks every document that it is given.
import { Fetch, RequestManager, recordIdentifierFor, type Store, useRecommendedStore } from '@warp-drive/core'
import { setupSignals } from '@warp-drive/core/configure'
import { checkout, withDefaults } from '@warp-drive/core/reactive'
import type { Handler, NextFn } from '@warp-drive/core/request'
import { type RequestContext, SkipCache } from '@warp-drive/core/types/request'
import { JSONAPICache } from '@warp-drive/json-api'
import {
  createRecord,
  deleteRecord,
  findRecord,
  query,
  serializePatch,
  serializeResources,
  setBuildURLConfig,
  updateRecord,
} from '@warp-drive/utilities/json-api'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { describeVideos, type Role, type Row } from '../support/describe-videos.ts'

const jsonApi = 'application/vnd.api+json'

// What a page draws anew when a value changes is a framework's business, and there is no page here.
setupSignals(() => ({
  createSignal: () => ({}),
  consumeSignal: () => undefined,
  notifySignal: () => undefined,
  createMemo: (_object, _key, compute) => compute,
  willSyncFlushWatchers: () => false,
}))

const attribute = (name: string) => ({ name, kind: 'field' as const })
const related = (kind: 'belongsTo' | 'hasMany', name: string, type: string) => ({
  ...{ name, kind, type },
  options: { async: false, inverse: null, linksMode: true } as const,
})

const schemas = [
  withDefaults({
    type: 'videos',
    fields: [
      ...['title', 'state', 'file', 'views_count'].map(attribute),
      related('belongsTo', 'user', 'users'),
      related('belongsTo', 'music_track', 'music_tracks'),
      related('hasMany', 'comments', 'comments'),
      related('hasMany', 'tags', 'tags'),
    ],
  }),
  withDefaults({ type: 'users', fields: [attribute('username')] }),
  withDefaults({ type: 'comments', fields: [attribute('text'), related('belongsTo', 'user', 'users')] }),
  withDefaults({ type: 'music_tracks', fields: [attribute('title')] }),
  withDefaults({ type: 'tags', fields: [attribute('name')] }),
]

describeVideos('WarpDrive', videos => {
  let printed: string[]
  beforeAll(() => {
    const { origin, pathname } = new URL(videos.api.url)
    setBuildURLConfig({ host: origin, namespace: pathname.slice(1) })
  })
  beforeEach(() => {
    printed = []
    vi.spyOn(console, 'log').mockImplementation(text => void printed.push(String(text)))
    // It warns of relationships that have links alone.
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    expect(printed, 'what the cache finds wrong with the documents').toEqual([])
  })

  /** What an application does to every request: links have no origin, and those that it follows no headers. */
  const speak = (as: Role): Handler => ({
    request<T>({ request }: RequestContext, next: NextFn<T>) {
      const headers = new Headers(request.headers)
      headers.set('accept', jsonApi)
      if (request.body) headers.set('content-type', jsonApi)
      const token = videos.api.tokens[as]
      if (token) headers.set('authorization', `Bearer ${token}`)
      return next({ ...request, url: new URL(request.url ?? '', videos.api.url).href, headers })
    },
  })
  const storeOf = (as: Role): Store => {
    const App = useRecommendedStore({ cache: JSONAPICache, schemas, handlers: [speak(as)] })
    return new App()
  }
  // biome-ignore lint/suspicious/noExplicitAny: what a document holds is what the schemas above say
  const request = async (store: Store, asked: object): Promise<any> => (await store.request<Row>(asked)).content
  const failure = async (answer: Promise<unknown>): Promise<Row> => {
    try {
      await answer
    } catch (error) {
      return error as Row
    }
    throw new Error('It was done.')
  }
  const save = async (store: Store, record: unknown) => {
    const identifier = recordIdentifierFor(record as object)
    const body = JSON.stringify(serializeResources(store.cache, identifier))
    return (await request(store, { ...createRecord(record), body })).data
  }
  const change = async (store: Store, record: unknown, changes: Row) => {
    const edited = await checkout<Row>(record as object)
    Object.assign(edited, changes)
    const body = JSON.stringify(serializePatch(store.cache, recordIdentifierFor(record as object)))
    return (await request(store, { ...updateRecord(record, { patch: true }), body })).data
  }
  const newVideo = { title: 'Made in a store', file: 'store.mp4', state: 'published' }

  it('lists with fields, a filter and a sort', async () => {
    const asked = {
      'fields[videos]': 'title',
      'filter[state]': 'published',
      'filter[views_count][gte]': 50,
      sort: '-views_count,id',
    }
    const { data } = await request(storeOf('guest'), query('videos', { ...asked, 'page[size]': 9 }))
    expect(data.map(({ id, title }: Row) => ({ id, title }))).toEqual(
      await videos.rows(
        `select id::text, title from videos t where state = 'published' and views_count >= 50 order by views_count desc, t.id limit 9`,
      ),
    )
  })

  it('includes, and finds at each record what is related to it', async () => {
    const store = storeOf('admin')
    const [id] = (await videos.column('select id::text from videos order by comments_count desc limit 1')) as [string]
    // What a field of its schema links to, it wants to be included; what its schema does not have, it finds fault with.
    const fields = {
      'fields[videos]': 'title,user,comments',
      'fields[users]': 'username',
      'fields[comments]': 'text,user',
    }
    const asked = query('videos', { ...fields, include: 'user,comments.user', 'filter[id]': id })
    const [video] = (await request(store, asked)).data
    const [maker] = await videos.column(
      'select username from users u join videos v on v.user_id = u.id where v.id = $1',
      [id],
    )
    const written = await videos.rows(
      'select c.text, u.username from comments c join users u on u.id = c.user_id where c.video_id = $1',
      [id],
    )
    expect(video.user.username).toBe(maker)
    const found = video.comments.map(({ text, user }: Row) => ({ text, username: user.username }))
    expect(found).toHaveLength(written.length)
    expect(found).toEqual(expect.arrayContaining(written))
    // The same record, however it is come by.
    expect(store.peekRecord('videos', id)).toBe(video)
  })

  it('walks through all pages by the links of the documents', async () => {
    const all = await videos.column(`select id::text from videos where state = 'published' order by videos.id`)
    const asked = { 'fields[videos]': 'title', 'page[size]': 90, 'page[total]': 'exact', sort: 'id' }
    const found: unknown[] = []
    let document = await request(storeOf('guest'), query('videos', asked))
    expect(document.meta.page.total).toBe(all.length)
    for (; document; document = await document.next()) found.push(...document.data.map(({ id }: Row) => id))
    expect(found).toEqual(all)
    const second = await request(storeOf('guest'), query('videos', { ...asked, 'page[number]': 2 }))
    const [first, last] = [await second.prev(), await second.last()]
    expect([first.data[0].id, last.data.at(-1).id, await last.next()]).toEqual([all[0], all.at(-1), null])
  })

  it('reads one record, and by its links what is related to it', async () => {
    const store = storeOf('guest')
    const [row] = (await videos.rows(
      `select id::text, title from videos where state = 'published' order by comments_count desc limit 1`,
    )) as [Row]
    const whole = findRecord('videos', row.id)
    const { data } = await request(store, { ...whole, url: `${whole.url}?fields[videos]=title,comments` })
    expect({ id: data.id, title: data.title }).toEqual(row)
    const { links } = store.cache.getRelationship(recordIdentifierFor(data), 'comments')
    const comments = await request(store, {
      url: `${links?.related}?fields[comments]=text&page[size]=100`,
      method: 'GET',
    })
    expect(comments.data.map(({ text }: Row) => text)).toEqual(
      await videos.column('select text from comments where video_id = $1 order by comments.id', [row.id]),
    )
  })

  it('creates a record with relationships, changes it, and deletes it', async () => {
    const store = storeOf('regular')
    const tracks = await request(store, query('music_tracks', { 'fields[music_tracks]': 'title', sort: 'id' }))
    const record = store.createRecord('videos', { ...newVideo, music_track: tracks.data[1] })
    const made = await save(store, record)
    const stored = 'select title, state, music_track_id::text as track, user_id from videos where id = $1'
    expect([made.title, made.music_track.title]).toEqual(['Made in a store', tracks.data[1].title])
    expect(await videos.rows(stored, [made.id])).toEqual([
      { title: 'Made in a store', state: 'published', track: tracks.data[1].id, user_id: 20 },
    ])
    expect(recordIdentifierFor(record as object).id).toBe(made.id)

    expect((await change(store, made, { title: 'Changed in a store' })).title).toBe('Changed in a store')
    expect(await videos.rows(stored, [made.id])).toMatchObject([{ title: 'Changed in a store', state: 'published' }])

    store.deleteRecord(made)
    await request(store, deleteRecord(made))
    expect(await videos.rows(stored, [made.id])).toEqual([])
  })

  it('relates by a change of the record, and at the paths of its relationships', async () => {
    const store = storeOf('regular')
    const made = await save(store, store.createRecord('videos', newVideo))
    const { id } = made
    const identifier = recordIdentifierFor(made)
    const tags = (await request(store, query('tags', { 'fields[tags]': 'name', sort: 'id' }))).data.slice(0, 3)
    const tagged = () => videos.column('select tag_id::text from video_tags where video_id = $1 order by 1', [id])

    const value = tags.slice(0, 2).map((tag: object) => recordIdentifierFor(tag))
    store.cache.mutate({ op: 'replaceRelatedRecords', record: identifier, field: 'tags', value })
    await change(store, made, {})
    expect(await tagged()).toEqual([tags[0].id, tags[1].id])

    // It has no builder for these, and nothing of them is for its cache.
    const linkage = async (method: string, ids: readonly string[]) =>
      store.request({
        url: store.cache.getRelationship(identifier, 'tags').links?.self as string,
        method: method as 'POST',
        body: JSON.stringify({ data: ids.map(tag => ({ type: 'tags', id: tag })) }),
        cacheOptions: { [SkipCache]: true },
      })
    await linkage('POST', [tags[2].id])
    expect(await tagged()).toEqual([tags[0].id, tags[1].id, tags[2].id])
    await linkage('DELETE', [tags[0].id])
    expect(await tagged()).toEqual([tags[1].id, tags[2].id])
    await linkage('PATCH', [])
    expect(await tagged()).toEqual([])
  })

  it('throws errors that hold what was wrong, and keeps them at the record', async () => {
    const guest = storeOf('guest')
    const asked = await failure(request(guest, query('videos', { include: 'nothing' })))
    expect([asked.status, asked.name]).toEqual([400, 'BadRequestError'])
    expect(asked.errors).toMatchObject([{ status: '400', code: 'unknown_field', source: { parameter: 'include' } }])
    expect(await failure(request(guest, findRecord('videos', '999999')))).toMatchObject({
      status: 404,
      content: { errors: [{ code: 'not_found' }] },
    })

    const store = storeOf('regular')
    const record = store.createRecord('videos', { ...newVideo, title: '', state: 'lost' })
    expect(await failure(save(store, record))).toMatchObject({ status: 422 })
    const kept = store.cache.getErrors(recordIdentifierFor(record as object))
    expect(kept.map(({ source }) => source?.pointer).sort()).toEqual([
      '/data/attributes/state',
      '/data/attributes/title',
    ])
  })

  it('would tell of a document that is not as its schemas say', async () => {
    await request(storeOf('guest'), query('tags', { 'page[size]': 1 }))
    expect(printed.splice(0)).toEqual([expect.stringContaining('Unrecognized attribute')])
  })

  it('does without a store: documents as they are', async () => {
    const manager = new RequestManager().use([speak('guest'), Fetch])
    const { content, response } = await manager.request<Row>(query('tags', { 'page[size]': 1, sort: 'id' }))
    expect(content).toMatchObject({ jsonapi: { version: '1.1' }, data: [{ type: 'tags', attributes: {} }] })
    expect(response?.headers.get('content-type')).toContain(jsonApi)
  })
})
