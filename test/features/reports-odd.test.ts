// Reports whose `generate` misbehaves: it is cut off, the report says so, nothing is left in storage, and the next one is made.
import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lines, type ReportsUnderTest, serveReports, tokens } from '../reports/reports.ts'
import { pause, until } from '../requests/tasks.ts'
import { servers } from '../support/databases.ts'

const never = new Promise<never>(() => undefined)
const circle: Record<string, unknown> = { name: 'round' }
circle.self = circle
let releases: (() => void)[] = []
let returned: string[] = []

async function* endless(pauseMs: number) {
  try {
    for (let n = 0; ; n += 1) {
      if (pauseMs > 0) await pause(pauseMs)
      yield { n }
    }
  } finally {
    returned.push('endless')
  }
}

/** By the label of the report. */
const sources: Readonly<Record<string, (context: { readonly signal: AbortSignal }) => unknown>> = {
  'hangs at once': () => never,
  'hangs between rows': async function* () {
    yield { n: 1 }
    await never
  },
  'is without end': () => endless(0),
  'is without end, slowly': () => endless(20),
  'throws in its finally': async function* () {
    try {
      for (let n = 0; ; n += 1) yield { n }
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: what some generator may do
      throw new Error('thrown in finally')
    }
  },
  'hangs in its finally': async function* () {
    try {
      for (let n = 0; ; n += 1) yield { n }
    } finally {
      await never
    }
  },
  'goes on after its end': async function* ({ signal }) {
    signal.addEventListener('abort', () => releases.push(() => undefined))
    for (let n = 0; ; n += 1) {
      await pause(5)
      yield { n, isAborted: signal.aborted }
    }
  },
  'throws before its first row': () => {
    throw new Error('at once')
  },
  'throws after some rows': async function* () {
    yield* lines(10)
    throw new Error('after some')
  },
  'throws when it is closed': () => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: { n: 1n } }),
      return: () => {
        throw new Error('thrown by return')
      },
    }),
  }),
  circle: async function* () {
    yield { n: 1 }
    yield circle
  },
  bigint: async function* () {
    yield { n: 1n }
  },
  nothing: async function* () {
    yield { n: 1 }
    yield undefined
  },
  function: async function* () {
    yield () => 1
  },
  list: async function* () {
    yield [1, 2]
  },
  null: async function* () {
    yield null
  },
  text: async function* () {
    yield 'words'
  },
  'no rows at all': () => undefined,
  'an array': () => [{ n: 1 }],
}

