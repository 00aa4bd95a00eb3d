// Compiles the layout of a plan into a function that splices the bytes of a row into a resource object of JSON:API (1.1, section 5.2).
import { type Layout, marks, type NamedColumn, type ObjectLayout } from '../plan/layout.ts'
import type { ByteWriter } from './byte-writer.ts'
import { compileMember, type Member, type WriteRecord } from './json-record.ts'
import { isTrue, type RowBytes, textOf } from './rows.ts'
import { idOf, pathOf } from './spell-id.ts'

/** Where something is included, the parts of the object with marks between them, for then they are put together once all records are known. */
export function compileResourceObject(layout: Layout): WriteRecord {
  const { object, included } = layout
  if (!object) throw new Error('a layout of plain records')
  if (object.identifierOnly) return compileIdentifier(object)
  return included.length > 0 ? compileMarked(layout, object) : compileWhole(layout, object)
}

function compileIdentifier({ type, id }: ObjectLayout): WriteRecord {
  const head = Buffer.from(`{"type":${JSON.stringify(type)},"id":`)
  const writeId = compileId(id)
  return (row, out) => {
    out.copy(head, 0, head.length)
    writeId(row, out)
    out.byte(braceEnd)
  }
}

function compileWhole(layout: Layout, object: ObjectLayout): WriteRecord {
  const attributes = layout.outputs.map(compileMember)
  const { id, type, path, self, selfGuard } = object
  const head = Buffer.from(`{"type":${JSON.stringify(type)},"id":`)
  const writeId = compileId(id)
  const writePath = compilePath(id)
  const place = Buffer.from(`/${encodeURIComponent(path)}/`)
  const relationships = compileRelationships(object, (row, out, base) => {
    out.text(base)
    out.copy(place, 0, place.length)
    writePath(row, out)
  })
  return (row, out, base) => {
    out.copy(head, 0, head.length)
    writeId(row, out)
    out.copy(attributesHead, 0, attributesHead.length)
    writeMembers(attributes, row, out)
    out.byte(braceEnd)
    if (relationships) relationships(row, out, base)
    if (self && (selfGuard < 0 || isTrue(row, selfGuard))) {
      out.copy(selfHead, 0, selfHead.length)
      out.text(base)
      out.copy(place, 0, place.length)
      writePath(row, out)
      out.copy(selfTail, 0, selfTail.length)
    }
    out.byte(braceEnd)
  }
}

const attributesHead = Buffer.from(',"attributes":{')
const selfHead = Buffer.from(',"links":{"self":"')
const selfTail = Buffer.from('"}')

function writeMembers(members: readonly Member[], row: RowBytes, out: ByteWriter): void {
  const start = out.length
  for (const { guard, prefix, write } of members) {
    if (guard >= 0 && !isTrue(row, guard)) continue
    // The first member leaves its comma out.
    if (out.length === start) out.copy(prefix, 1, prefix.length)
    else out.copy(prefix, 0, prefix.length)
    write(row, out)
  }
}

function compileRelationships({ relationships, linkage }: ObjectLayout, writePlace: WriteRecord): WriteRecord | null {
  const members = relationships.flatMap((one, i) => {
    const { guard, parts, toOne } = linkage[i] as ObjectLayout['linkage'][number]
    const prefix = Buffer.from(`,${JSON.stringify(one.name)}:{`)
    const related = Buffer.from(`/${encodeURIComponent(one.path)}"}`)
    const own = Buffer.from(`/relationships/${encodeURIComponent(one.path)}","related":"`)
    const writeData = toOne ? compileLinkage(one.type, parts) : null
    if (!one.hasLinks && !writeData) return []
    const write: WriteRecord = (row, out, base) => {
      if (one.hasLinks) {
        out.copy(linksHead, 0, linksHead.length)
        writePlace(row, out, base)
        out.copy(own, 0, own.length)
        writePlace(row, out, base)
        out.copy(related, 0, related.length)
      }
      if (writeData) {
        if (one.hasLinks) out.byte(comma)
        writeData(row, out, base)
      }
    }
    return [{ guard, prefix, write }]
  })
  if (members.length === 0) return null
  return (row, out, base) => {
    out.copy(relationshipsHead, 0, relationshipsHead.length)
    const start = out.length
    for (const { guard, prefix, write } of members) {
      if (guard >= 0 && !isTrue(row, guard)) continue
      if (out.length === start) out.copy(prefix, 1, prefix.length)
      else out.copy(prefix, 0, prefix.length)
      write(row, out, base)
      out.byte(braceEnd)
    }
    out.byte(braceEnd)
  }
}

