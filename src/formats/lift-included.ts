// Puts resource objects together from their marked parts, and lifts those that are included out of the page: each once, with all linkage that leads to them.
import { type Layout, marks, type ObjectForm } from '../plan/layout.ts'
import { fromByteText } from './byte-text.ts'
import { type SpelledForm, type SpelledRelationship, spell, spellForm } from './spell-form.ts'
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

/** Null where no link leads there. */
export type NextOf = (place: string, relationship: string, included: number) => string | null

interface Linkage {
  /** Identifiers; null for none. */
  readonly ids: readonly string[] | null
  readonly isList: boolean
  /** Which list was cut; below 0 for none. */
  readonly cut: number
}

interface Part {
  readonly spelled: SpelledForm
  /** Of other paths on which the same record is included: what is walked on one is shown, though it is no default on another. */
  others: readonly SpelledForm[]
  /** As a JSON string. */
  readonly id: string
  /** Each after a comma. */
  readonly attributes: string
  /** By the relationship's name. */
  linkage: Map<string, Linkage | null> | null
  isOfPage: boolean
  showsSelf: boolean
}

const none: readonly SpelledForm[] = []
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
    const index = readIndex(text, this.#at + 1, idStart - 1)
    const idEnd = text.indexOf(marks.part, idStart)
    const attributesEnd = text.indexOf(marks.part, idEnd + 1)
    const form = included[index]?.form ?? (page as ObjectForm)
    const spelled = spellForm(form)
    const id = text.slice(idStart, idEnd)
    const identifier = `${spelled.head}${id}}`
    let part = this.#parts.get(identifier)
    if (!part) {
      const attributes = text.slice(idEnd + 1, attributesEnd)
      part = { spelled, others: none, id, attributes, linkage: null, isOfPage: false, showsSelf: false }
      this.#parts.set(identifier, part)
    } else if (part.spelled !== spelled && !part.others.includes(spelled)) part.others = [...part.others, spelled]
    if (index === included.length) {
      part.isOfPage = true
      this.#page.push(part)
    }
    this.#at = attributesEnd + 1
    while (text.charCodeAt(this.#at) === relationship) this.#readRelationship(spelled, part)
    this.#at += 1
    return identifier
  }

  #readRelationship(spelled: SpelledForm, part: Part): void {
    const text = this.#text
    const start = text.indexOf(':', this.#at) + 1
    const number = readIndex(text, this.#at + 1, start - 1)
    const own = spelled.relationships[number]
    this.#at = start
    if (number === spelled.relationships.length) part.showsSelf = true
    const linkage = this.#readLinkage(own)
    if (!own || own.form.hidden) return
    const { name } = own.form
    part.linkage ??= new Map()
    const known = part.linkage.get(name)
    part.linkage.set(name, known && linkage ? unite(known, linkage) : (linkage ?? known ?? null))
  }

  #readLinkage(own: SpelledRelationship | undefined): Linkage | null {
    const text = this.#text
    const first = text.charCodeAt(this.#at)
    if (first === object) return { ids: [this.#readObject()], isList: false, cut: -1 }
    if (first === bracket) return this.#readList()
    if (first === quote) {
      // An id holds no raw control character.
      const end = nextMark(text, this.#at)
      const id = text.slice(this.#at, end)
      this.#at = end
      return { ids: [`${own?.head}${id}}`], isList: false, cut: -1 }
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
      const id = this.#readObject()
      // Join rows may say the same link twice. There are a hundred at most.
      if (!ids.includes(id)) ids.push(id)
    }
    this.#at += 1
    if (text.charCodeAt(this.#at) !== cut) return { ids, isList: true, cut: -1 }
    const end = text.indexOf(';', this.#at)
    const index = Number(text.slice(this.#at + 1, end))
    this.#at = end + 1
    return { ids, isList: true, cut: index }
  }

  #finish({ spelled, others, id, attributes, linkage, showsSelf }: Part): string {
    const head = `${spelled.head}${id},"attributes":{${attributes.slice(1)}}`
    // Most included records show neither.
    if (!linkage && !showsSelf && !spelled.isRelated) return `${head}}`
    const place = `${this.#base}${spelled.path}${segmentOf(id)}`
    let relationships = ''
    for (const own of others.length === 0 ? spelled.relationships : relationshipsOf([spelled, ...others])) {
      const known = linkage?.get(own.form.name)
      if (known === undefined) continue
      const members = this.#membersOf(own, known, place)
      if (members !== '') relationships += `${relationships === '' ? '' : ','}${own.member}${members}}`
    }
    const related = spelled.isRelated || relationships !== '' ? `,"relationships":{${relationships}}` : ''
    const self = showsSelf ? `,"links":{"self":"${place}"}` : ''
    return `${head}${related}${self}}`
  }

  #membersOf({ form, self, related }: SpelledRelationship, known: Linkage | null, place: string): string {
    const data = known && `"data":${known.isList ? `[${known.ids?.join()}]` : (known.ids?.[0] ?? 'null')}`
    if (!form.hasLinks) return data ?? ''
    const path = encodeURIComponent(form.path)
    const rest = known && known.cut >= 0 ? this.#next(place, path, known.cut) : null
    const next = rest === null ? '' : `,"next":${spell(rest)}`
    const links = `"links":{"self":"${place}${self}","related":"${place}${related}"${next}}`
    return data === null ? links : `${links},${data}`
  }
}

/** Of all forms, each once, by its name. */
function relationshipsOf(forms: readonly SpelledForm[]): readonly SpelledRelationship[] {
  const found = new Map<string, SpelledRelationship>()
  for (const { relationships } of forms)
    for (const one of relationships) if (!found.has(one.form.name)) found.set(one.form.name, one)
  return [...found.values()]
}

/** One record, met on two ways that show different parts of a list, or on one that a filter closes. */
function unite(one: Linkage, other: Linkage): Linkage {
  if (!one.isList) return one.ids ? one : other
  return { ...one, ids: [...new Set([...(one.ids ?? []), ...(other.ids ?? [])])] }
}

function readIndex(text: string, from: number, to: number): number {
  let index = 0
  for (let at = from; at < to; at += 1) index = index * 10 + text.charCodeAt(at) - 0x30
  return index
}

function nextMark(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if (text.charCodeAt(at) < 0x08) return at
  return text.length
}

/** The segment of a path. @param id as a JSON string, in byte text */
function segmentOf(id: string): string {
  // Most ids are numbers or UUIDs, which stand in a path as they are.
  return /^"[\w-]*"$/.test(id) ? id.slice(1, -1) : pathOf(JSON.parse(fromByteText(id)) as string)
}
