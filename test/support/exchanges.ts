// Reads the requests and answers that a page of the documentation shows, for a test to run.
import { readFile } from 'node:fs/promises'

export interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly status: number
  readonly answer: string | undefined
}

/** @param page below `docs/` */
export async function readExchanges(page: string): Promise<readonly Exchange[]> {
  const guide = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
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