const linksHead = Buffer.from('"links":{"self":"')
const relationshipsHead = Buffer.from(',"relationships":{')
const braceEnd = 0x7d
const comma = 0x2c

function compileLinkage(type: string | null, parts: readonly NamedColumn[]): WriteRecord {
  const head = Buffer.from(`"data":{"type":${JSON.stringify(type)},"id":`)
  const none = Buffer.from('"data":null')
  const writeId = compileId(parts)
  const indexes = parts.map(({ index }) => index)
  return (row, out) => {
    // A table that nobody serves has no ids.
    if (indexes.length === 0 || indexes.some(index => (row.ends[index] as number) < 0)) {
      out.copy(none, 0, none.length)
      return
    }
    out.copy(head, 0, head.length)
    writeId(row, out)
    out.byte(braceEnd)
  }
}

function compileMarked(layout: Layout, object: ObjectLayout): WriteRecord {
  const attributes = layout.outputs.map(compileMember)
  const head = `${marks.object}${layout.included.length};`
  const writeId = compileId(object.id)
  const members: { readonly guard: number; readonly mark: string; readonly write: Write | null }[] = object.linkage.map(
    ({ guard, parts, included, toOne }, i) => ({
      guard,
      mark: `${marks.relationship}${i}:`,
      write: included ? compileIncluded(parts) : toOne ? compileLinkedId(parts) : null,
    }),
  )
  if (object.self)
    members.push({ guard: object.selfGuard, mark: `${marks.relationship}${members.length}:`, write: null })
  return (row, out) => {
    out.text(head)
    writeId(row, out)
    out.text(marks.part)
    for (const { guard, prefix, write } of attributes) {
      if (guard >= 0 && !isTrue(row, guard)) continue
      out.copy(prefix, 0, prefix.length)
      write(row, out)
    }
    out.text(marks.part)
    for (const { guard, mark, write } of members) {
      if (guard >= 0 && !isTrue(row, guard)) continue
      out.text(mark)
      write?.(row, out)
    }
    out.text(marks.close)
  }
}

type Write = (row: RowBytes, out: ByteWriter) => void

function compileIncluded(parts: readonly NamedColumn[]): Write {
  const { index } = parts[0] as NamedColumn
  return ({ bytes, starts, ends }, out) => {
    const end = ends[index] as number
    if (end < 0) out.text('null')
    else out.copy(bytes, starts[index] as number, end)
  }
}

function compileLinkedId(parts: readonly NamedColumn[]): Write {
  const writeId = compileId(parts)
  return (row, out) => {
    if (parts.length === 0 || parts.some(({ index }) => (row.ends[index] as number) < 0)) out.text('null')
    else writeId(row, out)
  }
}

/** As a JSON string. */
function compileId(parts: readonly NamedColumn[]): Write {
  const [first] = parts
  if (parts.length === 1 && first) {
    const { index } = first
    return ({ bytes, starts, ends }, out) => out.jsonString(bytes, starts[index] as number, ends[index] as number)
  }
  return (row, out) => out.text(JSON.stringify(idOf(parts.map(({ index }) => textOf(row, index) ?? ''))))
}

/** As a segment of a path. */
function compilePath(parts: readonly NamedColumn[]): Write {
  const [first] = parts
  // Numbers need no escape.
  if (parts.length === 1 && first?.type.bytes === 'bare' && first.type.number) {
    const { index } = first
    return ({ bytes, starts, ends }, out) => out.copy(bytes, starts[index] as number, ends[index] as number)
  }
  return (row, out) => out.text(pathOf(idOf(parts.map(({ index }) => textOf(row, index) ?? ''))))
}
