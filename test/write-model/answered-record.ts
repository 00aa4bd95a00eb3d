// The fields of the one record that an answer holds, in plain JSON or as a resource object, as texts.

type Members = Readonly<Record<string, unknown>>

/** @param body byte text @returns of a record that is linked the key, null for none; sets of links are left out */
export function answeredRecord(body: string, isDocument: boolean): ReadonlyMap<string, string | null> {
  const { data } = JSON.parse(Buffer.from(body, 'latin1').toString()) as { readonly data: Members }
  if (!isDocument) return new Map(Object.entries(data).flatMap(([name, value]) => toField(name, value)))
  const { id, attributes = {}, relationships = {} } = data as Readonly<Record<string, Members | undefined>>
  const links = Object.entries(relationships).flatMap(([name, value]) => {
    const linkage = (value as Members).data
    return linkage === undefined ? [] : toField(name, linkage)
  })
  return new Map([
    ...toField('id', id),
    ...Object.entries(attributes).flatMap(([name, value]) => toField(name, value)),
    ...links,
  ])
}

function toField(name: string, value: unknown): readonly (readonly [string, string | null])[] {
  if (Array.isArray(value)) return []
  if (typeof value === 'object' && value !== null) return [[name, String((value as Members).id)]]
  return [[name, value === null ? null : String(value)]]
}

/** Null where they say the same; ids that the database chose are new ones, whichever. */
export function differenceOf(
  wanted: ReadonlyMap<string, string | null>,
  found: ReadonlyMap<string, string | null>,
): string | null {
  for (const name of new Set([...wanted.keys(), ...found.keys()])) {
    const [one, other] = [wanted.get(name), found.get(name)]
    const areNew = Number(one) > 1000 && Number(other) > 1000
    if (one !== other && !areNew) return `"${name}" is ${other} and not ${one}`
  }
  return null
}
