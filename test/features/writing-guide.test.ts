// Runs the requests of docs/writing.md, in their order, and holds the answers to what stands there.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startVideos, type VideosUnderTest } from '../support/api-under-test.ts'
import { describeEachServer } from '../support/databases.ts'

interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly status: number
  readonly answer: string | undefined
}

const guide = await readFile(new URL('../../docs/writing.md', import.meta.url), 'utf8')

function exchanges(): readonly Exchange[] {
  const blocks = [...guide.matchAll(/```http\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
  return blocks.map(block => {
    const [asked = '', answered = ''] = block.split(/\nHTTP\/1\.1 /)
    const [head = '', body] = asked.split('\n\n')
    const [line = '', ...lines] = head.trim().split('\n')
    const [method = '', path = ''] = line.split(' ')
    const headers = Object.fromEntries(lines.map(one => one.split(': ') as [string, string]))
    const [status = '', answer] = answered.split('\n\n')
    return {
      method,
      path,
      headers,
      body: body?.trim() || undefined,
      status: Number(status.slice(0, 3)),
      answer: answer?.trim() || undefined,
    }
  })
}

describeEachServer('docs/writing.md', server => {
  let api: VideosUnderTest
  beforeAll(async () => {
    api = await startVideos(server)
  }, 120_000)
  afterAll(async () => {
    await api.close()
    expect(api.errors).toEqual([])
  })

  it('shows what is answered', async () => {
    const all = exchanges()
    expect(all.length).toBeGreaterThan(12)
    for (const { method, path, headers, body, status, answer } of all) {
      const role = (headers.Authorization ?? '').replace('Bearer ', '').toLowerCase() as 'regular' | 'owner' | 'admin'
      const { Authorization: _, ...rest } = headers
      const reply = await api.get(path.slice('/api'.length), {
        method,
        token: role ? (api.tokens[role] as string) : null,
        headers: { ...rest, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body }),
      })
      const where = `${method} ${path} ${body ?? ''}: ${reply.text}`
      expect(reply.status, where).toBe(status)
      if (answer === undefined) expect(reply.text, where).toBe('')
      else expect(reply.json, where).toMatchObject(JSON.parse(answer))
    }
  })
})
