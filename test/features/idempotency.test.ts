import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { toDatabaseUrl } from '../../src/databases/embedded/database-config.ts'
import { withClient } from '../../src/databases/postgres/with-client.ts'
import { makeNotes, type Notes, newKey, startNotes } from '../idempotency/notes.ts'
import { type Reply, signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

const codeOf = ({ status, json }: Reply) => [status, json?.errors?.[0]?.code]

/** All that the answer says, but for what differs by rule. */
function saidBy({ status, headers, text }: Reply) {
  const rest = [...headers].filter(([name]) => !['date', 'request-id', 'idempotency-replayed'].includes(name))
  return { status, text, headers: Object.fromEntries(rest) }
}

describeEachServer('a request with an Idempotency-Key', server => {
  let notes: Notes
  beforeAll(async () => {
    notes = await startNotes(await makeNotes(server))
  })
  afterEach(() => expect(notes.api.errors).toEqual([]))
  afterAll(() => notes.close())

  const count = async (ref: string) => (await notes.column('select count(*)::int from notes where ref = $1', [ref]))[0]

  async function expectReplay(path: string, body: unknown, options: Parameters<Notes['send']>[2], status: number) {
    const first = await notes.send(path, body, options)
    const again = await notes.send(path, body, options)
    expect(first.status, first.text).toBe(status)
    expect(saidBy(again)).toEqual(saidBy(first))
    expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true'])
    expect(first.headers.get('request-id')).not.toBe(again.headers.get('request-id'))
    return first
  }

  it('is answered byte for byte as the first time', async () => {
    const made = await expectReplay('/notes', { ref: 'same', text: 'Čau “friend” 😀 \u0001' }, { key: newKey() }, 201)
    expect(made.headers.get('location')).toBe(`/api/notes/${made.json.data.id}`)
    expect(await count('same')).toBe(1)
    const minimal = { key: newKey(), headers: { prefer: 'return=minimal' } }
    const quiet = await expectReplay('/notes', { ref: 'quiet', text: 'x' }, minimal, 201)
    expect([quiet.text, await count('quiet')]).toEqual(['', 1])
    const many = [1, 2, 3].map(i => ({ ref: 'many', text: `${i}` }))
    await expectReplay('/notes?fields=text', many, { key: newKey() }, 201)
    expect(await count('many')).toBe(3)
  })

  it('is answered so before its preconditions are asked', async () => {
    const { json, headers } = await notes.send('/notes', { ref: 'match', text: 'v1' })
    const options = { key: newKey(), method: 'PATCH', headers: { 'if-match': headers.get('etag') ?? '' } }
    const path = `/notes/${json.data.id}`
    await expectReplay(path, { text: 'v2' }, options, 200)
    expect(codeOf(await notes.send(path, { text: 'v2' }, { ...options, key: newKey() }))).toEqual([
      412,
      'precondition_failed',
    ])
  })

  it('is known by another process', async () => {
    const elsewhere = await startNotes(notes.database)
    try {
      const key = newKey()
      const first = await notes.send('/notes', { ref: 'elsewhere', text: 'x' }, { key })
      const again = await elsewhere.send('/notes', { ref: 'elsewhere', text: 'x' }, { key })
      expect(saidBy(again)).toEqual(saidBy(first))
      expect(again.headers.get('idempotency-replayed')).toBe('true')
    } finally {
      await elsewhere.close()
    }
  })

  it('is refused with another body', async () => {
    const key = newKey()
    await notes.send('/notes', { ref: 'body', text: 'one' }, { key })
    for (const body of [{ ref: 'body', text: 'two' }, { ref: 'body', text: 5 }, [{ ref: 'body', text: 'one' }]]) {
      const refused = await notes.send('/notes', body, { key })
      expect(codeOf(refused)).toEqual([422, 'idempotency_key_reused'])
      expect(refused.json.errors[0].source).toEqual({ header: 'Idempotency-Key' })
    }
    expect(await count('body')).toBe(1)
  })

  it('is a new one by another principal, method or URL', async () => {
    const key = newKey()
    const body = { ref: 'scope', text: 'x' }
    const { json } = await notes.send('/notes', body, { key })
    const path = `/notes/${json.data.id}`
    const others = [
      await notes.send('/notes', body, { key, token: notes.tokens.other }),
      await notes.send('/notes', body, { key, token: null }),
      await notes.send('/notes?fields=text', body, { key }),
      await notes.send(path, body, { key, method: 'PATCH' }),
    ]
    expect(others.map(({ status }) => status)).toEqual([201, 201, 201, 200])
    expect(others.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, null, null, null])
    expect(await count('scope')).toBe(4)
  })

  it('is refused with other roles or claims than at first, and given by a new token with the same', async () => {
    const key = newKey()
    const body = { ref: 'rights', text: 'x' }
    const token = await signToken('30', { team: 1, list: [1, 2] })
    const first = await notes.send('/notes', body, { key, token })
    for (const claims of [{ team: 1, list: [1, 2], role: 'admin' }, { team: 2, list: [1, 2] }, { list: [1, 2] }]) {
      const refused = await notes.send('/notes', body, { key, token: await signToken('30', claims) })
      expect(codeOf(refused)).toEqual([409, 'idempotency_rights_changed'])
    }
    const renewed = await signToken('30', { list: [1, 2], team: 1, jti: newKey(), iat: 1, nbf: 2 })
    expect(saidBy(await notes.send('/notes', body, { key, token: renewed }))).toEqual(saidBy(first))
    expect(await count('rights')).toBe(1)
  })

  it('is not answered to whom it is not permitted any more', async () => {
    const key = newKey()
    const first = await notes.send('/tags', { word: 'red' }, { key, token: notes.tokens.admin })
    expect(first.status, first.text).toBe(201)
    const demoted = await notes.send('/tags', { word: 'red' }, { key, token: await signToken('1') })
    expect(codeOf(demoted)).toEqual([403, 'forbidden'])
    expect(codeOf(await notes.send('/tags', { word: 'red' }, { key, token: `${notes.tokens.admin}x` }))[0]).toBe(401)
  })

  it('is done once, however many come at the same time', async () => {
    const key = newKey()
    const send = () => notes.send('/notes', { ref: 'crowd', text: 'x' }, { key })
    // Else the first would be done before the others are connected.
    await Promise.all(
      Array.from({ length: 30 }, () => notes.send('/notes', { ref: 'warm', text: 'x' }, { key: newKey() })),
    )
    const replies = await Promise.all(Array.from({ length: 100 }, send))
    const by = Object.groupBy(replies, ({ status }) => String(status))
    expect(Object.keys(by).filter(status => !['201', '409'].includes(status))).toEqual([])
    expect(by[201]?.length).toBeGreaterThan(0)
    expect(by[201]?.filter(({ headers }) => !headers.has('idempotency-replayed'))).toHaveLength(1)
    expect(new Set(by[201]?.map(({ text }) => text)).size).toBe(1)
    for (const reply of by[409] ?? []) {
      expect(codeOf(reply)).toEqual([409, 'idempotency_key_in_use'])
      expect(reply.headers.get('retry-after')).toBe('1')
    }
    expect(await count('crowd')).toBe(1)
    expect((await send()).headers.get('idempotency-replayed')).toBe('true')
  })

  it('does not wait for one that is still running', async () => {
    const { json } = await notes.send('/notes', { ref: 'slow', text: 'x' })
    const options = { key: newKey(), method: 'PATCH' }
    const path = `/notes/${json.data.id}`
    await withClient(notes.database.config, async holder => {
      await holder.query('begin')
      await holder.query('select from notes where id = $1 for update', [json.data.id])
      const first = notes.send(path, { text: 'y' }, options)
      const waiting =
        "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
      await expect.poll(async () => (await notes.column(waiting))[0], { timeout: 10_000 }).toBe(1)
      expect(codeOf(await notes.send(path, { text: 'y' }, options))).toEqual([409, 'idempotency_key_in_use'])
      await holder.query('commit')
      expect((await first).status).toBe(200)
      expect(saidBy(await notes.send(path, { text: 'y' }, options))).toEqual(saidBy(await first))
    })
  })

  it('that failed is tried anew', async () => {
    const key = newKey()
    const send = () => notes.send('/notes', { ref: 'failed', text: 'wrong' }, { key })
    expect((await send()).status).toBe(422)
    const many = [
      { ref: 'failed', text: 'right' },
      { ref: 'failed', text: 'wrong' },
    ]
    expect((await notes.send('/notes', many, { key: newKey() })).status).toBe(422)
    expect(await count('failed')).toBe(0)
    await notes.client.query('alter table notes drop constraint notes_text_check')
    try {
      const made = await send()
      expect([made.status, made.headers.get('idempotency-replayed')]).toEqual([201, null])
      expect((await send()).headers.get('idempotency-replayed')).toBe('true')
      expect(await count('failed')).toBe(1)
    } finally {
      await notes.client.query("delete from notes where text = 'wrong'")
      await notes.client.query("alter table notes add constraint notes_text_check check (text <> 'wrong')")
    }
  })

  it('of nobody needs a key that nobody else comes upon', async () => {
    const send = (key: string) => notes.send('/notes', { ref: 'nobody', text: 'x' }, { key, token: null })
    expect(codeOf(await send('a'.repeat(21)))).toEqual([400, 'invalid_idempotency_key'])
    expect(await count('nobody')).toBe(0)
    const first = await send('a'.repeat(22))
    expect(saidBy(await send('a'.repeat(22)))).toEqual(saidBy(first))
    expect(await count('nobody')).toBe(1)
  })

  it.each([
    ['empty', '""'],
    ['nothing', ''],
    ['too long', 'a'.repeat(256)],
    ['too long in quotes', `"${'a'.repeat(256)}"`],
    ['half a string', '"a'],
    ['bare with a quote', 'a"'],
    ['closed twice', '"a"b"'],
    ['wrongly escaped', '"a\\n"'],
    ['two words without quotes', 'a b'],
    ['a list', '"a", "b"'],
    ['a string with parameters', '"a";b=1'],
    ['not ASCII', 'ä'.repeat(3)],
  ])('is refused with a key that is %s', async (_, key) => {
    const refused = await notes.send('/notes', { ref: 'malformed', text: 'x' }, { key })
    expect(codeOf(refused)).toEqual([400, 'invalid_idempotency_key'])
    expect(refused.json.errors[0].source).toEqual({ header: 'Idempotency-Key' })
    expect(await count('malformed')).toBe(0)
  })

  it('has one key in its spellings, and keys of every length', async () => {
    for (const [i, spellings] of [
      ['k', '"k"'],
      ['"two words, \\"quoted\\" \\\\"'],
      ['a'.repeat(255), `"${'a'.repeat(255)}"`],
      [`"${'\\"'.repeat(255)}"`],
      ["!#$%&'*+-.^_`|~/=:@()<>?{}[]09azAZ"],
    ].entries()) {
      const replies: Reply[] = []
      for (const key of [...spellings, ...spellings])
        replies.push(await notes.send('/notes', { ref: `spelt ${i}`, text: 'x' }, { key }))
      expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201))
      expect(await count(`spelt ${i}`)).toBe(1)
    }
  })

  it('is done once too as operations and as a change by filter', async () => {
    const operations = [1, 2].map(i => ({ op: 'add', resource: 'notes', data: { ref: 'operations', text: `${i}` } }))
    await expectReplay('/operations', { operations }, { key: newKey() }, 200)
    expect(await count('operations')).toBe(2)
    const count1 = await notes.column("select sum(count)::int from notes where ref = 'operations'")
    const path = '/notes?filter[ref]=operations&max_affected=5'
    await expectReplay(path, { count: { increment: 1 } }, { key: newKey(), method: 'PATCH' }, 200)
    expect(await notes.column("select sum(count)::int from notes where ref = 'operations'")).toEqual([
      Number(count1[0]) + 2,
    ])
  })

  it('has no meaning where nothing is written, or where the same twice is the same', async () => {
    const list = await notes.send('/notes/query', { filter: { ref: 'nothing' } }, { key: '"' })
    expect([list.status, list.json.data]).toEqual([200, []])
    expect((await notes.api.get('/notes?ref=nothing', { headers: { 'idempotency-key': '"' } })).status).toBe(200)
  })

  it('is a new one when its time is over, and is swept away then', async () => {
    const key = newKey()
    const send = () => notes.send('/notes', { ref: 'old', text: 'x' }, { key })
    const first = await send()
    await notes.client.query("update colonnade.kept_answers set kept_at = kept_at - interval '23 hours 50 minutes'")
    expect(saidBy(await send())).toEqual(saidBy(first))
    await notes.client.query("update colonnade.kept_answers set kept_at = kept_at - interval '11 minutes'")
    const anew = await send()
    expect([anew.status, anew.headers.get('idempotency-replayed'), await count('old')]).toEqual([201, null, 2])
    expect(saidBy(await send())).toEqual(saidBy(anew))
    // A process sweeps with its first key; what is not over stays.
    const elsewhere = await startNotes(notes.database)
    try {
      await elsewhere.send('/notes', { ref: 'sweep', text: 'x' }, { key: newKey() })
    } finally {
      await elsewhere.close()
    }
    expect(await notes.column('select count(*)::int from colonnade.kept_answers')).toEqual([2])
  })

  it('is kept for as long as the API says', async () => {
    const short = await startNotes(notes.database, { idempotency: { maxAgeMs: 60_000 } })
    try {
      const key = newKey()
      const send = () => short.send('/notes', { ref: 'short', text: 'x' }, { key })
      await send()
      await notes.client.query("update colonnade.kept_answers set kept_at = kept_at - interval '61 seconds'")
      expect((await send()).headers.get('idempotency-replayed')).toBeNull()
      expect(await count('short')).toBe(2)
    } finally {
      await short.close()
    }
  })

  it('tells of its change once that is committed', async () => {
    const cached = await startNotes(notes.database, { responseCache: { private: true } })
    try {
      const { json } = await cached.send('/notes', { ref: 'cached', text: 'v1' })
      const path = `/notes/${json.data.id}`
      const read = async () => (await cached.api.get(path, { token: cached.tokens.regular })).json.data.text
      expect(await read()).toBe('v1')
      await cached.send(path, { text: 'v2' }, { key: newKey(), method: 'PATCH' })
      expect(await read()).toBe('v2')
    } finally {
      await cached.close()
    }
  })
})

