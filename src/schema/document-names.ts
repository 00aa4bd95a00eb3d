// The names of fields in JSON:API, where a resource object has an `id` and a `type` of its own.
import type { Field } from './field.ts'
import type { Resource } from './model.ts'

/** `type` → `type_field`, and likewise an `id` that is not the key. */
export function documentName({ name }: Field, { fields }: Pick<Resource, 'fields'>): string {
  if (name !== 'type' && name !== 'id') return name
  const spelled = `${name}_field`
  return fields.has(spelled) ? `${spelled}_field` : spelled
}