describe('reports whose generate misbehaves', () => {
  let reports: ReportsUnderTest
  const folder = () => (reports.storage as { readonly directory: string }).directory
  const row = async (id: string) => (await reports.get(`/reports/${id}`)).json.data
  const over = async (id: string) => {
    await until(async () => !['pending', 'running'].includes((await row(id)).status))
    return row(id)
  }
  const files = () => readdir(folder()).catch((): string[] => [])

  beforeAll(async () => {
    reports = await serveReports(
      servers()[0] as never,
      {
        ...{ attempts: 1, timeoutMs: 500, concurrency: 50 },
        generate: context => (sources[context.row.label ?? ''] ?? (() => lines(context.row.lines)))(context) as never,
      },
      { worker: { graceMs: 200 } },
    )
  })
  afterAll(() => reports.close())

  const late = Object.keys(sources).filter(label => /^(hangs|is without|goes on|throws in its)/.test(label))
  it.each(['ndjson', 'csv'])(
    'are cut off when they never end, or ignore that they should, and leave no file behind (%s)',
    async format => {
      const before = await files()
      const ids = await Promise.all(late.map(label => reports.ask({ lines: 1, format, label: `${label}` })))
      for (const [i, id] of ids.entries())
        expect([late[i], await over(id)]).toMatchObject([
          late[i],
          { status: 'failed', available: false, error: { code: 'timeout' } },
        ])
      await until(async () => (await files()).every(file => before.includes(file)))
      for (const id of ids) expect((await reports.get(`/reports/${id}/content`)).status).toBe(409)
      expect(returned.length).toBe(2)
      returned = []
      releases = []
      await reports.sql('delete from reports')
      const good = await reports.ask({ lines: 3, format })
      expect((await over(good)).status).toBe('succeeded')
      await reports.sql('delete from reports')
      expect(reports.errors).toEqual([])
    },
  )

  const thrown = {
    'throws before its first row': 'at once',
    'throws after some rows': 'after some',
    'throws when it is closed': 'BigInt',
    circle: 'circular',
    bigint: 'BigInt',
    nothing: 'not undefined',
    function: 'not function',
    list: 'not a list',
    null: 'not null',
    text: 'not string',
    'no rows at all': 'gives rows',
    'an array': 'gives rows',
  }
  it.each(['ndjson', 'json', 'csv'])(
    'fail with the reason for operators, and no file, where rows cannot be spelled or are none (%s)',
    async format => {
      for (const [label, reason] of Object.entries(thrown)) {
        const id = await reports.ask({ lines: 1, format, label })
        const { status, error } = await over(id)
        // CSV has whole numbers of any size.
        if (format === 'csv' && label === 'bigint') {
          expect([status, (await reports.get(`/reports/${id}/content`)).text]).toEqual(['succeeded', 'n\r\n1\r\n'])
          continue
        }
        if (format === 'csv' && label === 'throws when it is closed') {
          expect([label, error.code]).toEqual([label, 'timeout'])
          continue
        }
        expect([label, status, error]).toEqual([
          label,
          'failed',
          { code: 'internal', message: 'It could not be carried out.' },
        ])
        const [{ internal_error = '' } = {}] = await reports.sql<{ internal_error: string }>(
          'select internal_error from reports where id = $1',
          [id],
        )
        if (!(format === 'csv' && label === 'circle'))
          expect([label, internal_error]).toEqual([label, expect.stringContaining(reason)])
      }
      await reports.sql('delete from reports')
      await until(async () => (await files()).every(file => !file.endsWith('.part')))
      expect(reports.errors).toEqual([])
    },
  )

  it('refuse parameters that are not there, or are of another type, and ask for those that are missing', async () => {
    const refusal = async (body: object, path = '/reports') => {
      const reply = await reports.get(path, {
        ...{ token: tokens.ann, method: 'POST', body: JSON.stringify(body) },
        headers: { 'content-type': 'application/json' },
      })
      return [
        reply.status,
        reply.json.errors?.map(({ code, source }: { code: string; source: unknown }) => [code, source]),
      ]
    }
    expect(await refusal({ lines: 1, colour: 'red' })).toEqual([422, [['unknown_member', { pointer: '/colour' }]]])
    expect(await refusal({ lines: 1, content_name: 'x' })).toEqual([
      422,
      [['unknown_member', { pointer: '/content_name' }]],
    ])
    expect(await refusal({ lines: 'many' })).toEqual([422, [['invalid_member', { pointer: '/lines' }]]])
    expect(await refusal({})).toEqual([422, [['missing_member', { pointer: '/lines' }]]])
    expect((await refusal({ lines: 1 }, '/reports?colour=red'))[0]).toBe(400)
    expect(await reports.sql('select from reports')).toEqual([])
    expect(await refusal({ lines: 1, format: 'pdf' })).toEqual([422, [['invalid_member', { pointer: '/format' }]]])
    const id = await reports.ask({ lines: 1, format: 'csv' })
    await over(id)
    await reports.sql(`update reports set format = 'pdf', status = 'pending' where id = $1`, [id])
    expect((await over(id)).error).toEqual({ code: 'unknown_format', message: 'A report is json, ndjson or csv.' })
    expect((await reports.get(`/reports/${id}/content?colour=red`)).status).toBe(400)
  })
})
