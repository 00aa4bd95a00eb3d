// Roles that see commands in some states alone: what becomes invisible by its own change of state looks as if it had been deleted.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { RunningServer } from '../../src/create-server.ts'
import { type EventReader, readEvents } from '../requests/read-events.ts'
import { openTasks, serve, type TaskDatabase, tasksApi, until } from '../requests/tasks.ts'
import { signToken } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

describeEachServer('a role that does not see every state', server => {
  let database: TaskDatabase
  let running: RunningServer
  const errors: unknown[] = []
  const streams: EventReader[] = []
  let tokens: { noCancelled: string; noRunning: string; noPending: string; all: string }
  beforeAll(async () => {
    database = await openTasks(server)
    const seeing = (status: object) => ({
      ...{ where: { status }, read: 'all', delete: true },
      write: { create: { only: ['label'] } },
    })
    const roles = {
      noCancelled: seeing({ ne: 'cancelled' }),
      noRunning: seeing({ nin: ['running'] }),
      noPending: seeing({ ne: 'pending' }),
      all: seeing({ null: false }),
    }
    const holders = Object.fromEntries(Object.keys(roles).map(role => [role, { role }]))
    const api = tasksApi({ roles, perform: () => undefined }, holders)
    running = await serve(database, api, { worker: false, onError: (error: unknown) => void errors.push(error) })
    const [noCancelled = '', noRunning = '', noPending = '', all = ''] = await Promise.all(
      Object.keys(roles).map(role => signToken('ann', { role })),
    )
    tokens = { noCancelled, noRunning, noPending, all }
  })
  afterAll(() => running.close())
  afterEach(async () => {
    for (const one of streams.splice(0)) one.hangUp()
    expect(errors.splice(0)).toEqual([])
  })

  async function ask(method: string, path: string, token: string, { body, ...headers }: Record<string, string> = {}) {
    const response = await fetch(`${running.url}${path}`, {
      ...{ method, ...(body !== undefined && { body }) },
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: text === '' ? null : JSON.parse(text) }
  }
  const make = async (status: string) => {
    const [row] = await database.sql<{ id: number }>(
      `insert into tasks (label, status) values ('a', $1) returning id`,
      [status],
    )
    return `/tasks/${row?.id}`
  }
  const become = (path: string, status: string) =>
    database.sql('update tasks set status = $1 where id = $2', [status, path.split('/').at(-1)])
  const stateOf = async (path: string) => (await ask('GET', path, tokens.all)).json.data.status
  const isHeld = (count = 1) => until(() => running.runtime().followers.figures().answers === count)
  const follow = async (path: string, token: string) => {
    const reader = await readEvents(`${running.url}${path}`, { token })
    streams.push(reader)
    await until(() => reader.events.length > 0)
    return reader
  }

  it('cancels what it sees, and is answered 204 where it does not see what that came to', async () => {
    const path = await make('pending')
    const gone = await ask('DELETE', path, tokens.noCancelled)
    expect([gone.status, gone.text, gone.headers.get('location')]).toEqual([204, '', null])
    expect(await stateOf(path)).toBe('cancelled')
    // As for one that was never there.
    const [again, missing] = await Promise.all(
      [path, '/tasks/999999'].map(one => ask('DELETE', one, tokens.noCancelled)),
    )
    expect([again?.status, again?.json.errors[0].code]).toEqual([404, 'not_found'])
    expect({ ...again?.json.errors[0], id: '' }).toEqual({ ...missing?.json.errors[0], id: '' })
  })

  it('is answered 202 where it cancels what runs, and finds it gone once its worker has let go', async () => {
    const path = await make('running')
    const asked = await ask('DELETE', path, tokens.noCancelled)
    expect([asked.status, asked.json.data.status, asked.headers.get('retry-after')]).toEqual([202, 'running', '1'])
    expect((await ask('GET', path, tokens.noCancelled)).headers.get('retry-after')).toBe('1')
    await become(path, 'cancelled')
    const gone = await ask('GET', path, tokens.noCancelled)
    expect([gone.status, gone.headers.get('retry-after')]).toEqual([404, null])
  })

  it('cancels nothing that it does not see', async () => {
    for (const [status, token] of [
      ['running', tokens.noRunning],
      ['pending', tokens.noPending],
    ] as const) {
      const path = await make(status)
      expect([status, (await ask('DELETE', path, token)).status]).toEqual([status, 404])
      const ids = { body: JSON.stringify([{ id: Number(path.split('/').at(-1)) }]) }
      expect([status, (await ask('DELETE', '/tasks', token, ids)).status]).toEqual([status, 404])
      expect([status, await stateOf(path)]).toEqual([status, status])
    }
  })

  it('cancels a list, and is shown nothing of it where it does not see all that it came to', async () => {
    const paths = [await make('pending'), await make('running')]
    const ids = { body: JSON.stringify(paths.map(path => ({ id: Number(path.split('/').at(-1)) }))) }
    const done = await ask('DELETE', '/tasks', tokens.noCancelled, ids)
    expect([done.status, done.text]).toEqual([202, ''])
    expect(await Promise.all(paths.map(stateOf))).toEqual(['cancelled', 'running'])
  })

  it('is told 404 where it waits for what becomes invisible, and goes by 201 where it has just asked for it', async () => {
    const path = await make('pending')
    const { etag = '' } = Object.fromEntries((await ask('GET', path, tokens.noRunning)).headers)
    const held = ask('GET', path, tokens.noRunning, { prefer: 'wait=20', 'if-none-match': etag })
    await isHeld()
    await become(path, 'running')
    const gone = await held
    expect([gone.status, gone.json.errors[0].code, gone.headers.get('retry-after')]).toEqual([404, 'not_found', null])
    // It is there again once it is over.
    await become(path, 'succeeded')
    expect((await ask('GET', path, tokens.noRunning, { prefer: 'wait=20' })).json.data.status).toBe('succeeded')
    const asked = ask('POST', '/tasks', tokens.noRunning, { prefer: 'wait=20', body: '{"label":"b"}' })
    await isHeld()
    await database.sql(`update tasks set status = 'running' where label = 'b'`)
    const made = await asked
    expect([made.status, made.json.data.status, made.headers.get('retry-after')]).toEqual([201, 'pending', '1'])
  })

  it('may not ask for what it would not see', async () => {
    const made = await ask('POST', '/tasks', tokens.noPending, { body: '{"label":"c"}' })
    expect([made.status, made.json.errors[0].code]).toEqual([403, 'forbidden'])
    expect(await database.sql(`select from tasks where label = 'c'`)).toEqual([])
  })

  it('sees its stream end where the row becomes invisible, and 404 when it comes back', async () => {
    const path = await make('pending')
    const reader = await follow(path, tokens.noCancelled)
    await become(path, 'running')
    await until(() => reader.events.length === 2)
    await become(path, 'cancelled')
    await reader.ended
    expect(reader.events.map(({ data }) => JSON.parse(data).status)).toEqual(['pending', 'running'])
    const last = { accept: 'text/event-stream', 'last-event-id': reader.events.at(-1)?.id ?? '' }
    expect((await ask('GET', path, tokens.noCancelled, last)).status).toBe(404)
    const other = await make('pending')
    const own = await follow(other, tokens.noCancelled)
    expect((await ask('DELETE', other, tokens.noCancelled)).status).toBe(204)
    await own.ended
    expect(own.events.map(({ data }) => JSON.parse(data).status)).toEqual(['pending'])
  })

  it('counts and lists what it sees alone', async () => {
    await database.sql('delete from tasks')
    for (const status of ['pending', 'running', 'succeeded', 'failed', 'cancelled']) await make(status)
    const counted = async (token: string) => {
      const { json } = await ask('GET', '/tasks?fields=status&sort=id&aggregate[id]=count&group=status', token)
      const groups = json.meta.groups.map((one: { group: { status: string } }) => one.group.status)
      expect(new Set(groups)).toEqual(new Set(json.data.map((one: { status: string }) => one.status)))
      return json.data.map((one: { status: string }) => one.status)
    }
    expect(await counted(tokens.noCancelled)).toEqual(['pending', 'running', 'succeeded', 'failed'])
    expect(await counted(tokens.noRunning)).toEqual(['pending', 'succeeded', 'failed', 'cancelled'])
  })
})
