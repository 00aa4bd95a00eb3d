// Describes a record to write in JSON Schema (2020-12), as far as one caller may write it.
import type { FieldInput, KeyPart, LinksInput, RecordInputs, ToOneInput } from './record-inputs.ts'

/** Which write, and what its caller may do. */
export interface Write {
  readonly kind: 'create' | 'update'
  /** The fields that the caller may give. */
  readonly writable: ReadonlySet<string>
  /** The fields that the caller may read: only their names and `writable` ones are ever told. */
  readonly readable: ReadonlySet<string>
  /** The fields that the server fills in, so that they are not required. */
  readonly filled?: ReadonlySet<string> | undefined
  /** The foreign keys in whose place the caller may give a new record. */
  readonly nested?: ReadonlySet<string> | undefined
  /** The sets of links whose records the caller may name by their natural key. */
  readonly named?: ReadonlySet<string> | undefined
}

/** The fields that this write takes, in their order. */
export function writableInputs({ fields }: RecordInputs, write: Write): readonly FieldInput[] {
  return [...fields.values()].filter(input => write.writable.has(input.name))
}

export function isRequired(input: FieldInput, write: Write): boolean {
  return write.kind === 'create' && input.needed && !write.filled?.has(input.name)
}

/** @example recordSchema(inputs, write).properties.title // { type: 'string', maxLength: 100 } */
export function recordSchema(inputs: RecordInputs, write: Write): Readonly<Record<string, unknown>> {
  const fields = writableInputs(inputs, write)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: inputs.source.resource.name,
    type: 'object',
    properties: Object.fromEntries(fields.map(input => [input.name, describe(input, write)])),
    required: fields.filter(input => isRequired(input, write)).map(input => input.name),
    additionalProperties: false,
  }
}

function describe(input: FieldInput, write: Write): Readonly<Record<string, unknown>> {
  if (input.kind === 'toOne') return describeKey(input, write.nested?.has(input.name) === true)
  if (input.kind === 'links') return describeLinks(input, write.named?.has(input.name) === true)
  return input.nullable ? { anyOf: [input.reader.schema, { type: 'null' }] } : input.reader.schema
}

/** `{"id":18}`, or 18 where the key is one column. */
function describeKey(
  { parts, nullable, aliases, field }: ToOneInput,
  isNested: boolean,
): Readonly<Record<string, unknown>> {
  const [only, ...others] = parts
  return {
    ...(aliases.length > 0 && { description: `Also accepted as ${aliases.join(', ')}.` }),
    anyOf: [
      describeParts(parts),
      ...(only && others.length === 0 ? [only.reader.schema] : []),
      ...(isNested ? [describeNew(parts, field.target)] : []),
      ...(nullable ? [{ type: 'null' }] : []),
    ],
  }
}

function describeParts(parts: readonly KeyPart[]): Readonly<Record<string, unknown>> {
  return {
    type: 'object',
    properties: Object.fromEntries(parts.map(part => [part.name, part.reader.schema])),
    required: parts.map(part => part.name),
    additionalProperties: false,
  }
}

/** Its own resource says what it may hold. */
function describeNew(parts: readonly KeyPart[], target: string | null): Readonly<Record<string, unknown>> {
  return {
    type: 'object',
    title: target ?? '',
    description: 'A new record.',
    minProperties: 1,
    not: { anyOf: parts.map(part => ({ required: [part.name] })) },
  }
}

function describeLinks({ parts, natural }: LinksInput, isNamed: boolean): Readonly<Record<string, unknown>> {
  const [only, ...others] = parts
  const named = isNamed && natural ? [describeParts([natural]), natural.reader.schema] : []
  const keys = [describeParts(parts), ...(only && others.length === 0 ? [only.reader.schema] : [])]
  return { type: 'array', items: { anyOf: [...keys, ...named] } }
}
