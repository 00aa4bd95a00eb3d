// Reads the requests and answers that a page of the documentation shows, for a test to run.
import { readFile } from 'node:fs/promises'

export interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly status: number
  /** Those of the answer that are shown. */
  readonly answered: Readonly<Record<string, string>>
  readonly answer: string | undefined
}

/** @param page as seen from `docs/` */
export async function readExchanges(page: string): Promise<readonly Exchange[]> {
  const guide = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const blocks = [...guide.matchAll(/```http\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
  return blocks.map(block => {
    const [asked = '', answered = ''] = block.split(/\nHTTP\/1\.1 /)
    const [head = '', body] = asked.split('\n\n')
    const [line = '', ...lines] = head.trim().split('\n')
    const [method = '', path = ''] = line.split(' ')
    const [above = '', ...below] = answered.split('\n\n')
    const [status = '', ...shown] = above.trim().split('\n')
    const answer = below.join('\n\n')
    return {
      method,
      path,
      headers: readHeaders(lines),
      body: body?.trim() || undefined,
      status: Number(status.slice(0, 3)),
      answered: readHeaders(shown),
      answer: answer.trim() || undefined,
    }
  })
}

function readHeaders(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.map(one => one.split(': ') as [string, string]))
}
