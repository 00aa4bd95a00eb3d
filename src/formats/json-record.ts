// Compiles the layout of a plan into a function from a row to JSON text: no objects on the way.
import { type Layout, marks, type NamedColumn, type Output } from '../plan/layout.ts'

export type Row = readonly (string | null)[]
export type EncodeRecord = (row: Row) => string

/** The key comes first and is always shown, so that every other member can bring its comma along. */
export function compileRecord(layout: Layout): EncodeRecord {
  const members = layout.outputs.map(compileMember)
  return row => {
    let text = '{'
    for (const { guard, encode, prefix } of members) {
      if (guard >= 0 && row[guard] !== 't') continue
      text += text.length === 1 ? prefix.slice(1) : prefix
      text += encode(row)
    }
    return `${text}}`
  }
}

interface Member {
  readonly guard: number
  /** `,"title":` */
  readonly prefix: string
  readonly encode: (row: Row) => string
}

function compileMember(output: Output): Member {
  const base = { guard: output.guard, prefix: `,${JSON.stringify(output.name)}:` }
  if (output.kind === 'value') {
    const { index } = output
    const { toJson } = output.type
    return {
      ...base,
      encode: row => {
        const text = row[index]
        return text === null || text === undefined ? 'null' : toJson(text)
      },
    }
  }
  if (output.kind === 'json') {
    const { index } = output
    return { ...base, encode: row => row[index] ?? 'null' }
  }
  const object = compileParts(output.parts)
  if (output.kind === 'key') {
    const indexes = output.parts.map(part => part.index)
    return { ...base, encode: row => (indexes.some(index => row[index] === null) ? 'null' : object(row)) }
  }
  return { ...base, encode: row => `${marks.code}${output.code}:${object(row)}${marks.end}` }
}

function compileParts(parts: readonly NamedColumn[]): (row: Row) => string {
  const named = parts.map((part, i) => ({ ...part, prefix: `${i === 0 ? '' : ','}${JSON.stringify(part.name)}:` }))
  return row => {
    let text = '{'
    for (const { prefix, index, type } of named) {
      const value = row[index]
      text += prefix + (value === null || value === undefined ? 'null' : type.toJson(value))
    }
    return `${text}}`
  }
}