describeEachServer('a login that may not make a schema', server => {
  it('says so where a key is used, and writes without one', async () => {
    const database = await makeNotes(server)
    const name = `colonnade_test_${newKey().replaceAll('-', '')}`
    const user = { ...database.config, user: name, password: name }
    const admin = new pg.Client(database.config)
    await admin.connect()
    await admin.query(`create role ${name} login password '${name}'`)
    await admin.query(`grant select, insert, update, delete on all tables in schema public to ${name}`)
    const notes = await startNotes({ ...database, config: user, url: toDatabaseUrl(user) })
    try {
      const refused = await notes.send('/notes', { ref: 'x', text: 'x' }, { key: newKey() })
      expect(codeOf(refused)).toEqual([503, 'idempotency_unavailable'])
      expect(refused.text).not.toContain('permission denied')
      expect(notes.api.errors).toHaveLength(1)
      expect((await notes.send('/notes', { ref: 'x', text: 'x' })).status).toBe(201)
      expect(await notes.column('select count(*)::int from notes')).toEqual([1])
      // Whoever owns the database can give it, and then it works without a restart.
      await admin.query(`grant create on database ${database.config.database} to ${name}`)
      const key = newKey()
      const replies = [1, 2].map(() => () => notes.send('/notes', { ref: 'y', text: 'x' }, { key }))
      expect((await replies[0]?.())?.status).toBe(201)
      expect((await replies[1]?.())?.headers.get('idempotency-replayed')).toBe('true')
    } finally {
      await notes.close()
      await admin.end()
      await database.drop()
      await withClient(server.config, client => client.query(`drop role ${name}`))
    }
  })
})
