// Puts resource objects together from their marked parts, and lifts those that are included out of the page: each once, with all linkage that leads to them.
import { type Layout, marks, type ObjectForm } from '../plan/layout.ts'
import { fromByteText, toByteText } from './byte-text.ts'
import { pathOf } from './spell-id.ts'

export interface Lifted {
  /** The records of the page, joined by commas, as byte text. */
  readonly data: string
  /** The included ones, likewise. */
  readonly included: string
}

/**
 * @param text records of the page, one after another with or without commas, as byte text
 * @param base what links begin with
 * @param next the link to the rest of a list that was cut, by the record's own path and the index of what is included
 */
export function liftIncluded(text: string, layout: Layout, base: string, next: NextOf): Lifted {
  return new Lift(text, layout, base, next).whole()
}

export type NextOf = (place: string, relationship: string, included: number) => string

interface Linkage {
  /** Identifiers; null for none. */
  readonly ids: readonly string[] | null
  readonly isList: boolean
  /** Which list was cut; below 0 for none. */
  readonly cut: number
}

interface Part {
  readonly form: ObjectForm
  /** As a JSON string. */
  readonly id: string
  /** Each after a comma. */
  readonly attributes: string
  /** By the relationship's name. */
  readonly linkage: Map<string, Linkage | null>
  isOfPage: boolean
  showsSelf: boolean
}

const code = (mark: string) => mark.charCodeAt(0)
const object = code(marks.object)
const relationship = code(marks.relationship)
const cut = code(marks.cut)
const bracket = code('[')
const bracketEnd = code(']')
const comma = code(',')
const quote = code('"')

class Lift {
  readonly #text: string
  readonly #layout: Layout
  readonly #base: string
  readonly #next: NextOf
  readonly #parts = new Map<string, Part>()
  readonly #page: Part[] = []
  #at = 0

  constructor(text: string, layout: Layout, base: string, next: NextOf) {
    this.#text = text
    this.#layout = layout
    this.#base = base
    this.#next = next
  }

  whole(): Lifted {
    while (this.#at < this.#text.length) {
      if (this.#text.charCodeAt(this.#at) === comma) this.#at += 1
      else this.#readObject()
    }
    const included = [...this.#parts.values()].filter(part => !part.isOfPage)
    return { data: this.#join(this.#page), included: this.#join(included) }
  }

  #join(parts: readonly Part[]): string {
    return parts.map(part => this.#finish(part)).join()
  }

  /** @returns its identifier */
  #readObject(): string {
    const { included, object: page } = this.#layout
    const text = this.#text
    const idStart = text.indexOf(';', this.#at) + 1
    const index = Number(text.slice(this.#at + 1, idStart - 1))
    const idEnd = text.indexOf(marks.part, idStart)
    const attributesEnd = text.indexOf(marks.part, idEnd + 1)
    const form = included[index]?.form ?? (page as ObjectForm)
    const id = text.slice(idStart, idEnd)
    const identifier = `{"type":${spell(form.type)},"id":${id}}`
    let part = this.#parts.get(identifier)
    if (!part) {
      const attributes = text.slice(idEnd + 1, attributesEnd)
      part = { form, id, attributes, linkage: new Map(), isOfPage: false, showsSelf: false }
      this.#parts.set(identifier, part)
    }
    if (index === included.length) {
      part.isOfPage = true
      this.#page.push(part)
    }
    this.#at = attributesEnd + 1
    while (text.charCodeAt(this.#at) === relationship) this.#readRelationship(form, part)
    this.#at += 1
    return identifier
  }

  #readRelationship(form: ObjectForm, part: Part): void {
    const text = this.#text
    const start = text.indexOf(':', this.#at) + 1
    const number = Number(text.slice(this.#at + 1, start - 1))
    const own = form.relationships[number]
    this.#at = start
    if (number === form.relationships.length) part.showsSelf = true
    const linkage = this.#readLinkage(own?.type ?? null)
    if (!own || own.hidden) return
    const known = part.linkage.get(own.name)
    part.linkage.set(own.name, known && linkage ? unite(known, linkage) : (linkage ?? known ?? null))
  }

  #readLinkage(type: string | null): Linkage | null {
    const text = this.#text
    const first = text.charCodeAt(this.#at)
    if (first === object) return { ids: [this.#readObject()], isList: false, cut: -1 }
    if (first === bracket) return this.#readList()
    if (first === quote) {
      // An id holds no raw control character.
      const end = nextMark(text, this.#at)
      const id = text.slice(this.#at, end)
      this.#at = end
      return { ids: [`{"type":${spell(type)},"id":${id}}`], isList: false, cut: -1 }
    }
    if (!text.startsWith('null', this.#at)) return null
    this.#at += 4
    return { ids: null, isList: false, cut: -1 }
  }

  #readList(): Linkage {
    const text = this.#text
    const ids: string[] = []
    for (this.#at += 1; text.charCodeAt(this.#at) !== bracketEnd; ) {
      if (text.charCodeAt(this.#at) === comma) this.#at += 1
      ids.push(this.#readObject())
    }
    this.#at += 1
    if (text.charCodeAt(this.#at) !== cut) return { ids, isList: true, cut: -1 }
    const end = text.indexOf(';', this.#at)
    const index = Number(text.slice(this.#at + 1, end))
    this.#at = end + 1
    return { ids, isList: true, cut: index }
  }

  #finish({ form, id, attributes, linkage, showsSelf }: Part): string {
    const place = `${this.#base}/${encodeURIComponent(form.path)}/${pathOf(readId(id))}`
    const relationships = form.relationships.flatMap(one => {
      const known = linkage.get(one.name)
      if (known === undefined) return []
      const links: string[] = []
      if (one.hasLinks) {
        const path = encodeURIComponent(one.path)
        links.push(`"self":"${place}/relationships/${path}"`, `"related":"${place}/${path}"`)
        if (known && known.cut >= 0) links.push(`"next":${spell(this.#next(place, path, known.cut))}`)
      }
      const members = links.length > 0 ? [`"links":{${links.join()}}`] : []
      if (known) members.push(`"data":${known.isList ? `[${known.ids?.join()}]` : (known.ids?.[0] ?? 'null')}`)
      return members.length === 0 ? [] : [`${spell(one.name)}:{${members.join()}}`]
    })
    const head = `{"type":${spell(form.type)},"id":${id},"attributes":{${attributes.slice(1)}}`
    const related = form.relationships.some(one => !one.hidden) ? `,"relationships":{${relationships.join()}}` : ''
    return `${head}${related}${showsSelf ? `,"links":{"self":"${place}"}` : ''}}`
  }
}

/** One record, met on two ways that show different parts of a list. */
function unite(one: Linkage, other: Linkage): Linkage {
  if (!one.isList) return one
  return { ...one, ids: [...new Set([...(one.ids ?? []), ...(other.ids ?? [])])] }
}

function spell(text: string | null): string {
  return toByteText(JSON.stringify(text))
}

function nextMark(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if (text.charCodeAt(at) < 0x08) return at
  return text.length
}

function readId(id: string): string {
  return /^"[\w-]*"$/.test(id) ? id.slice(1, -1) : (JSON.parse(fromByteText(id)) as string)
}
