// What the files of reports hold: a few texts, under names that nobody guesses, the same in the storage of both twins.
import { createHash } from 'node:crypto'
import type { RequestProduct } from './product.ts'

export interface Content {
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
  readonly sha256: string
}

export const contents: readonly Content[] = ['', 'a', '{"n":1}\n', '{"n":1}\n{"n":2}\n', '{"n":2}\n{"n":1}\n'].map(
  (text, i) => {
    const bytes = Buffer.from(text)
    return {
      bytes,
      name: createHash('sha256').update(`name ${i}`).digest('hex').slice(0, 32),
      type: i % 2 === 0 ? 'application/x-ndjson; charset=utf-8' : 'text/csv; charset=utf-8; header=present',
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }
  },
)

export async function storeContents(storage: ReturnType<RequestProduct['makeReportStorage']>): Promise<void> {
  const opened = await storage.open()
  for (const { name, bytes } of contents)
    await opened.write(
      name,
      (async function* () {
        if (bytes.length > 0) yield bytes
      })(),
    )
}
