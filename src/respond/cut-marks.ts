// Finds which included lists are marked as cut in an answer.
import { toByteText } from '../formats/byte-text.ts'
import type { ByteWriter } from '../formats/byte-writer.ts'
import { type Layout, marks } from '../plan/layout.ts'

/** Takes the marks of cut lists out of what is written. @returns which lists those were, as byte text */
export function removeCuts(out: ByteWriter, layout: Layout): readonly string[] {
  const cuts = sayCuts(out, layout)
  if (cuts.length === 0) return cuts
  const clean = out.toByteText().replace(cutMark, '')
  out.clear()
  out.byteText(clean)
  return cuts
}

/** Which lists are marked as cut, as a member of `meta` in byte text. */
export function sayCuts(out: ByteWriter, { included }: Layout): readonly string[] {
  if (included.length === 0 || !out.written().includes(marks.cut)) return []
  const cut = new Set(Array.from(out.toByteText().matchAll(cutMark), ([, index]) => Number(index)))
  const members = [...cut]
    .sort((a, b) => a - b)
    .map(index => `${JSON.stringify(included[index]?.path)}:{"limit":${included[index]?.limit},"truncated":true}`)
  return [toByteText(`"included":{${members.join(',')}}`)]
}

const cutMark = new RegExp(`${marks.cut}(\\d+);`, 'g')
