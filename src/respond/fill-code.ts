// Fills in what is made in TypeScript: one call a field for all records of the page, whatever their depth.
import type { Principal } from '../access/principal.ts'
import { fromByteText, toByteText } from '../formats/byte-text.ts'
import { type CodeSource, marks } from '../plan/layout.ts'
import type { Resource } from '../schema/model.ts'

/** Links of a record: its own URL, and those of what it leads to. */
export type LinksOf = (resource: Resource, key: readonly unknown[]) => unknown

interface Place {
  readonly code: number
  readonly source: Record<string, unknown>
}

/**
 * @param body byte text of JSON with marks where something is still to be made
 * @returns byte text
 */
export async function fillCode(
  body: string,
  sources: readonly CodeSource[],
  principal: Principal,
  linksOf: LinksOf,
): Promise<string> {
  if (sources.length === 0 || !body.includes(marks.code)) return body
  const text = fromByteText(body)
  const pieces: string[] = []
  const places: Place[] = []
  let at = 0
  for (let start = text.indexOf(marks.code); start >= 0; start = text.indexOf(marks.code, at)) {
    const end = text.indexOf(marks.end, start)
    const colon = text.indexOf(':', start)
    pieces.push(text.slice(at, start))
    places.push({
      code: Number(text.slice(start + 1, colon)),
      source: JSON.parse(text.slice(colon + 1, end)) as Record<string, unknown>,
    })
    at = end + 1
  }
  pieces.push(text.slice(at))
  const made = await Promise.all(
    sources.map((source, i) =>
      makeAll(
        source,
        places.filter(place => place.code === i),
        principal,
        linksOf,
      ),
    ),
  )
  const next = sources.map(() => 0)
  let filled = pieces[0] as string
  for (const [i, { code }] of places.entries()) {
    const position = next[code] as number
    next[code] = position + 1
    filled += JSON.stringify(made[code]?.[position] ?? null) + (pieces[i + 1] as string)
  }
  return toByteText(filled)
}

async function makeAll(
  { field, resource }: CodeSource,
  places: readonly Place[],
  principal: Principal,
  linksOf: LinksOf,
): Promise<readonly unknown[]> {
  if (places.length === 0) return []
  if (!field) return places.map(({ source }) => linksOf(resource, Object.values(source)))
  if (field.compute.by !== 'code') throw new Error(`${field.name} is not made in code`)
  const { values, claims } = field.compute
  const known = Object.fromEntries(
    claims.map(claim => [claim, claim === 'id' ? principal.id : principal.claims.get(claim)]),
  )
  const made = await values(places.map(place => place.source) as never[], { claims: known })
  if (made.length !== places.length)
    throw new Error(`${resource.name}.${field.name} gave ${made.length} values for ${places.length} rows`)
  return made
}
