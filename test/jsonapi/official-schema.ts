// Holds documents against the official JSON Schema of JSON:API 1.0, which is loosened where 1.1 has more.
import { existsSync, readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/** Beside the project, and in no clone of it: where it is missing, what needs it is skipped. */
const folder = new URL('../../../shared/jsonapi/', import.meta.url)

export const hasOfficialSchema = existsSync(folder)
export const schemaReason = 'the official schemas of JSON:API are not beside the project'

export function readShared(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
}

// biome-ignore lint/suspicious/noExplicitAny: a schema that is changed member by member
type Schema = any

interface Loosening {
  /** What 1.1 has that the schema of 1.0 refuses. */
  readonly name: string
  loosen(definitions: Schema, schema: Schema): void
}

/** Each is a member or a value that 1.1 adds; nothing else is allowed that 1.0 refuses. */
const loosenings: readonly Loosening[] = [
  {
    name: 'a link is a URI reference, which may begin with a path',
    loosen: ({ linkUrl }) => {
      linkUrl.format = 'uri-reference'
    },
  },
  {
    name: 'a link may be null',
    loosen: ({ link }) => {
      link.oneOf.push({ type: 'null' })
    },
  },
  {
    name: 'page links that are links allow null themselves',
    loosen: ({ pagination }) => {
      for (const one of Object.values<Schema>(pagination.properties)) one.anyOf = take(one, 'oneOf')
    },
  },
  {
    name: 'a link object has rel, describedby, title, type, hreflang',
    loosen: definitions => {
      Object.assign(definitions.linkObject.properties, {
        rel: { type: 'string' },
        describedby: { $ref: '#/definitions/link' },
        title: { type: 'string' },
        type: { type: 'string' },
        hreflang: { type: ['string', 'array'] },
      })
      definitions.linkObject.required = ['href']
      definitions.linkObject.additionalProperties = false
    },
  },
  {
    name: 'the links of a document have describedby',
    loosen: ({ topLevelLinks }) => {
      topLevelLinks.properties.describedby = { $ref: '#/definitions/link' }
    },
  },
  {
    name: 'the links of an error have type',
    loosen: ({ errorLinks }) => {
      errorLinks.properties.type = { $ref: '#/definitions/link' }
    },
  },
  {
    name: 'the source of an error has header',
    loosen: ({ error }) => {
      error.properties.source.properties.header = { type: 'string' }
      error.properties.source.additionalProperties = false
    },
  },
  {
    name: 'the object jsonapi has ext and profile',
    loosen: ({ jsonapi }) => {
      const uris = { type: 'array', items: { type: 'string', format: 'uri' } }
      Object.assign(jsonapi.properties, { ext: uris, profile: uris })
    },
  },
  {
    name: 'an identifier has lid in place of id before there is one',
    loosen: ({ resourceIdentification, resourceIdentifier, resource }) => {
      resourceIdentification.allOf[1] = {
        type: 'object',
        required: ['type'],
        anyOf: [{ required: ['id'] }, { required: ['lid'] }],
      }
      resourceIdentifier.properties.lid = { type: 'string' }
      resource.properties.lid = { type: 'string' }
    },
  },
  {
    name: 'a document has atomic:results in place of data',
    loosen: (definitions, schema) => {
      schema.properties['atomic:results'] = {
        type: 'array',
        items: {
          type: 'object',
          properties: { data: { $ref: '#/definitions/data' }, meta: { $ref: '#/definitions/meta' } },
          additionalProperties: false,
        },
      }
      definitions.requiredTopLevelMembers.anyOf.push({ type: 'object', required: ['atomic:results'] })
    },
  },
]

function take(schema: Schema, name: string): Schema {
  const { [name]: taken } = schema
  delete schema[name]
  return taken
}

export type DocumentKind = 'answer' | 'create' | 'update' | 'updateRelationship'

const files: Readonly<Record<Exclude<DocumentKind, 'answer'>, string>> = {
  create: 'schema_create_resource.json',
  update: 'schema_update_resource.json',
  updateRelationship: 'schema_update_relationship.json',
}

let made: Ajv2020 | undefined

function compile(kind: DocumentKind): ValidateFunction {
  if (!made) {
    made = new Ajv2020({ strict: false, allErrors: true })
    addFormats.default(made)
    const schema = readShared('schema.json') as Schema
    for (const { loosen } of loosenings) loosen(schema.definitions, schema)
    made.addSchema(schema, 'answer')
    for (const [name, file] of Object.entries(files)) {
      const one = readShared(file) as Schema
      if (name !== 'updateRelationship') one.definitions.resource.properties.lid = { type: 'string' }
      made.addSchema(one, name)
    }
  }
  return made.getSchema(kind) as ValidateFunction
}

/** What is wrong with a document, in one line each; nothing where there are no schemas to ask. */
export function problemsOf(document: unknown, kind: DocumentKind = 'answer'): readonly string[] {
  if (!hasOfficialSchema) return []
  const validate = compile(kind)
  if (validate(document)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
}
