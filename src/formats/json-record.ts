// Compiles the layout of a plan into a function that splices the bytes of a row into JSON: no objects and no strings on the way.
import { type Layout, marks, type NamedColumn, type Output } from '../plan/layout.ts'
import type { ByteWriter } from './byte-writer.ts'
import { compileColumn, nullBytes, type WriteColumn } from './json-column.ts'
import { isTrue, type RowBytes } from './rows.ts'

/** @param base what links begin with: `/api`, with the version where the caller gave one */
export type WriteRecord = (row: RowBytes, out: ByteWriter, base: string) => void

/** The key comes first and is always shown, so that every other member can bring its comma along. */
export function compilePlainRecord(layout: Layout): WriteRecord {
  const members = layout.outputs.map(compileMember)
  return (row, out) => {
    const start = out.length
    out.byte(brace)
    for (const { guard, prefix, write } of members) {
      if (guard >= 0 && !isTrue(row, guard)) continue
      // The first member leaves its comma out.
      if (out.length === start + 1) out.copy(prefix, 1, prefix.length)
      else out.copy(prefix, 0, prefix.length)
      write(row, out)
    }
    out.byte(braceEnd)
  }
}

const brace = 0x7b
const braceEnd = 0x7d

export interface Member {
  readonly guard: number
  /** `,"title":` */
  readonly prefix: Buffer
  readonly write: WriteColumn
}

export function compileMember(output: Output): Member {
  const base = { guard: output.guard, prefix: Buffer.from(`,${JSON.stringify(output.name)}:`) }
  if (output.kind === 'value') return { ...base, write: compileColumn(output.type, output.index) }
  if (output.kind === 'json') return { ...base, write: compileColumn(null, output.index) }
  if (output.kind === 'code') return { ...base, write: compileCode(output) }
  const writeParts = compileParts(output.parts)
  const indexes = output.parts.map(part => part.index)
  return {
    ...base,
    write: (row, out) => {
      if (indexes.some(index => (row.ends[index] as number) < 0)) out.copy(nullBytes, 0, nullBytes.length)
      else writeParts(row, out)
    },
  }
}

/** Marks the place of what TypeScript makes, with what it is made of. */
export function compileCode(output: Extract<Output, { kind: 'code' }>): WriteColumn {
  const writeParts = compileParts(output.parts)
  const mark = `${marks.code}${output.code}:`
  return (row, out) => {
    out.text(mark)
    writeParts(row, out)
    out.text(marks.end)
  }
}

function compileParts(parts: readonly NamedColumn[]): WriteColumn {
  const named = parts.map((part, i) => ({
    prefix: Buffer.from(`${i === 0 ? '' : ','}${JSON.stringify(part.name)}:`),
    write: compileColumn(part.type, part.index),
  }))
  return (row, out) => {
    out.byte(brace)
    for (const { prefix, write } of named) {
      out.copy(prefix, 0, prefix.length)
      write(row, out)
    }
    out.byte(braceEnd)
  }
}
