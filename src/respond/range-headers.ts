// Says which part of a list an answer is, and how to ask for what follows: Content-Range, Next-Range, Accept-Ranges.
import type { Access } from '../access/access.ts'
import { sortNames } from '../access/allow-sort.ts'
import type { CursorValues } from '../access/cursors.ts'
import type { ListRange, PermittedRead, SortKey } from '../access/permitted.ts'
import type { RangeEnd } from '../request/read-range.ts'
import { fieldValue } from '../schema/field-value.ts'

/** Many clients refuse larger heads. */
const maxBytes = 8_000

/** @param first,last the texts of the sort keys, as a cursor has them */
export function rangeHeaders(
  { sort, access, page }: PermittedRead,
  { entry }: ListRange,
  first: CursorValues,
  last: CursorValues,
  seal: (values: CursorValues) => string,
): Readonly<Record<string, string>> {
  const name = spell(entry.field)
  const [from, to] = [first, last].map(values => shownAs(values[0] ?? null, sort[0] as SortKey) ?? '')
  const next = `${name} ]${place(last, sort, access, seal)}..${entry.to ? endText(entry.to) : ''}; max=${page?.size}${entry.descending ? ', order=desc' : ''}`
  const content = `${name} ${from}..${to}`
  return {
    ...(content.length <= maxBytes && { 'content-range': content }),
    ...(next.length <= maxBytes && { 'next-range': next }),
  }
}

const names = new WeakMap<Access, Readonly<Record<string, string>>>()
const none = {}

/** Every field that this caller may sort by; nothing where a list has no key to go on from. */
export function acceptRanges({ access, set }: PermittedRead): Readonly<Record<string, string>> {
  let headers = names.get(access)
  if (!headers) {
    const text = access.resource.key.length === 0 ? '' : sortNames(access, set).map(spell).join(', ')
    headers = text === '' ? none : { 'accept-ranges': text }
    names.set(access, headers)
  }
  return headers
}

/** The place of a record: its value alone where no other record can have it, else with its key; sealed where nobody could write it. */
function place(
  values: CursorValues,
  sort: readonly SortKey[],
  access: Access,
  seal: (values: CursorValues) => string,
): string {
  const needed = isUnique(sort, access) ? values.slice(0, 1) : values
  const texts = needed.map((value, i) => shownAs(value, sort[i] as SortKey))
  return texts.includes(undefined) ? `"${seal(values)}"` : texts.join('~')
}

/** @returns undefined where the value as it is shown could not be read back */
function shownAs(value: string | null, { field }: SortKey): string | undefined {
  if (value === null) return ''
  const type = fieldValue(field)?.type
  const shown: unknown = type && JSON.parse(type.toJson(value))
  const text = typeof shown === 'string' ? shown : typeof shown === 'object' ? undefined : type?.toJson(value)
  if (text === undefined || type?.parse(text) === undefined) return undefined
  return text === '' ? '""' : spell(text)
}

function endText({ exclusive, value, key, sealed }: RangeEnd): string {
  const text =
    sealed !== null
      ? `"${sealed}"`
      : [value === null ? '' : value === '' ? '""' : spell(value), ...(key ?? []).map(spell)].join('~')
  return exclusive ? `${text}[` : text
}

/** Percent-encoded, so that nothing in it ends a value: dots beside dots or at an end, `~` before a key. */
function spell(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('~', '%7E')
    .replace(/^\.|\.$|\.(?=\.)|(?<=\.)\./g, '%2E')
    .replaceAll('%3A', ':')
}

function isUnique(sort: readonly SortKey[], { resource, guard }: Access): boolean {
  const [first] = sort
  if (sort.length === 1) return true
  if (!first || first.path.length > 0 || first.field.kind !== 'column' || guard(first.field) !== 'always') return false
  const { column } = first.field
  return (
    !column.nullable && resource.table.uniques.some(one => one.columns.length === 1 && one.columns[0] === column.name)
  )
}
