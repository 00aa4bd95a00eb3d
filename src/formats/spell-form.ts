// Spells once what is the same in all resource objects of a form, so that a page of them is put together from few parts.
import type { ObjectForm, RelationshipForm } from '../plan/layout.ts'
import { toByteText } from './byte-text.ts'

/** All of it byte text. */
export interface SpelledForm {
  /** What an object and its identifier begin with, up to the id. */
  readonly head: string
  /** The path of its resource, with slashes around. */
  readonly path: string
  /** Whether a record has the member `relationships`, be it empty. */
  readonly isRelated: boolean
  readonly relationships: readonly SpelledRelationship[]
}

export interface SpelledRelationship {
  readonly form: RelationshipForm
  /** What its member begins with: `"user":{`. */
  readonly member: string
  /** What the identifier of the record that its foreign key leads to begins with. */
  readonly head: string
  /** The ends of its links, after the path of the record. */
  readonly self: string
  readonly related: string
}

/** A form belongs to a plan, which is kept. */
const known = new WeakMap<ObjectForm, SpelledForm>()

export function spellForm(form: ObjectForm): SpelledForm {
  const found = known.get(form)
  if (found) return found
  const spelled: SpelledForm = {
    head: headOf(form.type),
    path: `/${encodeURIComponent(form.path)}/`,
    isRelated: form.relationships.some(one => !one.hidden),
    relationships: form.relationships.map(one => ({
      form: one,
      member: `${spell(one.name)}:{`,
      head: headOf(one.type),
      self: `/relationships/${encodeURIComponent(one.path)}`,
      related: `/${encodeURIComponent(one.path)}`,
    })),
  }
  known.set(form, spelled)
  return spelled
}

function headOf(type: string | null): string {
  return `{"type":${spell(type)},"id":`
}

/** As a JSON string. */
export function spell(text: string | null): string {
  return toByteText(JSON.stringify(text))
}
